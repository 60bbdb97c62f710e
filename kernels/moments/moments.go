package moments

import (
	"slices"

	"github.com/gmel-go/gmel/kernels"
)

// Place is where both ops of a pair have the place of the strips: Desc.Arg[Place], in floats from the begin of the memory of copies; 0:
// there is none. gmel_cuda.h repeats it.
const Place = 7

// A strip is a part of an image of which a convolution writes the mean and the sum of squared deviations from it: two floats. Strips are
// [rows/StripRows, channels/StripChannels] of the result as a matrix.
const (
	StripRows     = 32
	StripChannels = 4
)

// MostChannels is the most channels of a norm whose statistics are told: its kernel has them in shared memory.
const MostChannels = 512

// still is how arguments move outside of loops.
var still = new(kernels.Step)

// line is the alignment of places, in floats.
const line = 64

// Plan is a Program with places for strips.
type Plan struct {
	Program *kernels.Program // the same ops
	Floats  int64            // of the memory of copies
}

// Of finds the pairs of a valid Program, outside of loops. The memory of copies has `used` floats without them.
func Of(program *kernels.Program, used int64) *Plan {
	if !slices.ContainsFunc(program.Descs, func(d kernels.Desc) bool { return has(d.Op) }) {
		return &Plan{program, used}
	}
	p := *program
	p.Descs = slices.Clone(p.Descs)
	for i := range p.Descs {
		if has(p.Descs[i].Op) {
			p.Descs[i].Arg[Place] = 0
		}
	}
	plan := &Plan{Program: &p, Floats: used}
	for norm, from := 0, 0; norm < len(p.Descs); norm++ {
		switch p.Descs[norm].Op {
		case kernels.OpLoop:
			norm += int(p.Descs[norm].Dim[kernels.LoopBody])
			from = norm + 1
		case kernels.OpStep:
			from = norm + 1
		case kernels.OpGroupNorm:
			if conv := writer(&p, from, norm); conv >= 0 && fit(&p.Descs[conv], &p.Descs[norm]) {
				plan.pair(&p.Descs[conv], &p.Descs[norm])
			}
		}
	}
	return plan
}

// has reports whether ops of this kind may be in a pair.
func has(op kernels.Op) bool { return op == kernels.OpConv || op == kernels.OpGroupNorm }

// pair gives both ops the place of the convolution's strips.
func (p *Plan) pair(conv, norm *kernels.Desc) {
	if conv.Arg[Place] == 0 {
		conv.Arg[Place] = max((p.Floats+line-1)/line*line, line) // 0 is no place
		p.Floats = conv.Arg[Place] + result(conv).Length/(StripRows*StripChannels)*2
	}
	norm.Arg[Place] = conv.Arg[Place]
}

// writer is the last of the ops [from, norm) that writes to the input of a norm; -1: none.
func writer(p *kernels.Program, from, norm int) int {
	x := still.Extent(&p.Descs[norm], 0)
	for op := norm - 1; op >= from; op-- {
		d := &p.Descs[op]
		spec, _ := kernels.SpecOf(d.Op)
		for a, arg := range spec.Args {
			if arg.Mode == kernels.In || d.Arg[a] == kernels.Absent {
				continue
			}
			if w := still.Extent(d, a); w.From < x.End() && x.From < w.End() {
				return op
			}
		}
	}
	return -1
}

// result is the extent of the result of a convolution.
func result(conv *kernels.Desc) kernels.Extent { return still.Extent(conv, 3) }

// fit reports whether an op is a convolution whose result is the input of the norm, in whole strips that each belong to one group of one
// image, and whether groups of four floats are aligned.
func fit(conv, norm *kernels.Desc) bool {
	pixels, channels, groups := norm.Dim[1], norm.Dim[2], norm.Dim[3]
	if conv.Op != kernels.OpConv || conv.Fn != kernels.FnIdentity || result(conv) != still.Extent(norm, 0) {
		return false
	}
	rows, columns := conv.ConvOutput()
	same := conv.Dim[kernels.ConvB] == norm.Dim[0] && rows*columns == pixels && conv.Dim[kernels.ConvF] == channels
	strips := pixels > 0 && pixels%StripRows == 0 && channels/groups%StripChannels == 0 && norm.Dim[0] > 0 && conv.Dim[kernels.ConvC] > 0
	return same && strips && channels <= MostChannels && (norm.Arg[0]|norm.Arg[4])%StripChannels == 0
}
