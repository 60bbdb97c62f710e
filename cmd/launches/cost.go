//go:build emu

package main

import (
	"strings"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/copies"
	"github.com/gmel-go/gmel/kernels/emu"
)

// The model of an H200. The rates are NVIDIA's data sheet, less the tenth of the bandwidth that a copy does not reach. The times
// are estimates, not measurements.
const (
	multiprocessors = 132
	bandwidth       = 0.9 * 4.8e12                 // bytes/s
	fp32Rate        = 67e12                        // flops/s, a fused multiply-add in every lane and cycle
	issueRate       = 4 * multiprocessors * 1.75e9 // instructions/s of warps
	mmaCycles       = 6.2                          // of a scheduler, for an instruction of tensor cores: 610 Tflop/s in bf16
	launchTime      = 2.2e-6                       // s, from the end of a kernel of a CUDA graph to the work of the next one
	turnTime        = 0.8e-6                       // s, a barrier and two ways to the memory, for each op after the first that a block runs in turn
)

// cost is what a launch needs.
type cost struct {
	kernel         string
	blocks         int64
	threads        int
	bytes, flops   int64
	turns          int // ops that every block runs after the first
	code           code
	memory, issue  float64 // s
	predicted      float64 // s
	launches, many int     // for sums: launches; launches of several ops
}

// costsOf are the costs of the launches of a Program; in bf16 with its copies, else the plan has none.
func costsOf(plan *copies.Plan, launches []emu.Launch, codes codes) (list []cost) {
	p, casts := plan.Program, plan.Casts
	counted := map[int]bool{} // ops: the later phases of an op move only partial sums
	for _, l := range launches {
		if l.Kernel == "" {
			continue // the host or the kernel of a game
		}
		c := cost{kernel: l.Kernel, blocks: l.Blocks, threads: l.Threads, code: codes[l.Kernel], launches: 1}
		if len(l.Ops) > 1 {
			c.many = 1
		}
		if l.Casts {
			for _, m := range casts[:len(l.Ops)] {
				c.bytes += (4 + 2) * m.Lines * m.Width
			}
			casts = casts[len(l.Ops):]
			c.predict()
			list = append(list, c)
			continue
		}
		if strings.Contains(l.Kernel, "in_turn") {
			c.turns = len(l.Ops) - 1
		}
		var fresh []int
		for _, op := range l.Ops {
			if !counted[op] {
				fresh = append(fresh, op)
				c.flops += p.Flops(op)
			}
			counted[op] = true
		}
		c.bytes = bytesOf(p, fresh)
		c.predict()
		list = append(list, c)
	}
	return list
}

// predict sets the times: a launch takes its overhead, its turns, and the longer of its memory traffic and its arithmetic, with the
// multiprocessors that have a block.
func (c *cost) predict() {
	busy := min(1, float64(c.blocks)/multiprocessors)
	c.memory = float64(c.bytes) / bandwidth / busy
	c.issue = float64(c.flops) / fp32Rate / busy
	switch {
	case c.code.share > 0:
		c.issue /= c.code.share
	case c.code.tensor > 0:
		c.issue = float64(c.flops) / c.code.tensor / busy
	}
	c.predicted = launchTime + float64(c.turns)*turnTime + max(c.memory, c.issue)
}

// moved is a range of memory in one iteration, and how often it is another one.
type moved struct {
	from, length, iteration, segment int64
	written, copied                  bool // a copy in bf16
}

// bytes is the bytes of a number.
func (m moved) bytes() int64 {
	if m.copied {
		return 2
	}
	return 4
}

// copyOf is where a product has the copy of an argument.
var copyOf = map[int]int{0: copies.LeftCopy, 1: copies.RightCopy, 4: copies.ResultCopy}

// bytesOf is what the ops of a launch must move: each range that they read, unless one of them has written it, and each range that
// they write, once in every iteration in which it is another one.
func bytesOf(p *kernels.Program, ops []int) (bytes int64) {
	seen := map[moved]bool{}
	add := func(op, arg int, m moved) {
		if !seen[m] {
			bytes += m.bytes() * m.length * int64(len(p.Places(op, arg)))
		}
		seen[m] = true
	}
	for _, op := range ops {
		d := &p.Descs[op]
		spec, _ := kernels.SpecOf(d.Op)
		for a, arg := range spec.Args {
			if d.Arg[a] == kernels.Absent {
				continue
			}
			m := moved{from: d.Arg[a], length: lengthOf(d, a, arg)}
			if p.Steps != nil {
				m.iteration, m.segment = p.Steps[op].Iteration[a], p.Steps[op].Segment[a]
			}
			hasCopy := d.Op == kernels.OpGemm && copyOf[a] != 0 && d.Arg[copyOf[a]] != 0
			m.copied = hasCopy && arg.Mode == kernels.In
			write := m
			write.written = true
			if arg.Mode != kernels.Out && !seen[write] {
				add(op, a, m)
			}
			if arg.Mode != kernels.In {
				add(op, a, write)
			}
			if write.copied = true; hasCopy && arg.Mode != kernels.In {
				add(op, a, write)
			}
		}
	}
	return bytes
}

// lengthOf is the floats of an argument; of a table, those of the rows that are gathered.
func lengthOf(d *kernels.Desc, a int, arg kernels.ArgSpec) int64 {
	if d.Op == kernels.OpGatherRows && a == 0 {
		return d.Dim[0] * d.Dim[1]
	}
	return arg.Len(d)
}
