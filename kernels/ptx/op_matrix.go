package ptx

import (
	"encoding/binary"
	"slices"
)

// product is mma.sync with a [16, k], b [k, 8], and c and d [16, 8] of float32. A register of a or b holds a word: one tf32, or two
// neighbours along k of 16 bits. With lane = 4 g + t, and words counted along k (PTX ISA, Matrix Fragments), register i is
//
//	a   row g + 8 (i mod 2), word t + 4 (i / 2)
//	b   word t + 4 i, column g
//	c   row g + 8 (i / 2), column 2 t + i mod 2
type product struct {
	a, b, c, d []r32
	terms      int // in a word
	factor     func(word uint32, term int) uint32
}

// factors are the formats of a and b: terms in a word, and one of them as float32. The device does not look at the lower bits of tf32.
var factors = map[string]struct {
	terms int
	of    func(word uint32, term int) uint32
}{
	"tf32": {1, func(word uint32, _ int) uint32 { return word &^ 0x1fff }},
	"bf16": {2, func(word uint32, term int) uint32 { return word >> (16 * term) << 16 }},
	"f16":  {2, func(word uint32, term int) uint32 { return ofHalf(word >> (16 * term) & 0xffff) }},
}

// depths are the words along k by shape and terms in a word.
var depths = map[string][3]int{"m16n8k4": {0, 4, 0}, "m16n8k8": {0, 8, 4}, "m16n8k16": {0, 0, 8}}

// multiply makes mma.sync.aligned.shape.row.col.f32.type.type.f32 {d}, {a}, {b}, {c}.
func multiply(o *operands, in *instruction) {
	w := o.words
	if len(w) != 10 {
		o.unknown()
		return
	}
	f, known := factors[w[7]]
	words := depths[w[3]][f.terms]
	fixed := slices.Concat(w[1:3], w[4:7], w[9:])
	if !known || words == 0 || w[7] != w[8] || !slices.Equal(fixed, []string{"sync", "aligned", "row", "col", "f32", "f32"}) {
		o.unknown()
		return
	}
	o.count(4)
	x := &product{terms: f.terms, factor: f.of}
	x.d = o.registers(0, 4, o.write32)
	x.a, x.b, x.c = o.registers(1, words/2, o.read32), o.registers(2, words/4, o.read32), o.registers(3, 4, o.read32)
	in.flow = gather
	in.sync = &gathering{mask: -1, act: func(b *block, s *lanes) {
		eachWarp(s, func(w int, _ uint32) { x.multiply(b, b.warpRun(w)) })
	}}
}

// registers is operand i as a vector of n registers.
func (o *operands) registers(i, n int, one func(string) r32) (all []r32) {
	names := o.vector(i)
	if len(names) != n {
		o.fail("%s has %d registers in operand %d, want %d", o.opcode, len(names), i+1, n)
	}
	for _, name := range names {
		all = append(all, one(name))
	}
	return all
}

// multiply adds the products of each element by fma in ascending k. What order a device takes, and how it rounds, is not specified.
func (x *product) multiply(b *block, at run) {
	words := 2 * len(x.a)
	var left, right, sums [16][16]uint32
	for i, r := range x.a {
		for lane, v := range r.of(b, at) {
			x.spread(&left[lane/4+8*(i%2)], lane%4+4*(i/2), v)
		}
	}
	for i, r := range x.b {
		for lane, v := range r.of(b, at) {
			x.spread(&right[lane/4], lane%4+4*i, v)
		}
	}
	for i, r := range x.c {
		for lane, v := range r.of(b, at) {
			sums[lane/4+8*(i/2)][2*(lane%4)+i%2] = v
		}
	}
	for row := range 16 {
		for column := range 8 {
			sum := sums[row][column]
			for k := range words * x.terms {
				sum = fma32(left[row][k], right[column][k], sum)
			}
			sums[row][column] = sum
		}
	}
	for i, r := range x.d {
		to := r.of(b, at)
		for lane := range to {
			to[lane] = sums[lane/4+8*(i/2)][2*(lane%4)+i%2]
		}
	}
}

// spread puts the terms of word number w to their places along k.
func (x *product) spread(line *[16]uint32, w int, word uint32) {
	for term := range x.terms {
		line[w*x.terms+term] = x.factor(word, term)
	}
}

// loadMatrix makes ldmatrix.sync.aligned.m8n8.num.trans.shared.b16 {d}, [p]. Lane 8 i + j gives the address of row j of matrix i.
func loadMatrix(o *operands, in *instruction) {
	count, transposed := 0, false
	for _, w := range o.words[1:] {
		switch w {
		case "x1", "x2", "x4":
			count = int(w[1] - '0')
		case "trans":
			transposed = true
		case "sync", "aligned", "m8n8", "shared", "shared::cta", "b16":
		default:
			o.unknown()
		}
	}
	if count == 0 || !slices.Contains(o.words, "m8n8") {
		o.unknown()
		return
	}
	o.count(2)
	d, from := o.registers(0, count, o.write32), o.address(1)
	a := &access{space: generic, size: 16}
	if slices.Contains(o.words, "shared") || slices.Contains(o.words, "shared::cta") {
		a.space = shared
	}
	in.flow = gather
	in.sync = &gathering{mask: -1, act: func(b *block, s *lanes) {
		eachWarp(s, func(w int, _ uint32) { loadMatrices(b, b.warpRun(w), a, &from, d, transposed) })
	}}
}

// loadMatrices gives lane 4 r + c the elements 2 c and 2 c + 1 of row r, or of column r if transposed.
func loadMatrices(b *block, at run, a *access, from *address, d []r32, transposed bool) {
	addresses := from.fill(b, at)
	var rows [32][8]uint16
	for lane := range 8 * len(d) {
		m := b.at(a, addresses[lane], at.lo+lane, 0)
		if m == nil {
			return
		}
		for i := range rows[lane] {
			rows[lane][i] = binary.LittleEndian.Uint16(m[2*i:])
		}
	}
	for i, r := range d {
		for lane, to := 0, r.of(b, at); lane < warpSize; lane++ {
			row, column := lane/4, 2*(lane%4)
			low, high := rows[8*i+row][column], rows[8*i+row][column+1]
			if transposed {
				low, high = rows[8*i+column][row], rows[8*i+column+1][row]
			}
			to[lane] = uint32(high)<<16 | uint32(low)
		}
	}
}
