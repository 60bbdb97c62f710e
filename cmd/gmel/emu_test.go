//go:build emu

package main

import (
	_ "github.com/gmel-go/gmel/kernels/emu"     // of testdata/emu.txtar
	_ "github.com/gmel-go/gmel/sim/engine/cuda" // which plays the worlds
)
