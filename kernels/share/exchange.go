package share

import "github.com/gmel-go/gmel/kernels"

// exchange ends a stage with the exchange of what a loop has written; op is the first one after the loop.
func (c *cut) exchange(op int, made []output) {
	stage := &c.stages[len(c.stages)-1]
	var packs []*pack
	for _, o := range made {
		switch user, ok := c.summand(op, &o); {
		case ok:
			packs = c.pack(packs, o)
			c.summed[user] = o.pieces - 1
		case c.read(op, &o):
			stage.Blocks = append(stage.Blocks, Block{o.from, o.length, o.pitch, o.ends})
		}
	}
	at := aligned(c.p.Arena)
	for _, k := range packs {
		stage.Sums = append(stage.Sums, c.gather(k, at))
		at = aligned(c.now.Arena)
	}
	c.next()
	for i, k := range packs {
		c.scatter(k, stage.Sums[i].At)
	}
	c.now.Arena = max(c.now.Arena, at)
}

// summand returns the OpSumCols that adds up the pieces of an output; ok is false if anything else uses them.
func (c *cut) summand(op int, o *output) (user int, ok bool) {
	all := span{o.from, o.from + o.size()}
	user, ok = c.reader(op, all)
	if !ok || user == len(c.p.Descs) || o.length != o.pitch {
		return 0, false
	}
	d := &c.p.Descs[user]
	sums := d.Op == kernels.OpSumCols && d.Fn == kernels.FnIdentity && c.p.LoopOf(user) < 0 &&
		d.Arg[0] == o.from && d.Dim[1] == o.length && d.Dim[2] == o.length && d.Dim[0] >= o.pieces && d.Dim[0] <= kernels.ChunkRows
	if !sums {
		return 0, false
	}
	for i := op; i <= user; i++ { // a row that is no longer that of the loop
		if c.written(i, all) {
			return 0, false
		}
	}
	_, again := c.reader(user+1, all)
	return user, !again
}

// pack is the rows of several outputs side by side, so that one chain adds them up.
type pack struct {
	rows  []output
	width int64
}

// pack adds an output to the pack with the same rows.
func (c *cut) pack(packs []*pack, o output) []*pack {
	for _, k := range packs {
		a, b := k.rows[0].own(c.rank)
		if from, to := o.own(c.rank); a == from && b == to && k.rows[0].pieces == o.pieces {
			k.rows, k.width = append(k.rows, o), k.width+o.length
			return packs
		}
	}
	return append(packs, &pack{[]output{o}, o.length})
}

// gather copies the rows of this rank to offset at of the arena.
func (c *cut) gather(k *pack, at int64) Sum {
	from, to := k.rows[0].own(c.rank)
	column := at
	for _, o := range k.rows {
		if to > from {
			c.copy(to-from, o.length, o.from+from*o.pitch, column, o.pitch, k.width)
		}
		column += o.length
	}
	c.now.Arena = max(c.now.Arena, at+max(1, to-from)*k.width)
	return Sum{At: at, Rows: to - from, Width: k.width}
}

// scatter copies the sums to the places of the last rows.
func (c *cut) scatter(k *pack, at int64) {
	for _, o := range k.rows {
		c.copy(1, o.length, at, o.from+(o.pieces-1)*o.pitch, o.length, o.length)
		at += o.length
	}
}

// copy adds an OpCopy of [rows, width] from x to y with rows ldx and ldy floats apart.
func (c *cut) copy(rows, width, x, y, ldx, ldy int64) {
	d := kernels.Desc{Op: kernels.OpCopy, Dim: [kernels.MaxDims]int64{rows, width, ldx, ldy}}
	for i := range d.Arg {
		d.Arg[i] = kernels.Absent
	}
	d.Arg[0], d.Arg[1] = x, y
	c.add(d, kernels.Step{})
}

// aligned is the next multiple of 64 floats, to which vectors are aligned in an arena.
func aligned(at int64) int64 { return (at + 63) / 64 * 64 }
