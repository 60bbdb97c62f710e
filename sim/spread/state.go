package spread

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
)

// stateMagic begins a state; the last byte is the version of the format.
var stateMagic = [8]byte{'g', 'm', 'e', 'l', 's', 'p', 'r', 1}

// header has what a state of a number of worlds and those that it is restored into have in common.
func (w *Worlds) header(worlds int) []byte {
	s := &w.scenario
	b := append([]byte{}, stateMagic[:]...)
	for _, v := range []uint64{uint64(worlds), uint64(s.Agents), uint64(s.MaxCycles), math.Float64bits(s.LocalRatio)} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return b
}

// MarshalBinary returns the state, little-endian: seed, counters and the places and velocities of all. A restored state goes on with
// the same bits. JoinStates joins the states of slices.
func (w *Worlds) MarshalBinary() ([]byte, error) {
	b := binary.LittleEndian.AppendUint64(w.header(w.worlds), w.seed)
	for world := range w.worlds {
		b = binary.LittleEndian.AppendUint32(b, uint32(w.episode[world]))
		b = binary.LittleEndian.AppendUint32(b, uint32(w.cycle[world]))
	}
	for _, list := range w.floats() {
		for _, v := range list {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
	}
	return b, nil
}

func (w *Worlds) floats() [][]float32 { return [][]float32{w.pos, w.vel, w.marks} }

// stateBytes is the size of a state of a number of worlds.
func (w *Worlds) stateBytes(worlds int) int {
	return stateHeader + worlds*(stateCounters+3*w.placesBytes())
}

const (
	stateHeader   = 8 + 4*8 + 8 // magic, what header has, seed
	stateCounters = 8           // of a world: episode and cycle
)

// placesBytes is the size of the places of the agents of a world, or of their velocities.
func (w *Worlds) placesBytes() int { return 4 * 2 * w.agents }

// is reports whether b is a state of a number of worlds of this game.
func (w *Worlds) is(b []byte, worlds int) bool {
	return len(b) == w.stateBytes(worlds) && bytes.HasPrefix(b, w.header(worlds))
}

// UnmarshalBinary restores a state into worlds of the same number and settings, or into a slice of them, which takes its worlds. The
// seed comes from the state. Results of a last step are cleared. An error leaves the worlds unchanged.
func (w *Worlds) UnmarshalBinary(b []byte) error {
	first, all := w.slice.First, w.slice.All
	if !w.is(b, all) {
		first, all = 0, w.worlds // the state of a slice
	}
	if !w.is(b, all) {
		return fmt.Errorf("spread: these %d bytes are not a state of %d worlds of %d agents with these settings", len(b), w.slice.All, w.agents)
	}
	w.seed, b = binary.LittleEndian.Uint64(b[stateHeader-8:]), b[stateHeader:]
	for world := range w.worlds {
		at := b[(first+world)*stateCounters:]
		w.episode[world], w.cycle[world] = int32(binary.LittleEndian.Uint32(at)), int32(binary.LittleEndian.Uint32(at[4:]))
	}
	b = b[all*stateCounters:]
	for _, list := range w.floats() {
		at := b[first*w.placesBytes():]
		for i := range list {
			list[i] = math.Float32frombits(binary.LittleEndian.Uint32(at[4*i:]))
		}
		b = b[all*w.placesBytes():]
	}
	for world := range w.worlds {
		w.observe(world)
	}
	clear(w.reward)
	clear(w.truncated)
	clear(w.finalObs)
	clear(w.outcomes)
	return nil
}

// Slice says which worlds these are: those from number first on, of all.
func (w *Worlds) Slice() (first, all int) { return w.slice.First, w.slice.All }

// JoinStates returns the state of all worlds from the states of slices in the order of their worlds.
func (w *Worlds) JoinStates(states [][]byte) ([]byte, error) {
	joined, all, counts := w.header(w.slice.All), 0, make([]int, len(states))
	for i, b := range states {
		if len(b) > stateHeader {
			counts[i] = (len(b) - stateHeader) / (w.stateBytes(1) - stateHeader)
		}
		if !w.is(b, counts[i]) {
			return nil, fmt.Errorf("spread: slice %d: these %d bytes are not a state of worlds of %d agents with these settings", i, len(b), w.agents)
		}
		all += counts[i]
	}
	if all != w.slice.All {
		return nil, fmt.Errorf("spread: the slices have %d worlds, not %d", all, w.slice.All)
	}
	joined = append(joined, states[0][len(joined):stateHeader]...) // the seed
	at := 0
	for _, world := range []int{stateCounters, w.placesBytes(), w.placesBytes(), w.placesBytes()} {
		for i, b := range states {
			joined = append(joined, b[stateHeader+counts[i]*at:][:counts[i]*world]...)
		}
		at += world
	}
	return joined, nil
}
