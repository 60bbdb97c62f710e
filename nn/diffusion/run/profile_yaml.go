package run

import (
	"fmt"
	"strings"

	"github.com/gmel-go/gmel/nn/train"
)

// What a profile cannot know, for Scenario.
const (
	iedsOfPaper, serversOfPaper = 30, 4 // of the preset that a scenario file completes
	mostProbable                = 0.4   // its tasks per IED and slot
	busy                        = 0.6   // of what the servers can do
	slowestIED, fastestIED      = 0.05, 0.1
	iedPower                    = 10 // W, of the fastest IED
	mostBatch                   = 64 // of the scenario format
)

// CanScenario is an error if the profile would lack what Scenario needs.
func (o *ProfileOptions) CanScenario() error {
	if len(o.Batches) == 0 || o.Batches[0] != 1 {
		return train.Usagef("a scenario counts work in evaluations of a batch of 1; add 1 to --batches, which are %v", o.Batches)
	}
	return nil
}

// Scenario is a scenario file of the simulator with this model as its only service, as far as the format goes: the unit of
// work is one evaluation of the network for one sample. The file says which of its numbers were measured; Service has the whole
// table instead of a line. The options must allow it, see CanScenario.
func (p *Profile) Scenario() []byte {
	unit, columns := p.Batches[0].Evaluation, len(p.Calls)/len(p.Batches)
	first, last := &p.Calls[0], &p.Calls[columns-1]
	speed := max(1e-3, 1/unit)
	fastest := fastestIED * speed
	middle := unit * float64(first.Evaluations+last.Evaluations) / 2
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	put("# A service that `gmel diffusion profile` measured: the latest checkpoint of %s, update %d.", inComment(p.Run), p.Update)
	put("# Model %s, %d parameters, samples %v; sampler %s, guidance %g.", p.Model, p.Parameters, p.Shape, p.Sampler, p.Guidance)
	put("# Measured on backend %s, %d threads: %s.", p.Machine.Backend, p.Machine.Threads, inComment(p.Machine.Device))
	put("#\n# The unit of work, a \"Gcycle\", is one evaluation of the network for one sample. Numbers marked \"measured\" are of this")
	put("# profile. The others are choices: change them. Keys that are left out are those of the preset paper.")
	put("name: diffusion-%s\n", p.Model)
	put("tasks:\n  probability: %.4g  # about %g of what the servers can do, at most %g", p.probability(middle), busy, mostProbable)
	put("  models:\n    - name: %s\n      share: 1", p.Model)
	put("      data_mbit: [0.001, 0.001]  # a class and a seed")
	put("      gcycles: [%d, %d]  # evaluations of %d to %d steps: measured", first.Evaluations, max(last.Evaluations, first.Evaluations), first.Steps, last.Steps)
	put("      gcycles_per_step: 1  # the unit")
	put("      result_mbit: %.6g  # a sample without compression", float64(p.ResultBits)/1e6)
	put("      deadline_s: [%.4g, %.4g]  # one and three times the longest call", bounded(last.Median, 1e3), bounded(3*last.Median, 1e4))
	put("      load_s: %.4g  # measured, from the file to the first sample", min(1e4, p.Load.Total.Median))
	put("\ncompute:\n  server_gcycles_per_s: [%.5g]  # evaluations a second in a batch of 1: measured", speed)
	put("  ied_gcycles_per_s: [%.4g, %.4g]  # %g to %g of a server", max(1e-3, slowestIED*speed), max(1e-3, fastest), slowestIED, fastestIED)
	if most := p.largest(); most > 1 {
		share, worst := p.fixedShare()
		put("  # a step of b tasks takes (fixed_share + (1 - fixed_share) b) times that of one; what was measured differs by at most %.0f %%", 100*worst)
		put("  batch: {max: %d, fixed_share: %.4g}  # measured", most, share)
	}
	put("\nenergy:\n  kappa: %.4g  # the fastest IED takes %d W", min(1e-20, iedPower/(1e27*fastest*fastest*fastest)), iedPower)
	return []byte(b.String())
}

// inComment is a text on one line.
func inComment(text string) string { return strings.Join(strings.Fields(text), " ") }

// bounded is a time that a scenario allows.
func bounded(t, most float64) float64 { return min(most, max(1e-3, t)) }

// probability is that of a task for which the servers of the preset are as busy as the constant says, if a task takes that many seconds.
func (p *Profile) probability(seconds float64) float64 {
	return min(mostProbable, busy*serversOfPaper/(iedsOfPaper*seconds))
}

// largest is the largest batch that a scenario allows.
func (p *Profile) largest() int {
	return min(mostBatch, p.Batches[len(p.Batches)-1].Batch)
}

// fixedShare is the share of an evaluation's time that does not grow with the batch, by least squares of relative errors, and
// the largest relative error. A batch b takes r = f + (1 - f) b times what 1 takes, so (b - r) / r is to be f (b - 1) / r.
func (p *Profile) fixedShare() (share, worst float64) {
	var above, below float64
	one := p.Batches[0].Evaluation
	for _, c := range p.Batches[1:] {
		b, r := float64(c.Batch), c.Evaluation/one
		above += (b - r) * (b - 1) / (r * r)
		below += (b - 1) * (b - 1) / (r * r)
	}
	share = min(1, max(0, above/below))
	for _, c := range p.Batches {
		b := float64(c.Batch)
		e := (share+(1-share)*b)*one/c.Evaluation - 1
		worst = max(worst, e, -e)
	}
	return share, worst
}
