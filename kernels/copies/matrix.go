package copies

import "github.com/gmel-go/gmel/kernels"

// Arguments of OpGemm.
const (
	left   = 0
	right  = 1
	result = 4
)

// matrix is an argument of a product as it lies in memory: lines of neighbours.
type matrix struct {
	from, lines, width, pitch int64
	iteration, segment        int64 // how it moves in its loop
}

// matrixOf is an argument of a product; if it is a factor, blocks is how many blocks of threads read each of its elements in an iteration. ok is
// false if op is no product, or the argument no matrix whose lines are apart.
func (s stretch) matrixOf(op, arg int) (m matrix, blocks int64, ok bool) {
	d, step := &s.p.Descs[op], s.step(op)
	if d.Op != kernels.OpGemm {
		return m, 0, false
	}
	rows, columns, terms := d.Dim[kernels.GemmM], d.Dim[kernels.GemmN], d.Dim[kernels.GemmK]
	m = matrix{from: d.Arg[arg], iteration: step.Iteration[arg], segment: step.Segment[arg]}
	turned := false
	switch arg {
	case left:
		m.lines, m.width, m.pitch, blocks, turned = rows, terms, d.Dim[kernels.GemmLDA], tiles(columns), d.Has(kernels.FlagTransA)
	case right:
		m.lines, m.width, m.pitch, blocks, turned = terms, columns, d.Dim[kernels.GemmLDB], tiles(rows), d.Has(kernels.FlagTransB)
	case result:
		m.lines, m.width, m.pitch = rows, columns, d.Dim[kernels.GemmLDC]
	}
	if turned {
		m.lines, m.width = m.width, m.lines
	}
	return m, blocks, d.Dim[kernels.GemmGroups] == 1 && m.lines > 0 && m.width > 0 && m.pitch >= m.width
}

// tiles is the number of blocks of threads along n rows or columns of a result, with the largest tile.
func tiles(n int64) int64 { return (n + 127) / 128 }

// length is the floats of its memory.
func (m matrix) length() int64 { return (m.lines-1)*m.pitch + m.width }

// copied is the floats of a copy.
func (m matrix) copied() int64 { return up(m.lines*up(m.width, chunk)/2, line) }

// line is the alignment of copies, in floats.
const line = 64

func up(n, to int64) int64 { return (n + to - 1) / to * to }
