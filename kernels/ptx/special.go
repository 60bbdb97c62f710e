package ptx

import "strings"

// fill is a register that the program does not write: a number, or a special register.
type fill struct {
	index int32
	wide  bool
	bits  uint64
	value func(b *block, t int) uint64 // of thread t; nil: bits
	moves bool                         // it differs between blocks
}

// specials are the special registers without a dimension.
var specials = map[string]func(b *block, t int) uint64{
	"%laneid":      func(_ *block, t int) uint64 { return uint64(t % warpSize) },
	"%warpid":      func(_ *block, t int) uint64 { return uint64(t / warpSize) },
	"%nwarpid":     func(b *block, _ int) uint64 { return uint64((b.threads + warpSize - 1) / warpSize) },
	"%lanemask_eq": func(_ *block, t int) uint64 { return 1 << (t % warpSize) },
	"%lanemask_lt": func(_ *block, t int) uint64 { return 1<<(t%warpSize) - 1 },
	"%lanemask_le": func(_ *block, t int) uint64 { return 2<<(t%warpSize) - 1 },
	"%lanemask_gt": func(_ *block, t int) uint64 { return 1<<32 - 2<<(t%warpSize) },
	"%lanemask_ge": func(_ *block, t int) uint64 { return 1<<32 - 1<<(t%warpSize) },
}

// dimensional are the special registers with .x, .y and .z.
var dimensional = map[string]func(b *block, t, i int) int{
	"%tid":    func(b *block, t, i int) int { return b.place(t)[i] },
	"%ntid":   func(b *block, _, i int) int { return b.size[i] },
	"%ctaid":  func(b *block, _, i int) int { return b.index[i] },
	"%nctaid": func(b *block, _, i int) int { return b.grid[i] },
}

// special is the register that holds a special register, all of which have 32 bits here.
func (a *assembler) special(name string) (index int32, wide, ok bool) {
	if index, ok = a.specials[name]; ok {
		return index, false, true
	}
	value, ok := specials[name]
	base, axis, _ := strings.Cut(name, ".")
	if of, dims := dimensional[base]; dims {
		i := strings.Index("xyz", axis)
		value, ok = func(b *block, t int) uint64 { return uint64(of(b, t, i)) }, len(axis) == 1 && i >= 0
	}
	if !ok {
		return 0, false, false
	}
	index = a.fresh(false)
	a.specials[name] = index
	a.entry.fills = append(a.entry.fills, fill{index: index, value: value, moves: base == "%ctaid"})
	return index, false, true
}

// write sets the register in all threads.
func (f *fill) write(b *block) {
	for t := range b.threads {
		bits := f.bits
		if f.value != nil {
			bits = f.value(b, t)
		}
		if f.wide {
			b.w64[int(f.index)*b.threads+t] = bits
		} else {
			b.w32[int(f.index)*b.threads+t] = uint32(bits)
		}
	}
}
