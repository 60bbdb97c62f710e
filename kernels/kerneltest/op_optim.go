package kerneltest

import (
	"math"

	"github.com/gmel-go/gmel/kernels"
)

var optimOps = family{
	kernels.OpAdam: {adamTrials, randomAdam, mistakes{
		"the factors of the two moments are exchanged": {before: func(d *kernels.Desc) { d.Scalar[0], d.Scalar[1] = d.Scalar[1], d.Scalar[0] }},
	}},
	kernels.OpAdamTick: {tickTrials, randomTick, mistakes{
		"the factors of the two moments are exchanged": {before: func(d *kernels.Desc) { d.Scalar[0], d.Scalar[1] = d.Scalar[1], d.Scalar[0] }},
	}},
	kernels.OpPolyak: {polyakTrials, randomVector, mistakes{
		"the target becomes p": scalar(0, 1),
	}},
	kernels.OpClipScale: {clipTrials, randomClip, mistakes{
		"the limit is one": scalar(0, 1),
	}},
}

func adamTrials(op kernels.Op) []*trial {
	state := values(1e-3, 0.9*0.9, 0.999*0.999)
	var all []*trial
	for _, n := range long {
		t := func() *trial {
			return newTrial(op, n).scalars(0.9, 0.999, 1e-8).with("state", state).with("v", uniform(0.01, 1))
		}
		all = append(all, t().without("scale"), t().with("scale", values(0.3)))
	}
	return all
}

func randomAdam(r dice, op kernels.Op) *trial {
	t := newTrial(op, r.size(3*kernels.Chunk)).scalars(0.9, 0.999, 1e-8).with("state", values(1e-3, 0.9*0.9, 0.999*0.999))
	return r.drop(t.with("v", uniform(0.01, 1)).with("scale", values(r.Float32())), "scale")
}

func tickTrials(op kernels.Op) []*trial {
	return []*trial{newTrial(op).scalars(0.9, 0.999).with("state", values(1e-3, 0.5, 0.25))}
}

func randomTick(r dice, op kernels.Op) *trial {
	return newTrial(op).scalars(r.Float32(), r.Float32()).with("state", uniform(0, 1))
}

func polyakTrials(op kernels.Op) []*trial {
	var all []*trial
	for _, n := range long {
		all = append(all, newTrial(op, n).scalars(0.005))
	}
	return all
}

func clipTrials(op kernels.Op) []*trial {
	return []*trial{
		newTrial(op).scalars(0.5).with("q", values(4)), newTrial(op).scalars(0.5).with("q", values(0.01)),
		newTrial(op).scalars(0.5).with("q", values(0)), newTrial(op).scalars(0.5).with("q", constant(float32(math.NaN()))),
	}
}

func randomClip(r dice, op kernels.Op) *trial {
	return newTrial(op).scalars(r.Float32()).with("q", uniform(0, 4))
}
