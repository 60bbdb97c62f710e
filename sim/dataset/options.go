package dataset

import (
	"errors"
	"fmt"

	"github.com/gmel-go/gmel/internal/setting"
)

// Options replace assumptions. A zero means the default of the format.
type Options struct {
	IEDs    int // N
	Servers int // M; places: keep the M in the middle
	Models  int // traces: keep the most frequent models, and merge the others
	Slots   int // T, slots per episode

	SlotS     float64 // length of a slot, s
	DeadlineS float64 // of every task, s
	Speed     float64 // of every server, Gcycles/s
	CoverageM float64 // radius around every server, m
	Faster    float64 // traces: factor by which the requests come faster
	LoadS     float64 // traces: time to load a model, s
	ImageMbit float64 // alibaba: size of an image, Mbit
	Prefill   float64 // azure: context tokens that a server reads, tokens/s
	Decode    float64 // azure: tokens that a server generates, tokens/s
	UnitM     float64 // edgecloudsim: length of a unit of x_pos and y_pos, m

	KeepOutliers bool // places: keep those that are far from all others
}

// bounds of the options; those of the scenario are as wide or wider.
var bounds = []struct {
	name   string
	value  func(*Options) float64
	whole  bool
	lo, hi float64
}{
	{"ieds", func(o *Options) float64 { return float64(o.IEDs) }, true, 1, 1 << 20},
	{"servers", func(o *Options) float64 { return float64(o.Servers) }, true, 1, mostServers},
	{"models", func(o *Options) float64 { return float64(o.Models) }, true, 1, mostModels - 1},
	{"slots", func(o *Options) float64 { return float64(o.Slots) }, true, 1, 1 << 30},
	{"slot", func(o *Options) float64 { return o.SlotS }, false, 1e-3, 1e3},
	{"deadline", func(o *Options) float64 { return o.DeadlineS }, false, 1e-3, 1e4},
	{"speed", func(o *Options) float64 { return o.Speed }, false, 1e-3, 1e5},
	{"coverage", func(o *Options) float64 { return o.CoverageM }, false, 1, 1e5},
	{"faster", func(o *Options) float64 { return o.Faster }, false, 1e-6, 1e6},
	{"load", func(o *Options) float64 { return o.LoadS }, false, 1e-3, 1e4},
	{"image", func(o *Options) float64 { return o.ImageMbit }, false, 1e-3, 1e3},
	{"prefill", func(o *Options) float64 { return o.Prefill }, false, 1e-2, 1e9},
	{"decode", func(o *Options) float64 { return o.Decode }, false, 1e-2, 1e9},
	{"unit", func(o *Options) float64 { return o.UnitM }, false, 1e-3, 1e5},
}

// check refuses options out of bounds.
func (o *Options) check() error {
	var errs []error
	for _, b := range bounds {
		v := b.value(o)
		if v == 0 || v >= b.lo && v <= b.hi {
			continue
		}
		kind := ""
		if b.whole {
			kind = "a whole number from "
		}
		errs = append(errs, &setting.Error{Origin: setting.Origin{Flag: "--" + b.name}, Value: number(v),
			Problem: number(v) + " is not allowed", Allowed: fmt.Sprintf("%s%g to %.8g", kind, b.lo, b.hi)})
	}
	return errors.Join(errs...)
}

// or returns v, or the default where v is 0.
func or[T int | float64](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}
