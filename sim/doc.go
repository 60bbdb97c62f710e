// Package sim is the game: industrial edge devices (IEDs) that decide, slot by
// slot, whether to run a diffusion task themselves or to offload it to an edge
// server (ES) over a shared radio.
package sim
