package dataset

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gmel-go/gmel/sim"
)

// modelsOf returns the models of the tasks, each with the ranges of its own. The numbers of the requests become those
// of the files.
func (l *log) modelsOf(loadS float64) []sim.Model {
	models := make([]sim.Model, len(l.models))
	count, result := make([]float64, len(models)), make([]float64, len(models))
	for i := range l.requests {
		q := &l.requests[i]
		q.data, q.gcycles = rounded(max(q.data, leastMbit)), rounded(max(q.gcycles, leastGcycles))
		m := &models[q.model]
		first := count[q.model] == 0
		widen(&m.DataMbit, q.data, first)
		widen(&m.Gcycles, q.gcycles, first)
		widen(&m.DeadlineS, q.deadline, first)
		count[q.model]++
		result[q.model] += q.result
	}
	for k := range models {
		m := &models[k]
		m.Name, m.LoadS = l.models[k], loadS
		m.Share, m.ResultMbit = count[k]/float64(len(l.requests)), result[k]/count[k]
		m.GcyclesPerStep = stepOf(m.Gcycles)
	}
	return models
}

func widen(r *sim.Range, v float64, first bool) {
	if first {
		*r = sim.Range{v, v}
	}
	*r = sim.Range{min(r[0], v), max(r[1], v)}
}

// stepOf returns the cycles of a step, of which the largest task has a whole number. About 20 numbers of
// steps lie in the range. Traces do not read it; other laws of arrivals do.
func stepOf(r sim.Range) float64 {
	const numbers, most = 20, 1000
	steps := 1.0
	if width := r[1] - r[0]; width > 0 {
		steps = min(math.Round(numbers*r[1]/width), most)
	}
	return r[1] / steps
}

// writeTrace writes the keys of a scenario that plays the log.
func (im *importer) writeTrace(l *log, slotS, loadS float64, loadWhy string) error {
	d, o := im.d, &im.o
	if l.faster = or(o.Faster, 1); l.faster != 1 {
		im.r.note("the requests come %s times as fast as in the data (--faster)", number(l.faster))
	}
	known := len(l.models)
	im.mergeModels(l)
	ieds := or(o.IEDs, traceIEDs)
	models := l.modelsOf(or(o.LoadS, loadS))
	im.tasks, im.models = l.fit(ieds, or(o.SlotS, slotS)), l.models
	if slots := im.tasks[len(im.tasks)-1].slot + 1; slots > mostTraceSlots {
		return fmt.Errorf("dataset: the trace would have %d slots; allowed: at most %d; choose a longer --slot or a larger --faster", slots, mostTraceSlots)
	}
	users := "requests are dealt to the IEDs at random, because the data has no users"
	if l.requests[0].user >= 0 {
		users = "requests are dealt to the IEDs by user: user u in the order of appearance is IED u mod N"
	}
	d.choose("ieds", o.IEDs, traceIEDs, users, "ieds")
	im.writeServers(l, or(o.LoadS, loadS))
	d.choose("time.slot_s", o.SlotS, slotS, "seconds", "slot")
	im.writeArrivals(l, ieds)
	im.r.Known = append(im.r.Known, Fact{Key: "tasks.models", Value: fmt.Sprintf("%d %s", len(models), plural(len(models), "model")),
		Why: fmt.Sprintf("shares and ranges of the requests; %d in the data", known)})
	if o.LoadS > 0 {
		loadWhy = "chosen"
	}
	im.r.Assumed = append(im.r.Assumed, Fact{"tasks.models[].load_s", number(or(o.LoadS, loadS)), loadWhy, "load"})
	d.items("tasks.models", "shares and ranges of the requests, by frequency; result_mbit: the mean; load_s is assumed: "+loadWhy+"; --load", modelItems(models))
	return nil
}

// mergeModels merges rare models, and names them.
func (im *importer) mergeModels(l *log) {
	known := len(l.models)
	if merged := l.merge(or(im.o.Models, traceModels)); merged != nil {
		last := len(l.models) - 1
		im.r.note("%d of %d models are merged as %q, with %.1f %% of the tasks: %s", len(merged), known, l.models[last], 100*l.share(last), strings.Join(merged, ", "))
	}
}

// writeArrivals writes the episodes and the trace.
func (im *importer) writeArrivals(l *log, ieds int) {
	d, last := im.d, len(im.tasks)-1
	slots := im.tasks[last].slot + 1
	im.writeWindow(slots)
	d.data("tasks.arrivals.process", sim.ArrivalsTrace, fmt.Sprintf("%d requests from %s to %s", last+1,
		l.requests[0].at.Format(time.DateTime), l.requests[last].at.Format(time.DateTime)))
	d.data("tasks.arrivals.trace_file", ArrivalsFile, fmt.Sprintf("%d slots", slots))
	queue := longestQueue(im.tasks, ieds)
	d.data("tasks.arrivals.queue", min(max(queue, leastQueue), mostQueue), fmt.Sprintf("longest queue: %d, if an IED takes one task per slot", queue))
}

// A trace of fewer slots is played whole.
const leastWindowed = 50

// writeWindow writes the slots of an episode: a window of a long trace, or all of a short one. A window must fit
// into the part that is held out.
func (im *importer) writeWindow(slots int) {
	d, wanted := im.d, im.o.Slots
	held := int(math.Round(heldOut * float64(slots)))
	const path, random = "tasks.arrivals.window", "an episode begins at random "
	switch {
	case wanted >= slots || wanted == 0 && slots < leastWindowed:
		d.data("time.slots", slots, "the whole trace in every episode, of training and of evaluation")
	case wanted > held:
		d.assume("time.slots", wanted, "chosen", "slots")
		d.assume(path, "{start: random}", random+"in the trace; a part that is held out would be shorter than an episode", "")
	default:
		d.choose("time.slots", wanted, min(traceSlots, held), "slots per episode, a window of the trace", "slots")
		d.assume(path, fmt.Sprintf("{start: random, held_out: %g}", heldOut), random+"in the first 80 % of the trace; evaluations play the rest", "")
	}
}

// share returns the fraction of the requests that are of a model.
func (l *log) share(model int) float64 {
	n := 0
	for i := range l.requests {
		if l.requests[i].model == model {
			n++
		}
	}
	return float64(n) / float64(len(l.requests))
}

// arrivals returns the table of the trace.
func (im *importer) arrivals() []byte {
	if im.tasks == nil {
		return nil
	}
	var b bytes.Buffer
	b.WriteString("slot,ied,model,data_mbit,gcycles,deadline_s\n")
	for _, t := range im.tasks {
		b.WriteString(strconv.Itoa(t.slot) + "," + strconv.Itoa(t.ied) + "," + quoted(im.models[t.model]) + "," +
			number(t.data) + "," + number(t.gcycles) + "," + number(t.deadline) + "\n")
	}
	return b.Bytes()
}

// quoted is a name as CSV.
func quoted(name string) string {
	if strings.ContainsAny(name, ",;\"\t\r\n ") {
		return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	return name
}
