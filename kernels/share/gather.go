package share

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/comm"
)

// Table is rows of Width floats, one after the other, at offset At of the arena.
type Table struct{ At, Width int64 }

// Rows says which rows of tables the ranks of a group have written: of every Ends[R-1] rows, rank r has written
// [Ends[r-1], Ends[r]), where Ends[-1] is 0. N is the number of rows, a multiple of Ends[R-1].
type Rows struct {
	N    int
	Ends []int
}

// of is the rows of a rank in every Ends[R-1] rows.
func (r *Rows) of(rank int) (from, to int) {
	if rank > 0 {
		from = r.Ends[rank-1]
	}
	return from, r.Ends[rank]
}

// Gatherer completes tables on all ranks.
type Gatherer struct {
	group   comm.Comm
	tables  []float32 // on the host, one after the other
	message []float32 // the rows of rank 0 in all tables, then those of rank 1, and so on
}

// NewGatherer makes the Gatherer of a rank.
func NewGatherer(group comm.Comm) *Gatherer { return &Gatherer{group: group} }

// Gather gives the rows of every rank to all. A table is one transfer from the buffer and one back, however many pieces a rank has
// written: on a device every transfer has a price.
func (g *Gatherer) Gather(b kernels.Buffer, tables []Table, rows Rows) error {
	floats := 0
	for _, t := range tables {
		floats += int(t.Width) * rows.N
	}
	if len(g.tables) != floats {
		g.tables, g.message = make([]float32, floats), make([]float32, floats)
	}
	if err := g.each(tables, rows, b.Download); err != nil {
		return err
	}
	ends := make([]int, len(rows.Ends))
	for r, end := range rows.Ends {
		ends[r] = floats / rows.Ends[len(rows.Ends)-1] * end
	}
	g.pieces(tables, rows, func(rank int, table, message []float32) {
		if rank == g.group.Rank() {
			copy(message, table)
		}
	})
	if err := g.group.Allgather(g.message, ends); err != nil {
		return err
	}
	g.pieces(tables, rows, func(rank int, table, message []float32) {
		if rank != g.group.Rank() {
			copy(table, message)
		}
	})
	return g.each(tables, rows, func(x []float32, at int) error { return b.Upload(at, x) })
}

// each does something with every table on the host and its offset in the arena.
func (g *Gatherer) each(tables []Table, rows Rows, do func(x []float32, at int) error) error {
	rest := g.tables
	for _, t := range tables {
		n := int(t.Width) * rows.N
		if err := do(rest[:n], int(t.At)); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// pieces does something with every piece that a rank has written, in its table and in the message.
func (g *Gatherer) pieces(tables []Table, rows Rows, do func(rank int, table, message []float32)) {
	period, message := rows.Ends[len(rows.Ends)-1], g.message
	for rank := range rows.Ends {
		from, to := rows.of(rank)
		table := g.tables
		for _, t := range tables {
			width := int(t.Width)
			for first := 0; first < rows.N; first += period {
				n := (to - from) * width
				do(rank, table[(first+from)*width:][:n], message[:n])
				message = message[n:]
			}
			table = table[width*rows.N:]
		}
	}
}
