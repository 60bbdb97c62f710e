//go:build ptx

package emu

// void gmel_ptx_choose(int tile, int split);
import "C"

// tiles is the number of tiles of products in fp32.
const tiles = 4

// chooseTile makes the plans of products use a tile, by its number in the sources, with blocks of terms side by side where a
// kernel can, or in one chain. Tile -1: as the emulation does.
func chooseTile(tile int, split bool) {
	side := C.int(0)
	if split {
		side = 1
	}
	C.gmel_ptx_choose(C.int(tile), side)
}
