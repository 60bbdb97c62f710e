//go:build emu

package cuda

// Contraction is off as for nvcc (-fmad=false), by CGO_CXXFLAGS of make test-emu.

// #cgo CXXFLAGS: -std=c++17 -O2 -Wall
import "C"

import _ "github.com/gmel-go/gmel/kernels/emu" // whose list of games the kernel joins
