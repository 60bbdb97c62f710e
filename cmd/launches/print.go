//go:build emu

package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/emu"
)

func printModel(out io.Writer) {
	fmt.Fprintf(out, "Times are predicted from counts, not measured. A launch takes %.1f us, %.1f us for each op that a block runs after the\n"+
		"first, and the longer of its bytes at %.2f TB/s and its flops at %.0f Tflop/s times the share of multiply-adds in the innermost loop,\n"+
		"or at the rate at which that loop keeps tensor cores busy, with as many of %d multiprocessors as it has blocks.\n",
		launchTime*1e6, turnTime*1e6, bandwidth/1e12, fp32Rate/1e12, multiprocessors)
}

// printProgram prints the sum of the launches of a Program and, by kernel, their costs, the longest first.
func printProgram(out io.Writer, name string, launches []cost) {
	total, byKernel := cost{}, map[string]cost{}
	for _, l := range launches {
		total = total.plus(l)
		byKernel[l.kernel] = byKernel[l.kernel].plus(l)
	}
	fmt.Fprintf(out, "\n%s: %d launches (%d of several ops), %.1f MB, %.2f Gflop, predicted %.0f us, of which launches %.0f us\n",
		name, total.launches, total.many, float64(total.bytes)/1e6, float64(total.flops)/1e9, total.predicted*1e6, float64(total.launches)*launchTime*1e6)
	fmt.Fprintf(out, "%9s %8s %7s %9s %7s %12s %9s %9s %9s  %s\n", "launches", "blocks", "threads", "registers", "spills", "instructions", "divisions", "MB", "us", "kernel")
	rows := slices.SortedFunc(maps.Values(byKernel), func(a, b cost) int {
		return cmp.Or(cmp.Compare(b.predicted, a.predicted), cmp.Compare(a.kernel, b.kernel))
	})
	for _, c := range rows {
		fmt.Fprintf(out, "%9d %8d %7d %9d %7d %12d %9d %9.2f %9.1f  %s\n", c.launches, c.blocks, c.threads, c.code.registers, c.code.spills, c.code.instructions,
			c.code.divisions, float64(c.bytes)/1e6, c.predicted*1e6, c.kernel)
	}
}

// plus is the sum of two costs; of kernel, threads and code it has those of o.
func (c cost) plus(o cost) cost {
	o.launches += c.launches
	o.many += c.many
	o.blocks += c.blocks
	o.bytes += c.bytes
	o.flops += c.flops
	o.predicted += c.predicted
	return o
}

// printEach lists the launches with their ops.
func printEach(out io.Writer, p *kernels.Program, launches []emu.Launch) {
	for i, l := range launches {
		fmt.Fprintf(out, "%5d %s, %d blocks of %d\n", i, cmp.Or(l.Kernel, "worlds"), l.Blocks, l.Threads)
		for _, op := range l.Ops {
			fmt.Fprintf(out, "      %4d %s\n", op, p.Describe(op))
		}
	}
}
