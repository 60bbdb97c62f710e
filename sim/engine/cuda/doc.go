// Package cuda holds the CUDA kernel that plays the worlds on a GPU, from the C engine's own functions for one IED or ES.
// scripts/gpu-library compiles it with the kernels of kernels/gpu/cuda. With the tag emu, importing the package adds
// the kernel to the backend emu:
//
//	import _ "github.com/gmel-go/gmel/sim/engine/cuda"
package cuda
