package run

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/nn/train"
)

// CanService is an error if the profile would lack what Service needs.
func (o *ProfileOptions) CanService() error {
	if len(o.Batches) == 0 || o.Batches[0] != 1 {
		return train.Usagef("a service needs the times of a batch of 1; add 1 to --batches, which are %v", o.Batches)
	}
	return nil
}

// Service is the profile as a service table of the simulator (sim.Service), which a model of a scenario may name. Times are medians.
// Where noise puts a time below that of fewer steps, it is raised to that. The options must allow it, see CanService.
func (p *Profile) Service() []byte {
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	columns := p.Calls[:len(p.Calls)/len(p.Batches)]
	var steps, evaluations []int
	for _, c := range columns {
		steps, evaluations = append(steps, c.Steps), append(evaluations, c.Evaluations)
	}
	put("# A service table that `gmel diffusion profile --service` measured; a model of a scenario names it as its service.")
	put("# Times are medians of the wall clock; with * some were computed: fixed time + evaluations x time of an evaluation.")
	put("device: %s", strconv.Quote(p.Machine.String()))
	put("source: %s", strconv.Quote(fmt.Sprintf("model %s, %d parameters, samples %v, update %d, sampler %s, guidance %g", p.Model, p.Parameters, p.Shape, p.Update, p.Sampler, p.Guidance)))
	put("load_s: %.4g         # from the file to the first sample", p.Load.Total.Median)
	put("result_bits: %d     # a sample without compression", p.ResultBits)
	put("steps: %s  # evaluations of the network: %s", numbers(steps), numbers(evaluations))
	var batches []int
	for _, c := range p.Batches {
		batches = append(batches, c.Batch)
	}
	put("batches: %s", numbers(batches))
	put("seconds:  # of a call: a row for each batch, a column for each number of steps")
	for row := range slices.Chunk(p.Calls, len(columns)) {
		put("  - %s", timesText(row))
	}
	b.WriteString(p.serviceQuality())
	return []byte(b.String())
}

// String names the processor in one line.
func (m Processor) String() string {
	name := m.Backend
	if m.ISA != "" {
		name += " " + m.ISA
	}
	return inComment(fmt.Sprintf("%s, %s: %s", name, train.Counted(int64(m.Threads), "thread"), m.Device))
}

// timesText is a row of the table, and how often its calls were measured.
func timesText(calls []Call) string {
	var texts []string
	most, mark := 0.0, ""
	for _, c := range calls {
		most = max(most, c.Median)
		texts = append(texts, fmt.Sprintf("%.5g", most))
		if c.Measured == 0 {
			mark = "  # batch " + strconv.Itoa(c.Batch) + " *"
		}
	}
	return "[" + strings.Join(texts, ", ") + "]" + mark
}

// serviceQuality is the quality of the sampler that was timed.
func (p *Profile) serviceQuality() string {
	q := p.Quality
	if q == nil {
		return "# no quality: measure it with --quality, if IEDs shall choose the steps\n"
	}
	var values []string
	for _, r := range q.Rows {
		if r.Sampler == p.Sampler {
			values = append(values, fmt.Sprintf("%.5g", r.Frechet))
		}
	}
	return fmt.Sprintf("quality:  # Frechet distances to the %d of training; the floor is that of %d real ones, held out\n  floor: %.5g\n  frechet: [%s]\n",
		q.Training, q.Images, q.Real.Frechet, strings.Join(values, ", "))
}

func numbers(list []int) string {
	var texts []string
	for _, n := range list {
		texts = append(texts, strconv.Itoa(n))
	}
	return "[" + strings.Join(texts, ", ") + "]"
}
