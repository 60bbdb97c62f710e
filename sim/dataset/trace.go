package dataset

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/gmel-go/gmel/internal/table"
)

// request is a row of a data set of requests.
type request struct {
	at       time.Time
	user     int     // number of the user in the order of appearance; -1: the data has no users
	model    int     // index into log.models
	data     float64 // Mbit to send
	result   float64 // Mbit to receive
	gcycles  float64
	deadline float64 // s
}

// log is what a data set of requests has.
type log struct {
	requests []request
	models   []string
	faster   float64 // factor by which the time of the requests runs faster
}

// seconds returns the time from the first request to request i, once they are sorted.
func (l *log) seconds(i int) float64 {
	return l.requests[i].at.Sub(l.requests[0].at).Seconds() / l.faster
}

// traced is a row of arrivals.csv.
type traced struct {
	slot, ied int
	*request
}

// others is the model of the tasks of models that were merged.
const others = "others"

// Defaults of traces.
const (
	traceIEDs   = 30
	traceModels = 16
	traceSlots  = 200
	heldOut     = 0.2
)

// layouts are the forms of times. Fractions of a second may follow the seconds.
var layouts = []string{"2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04:05Z07:00"}

// when reads a time.
func when(t *table.Reader, column string) time.Time {
	text := t.Text(column)
	for _, layout := range layouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	t.Refuse(column, "a date and a time with seconds, such as 2024-11-15 16:57:50.25")
	return time.Time{}
}

// merge keeps the k most frequent models; the names of the others are joined to one. Models are in the order
// of their frequency, and of their names where they are equally frequent.
func (l *log) merge(k int) (merged []string) {
	count := make([]int, len(l.models))
	for i := range l.requests {
		count[l.requests[i].model]++
	}
	order := make([]int, len(l.models))
	for m := range order {
		order[m] = m
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(count[b]-count[a], strings.Compare(l.models[a], l.models[b]))
	})
	to := make([]int, len(l.models))
	var names []string
	for rank, m := range order {
		to[m] = min(rank, k)
		if rank < k {
			names = append(names, l.models[m])
		} else {
			merged = append(merged, l.models[m])
		}
	}
	if len(merged) > 0 {
		rest := others
		for slices.Contains(names, rest) {
			rest += "-"
		}
		names = append(names, rest)
	}
	l.models = names
	for i := range l.requests {
		l.requests[i].model = to[l.requests[i].model]
	}
	return merged
}

// fit gives the IEDs and slots of a trace: slot 0 has the first request. A user's requests are all of one IED,
// and users are dealt to the IEDs in the order of their appearance. Requests without users are dealt at random.
func (l *log) fit(ieds int, slotS float64) []traced {
	slices.SortStableFunc(l.requests, func(a, b request) int { return a.at.Compare(b.at) })
	tasks := make([]traced, len(l.requests))
	for i := range l.requests {
		q := &l.requests[i]
		ied := q.user % ieds
		if q.user < 0 {
			ied = int(drawn(i, drawIED)[0] * float64(ieds))
		}
		tasks[i] = traced{int(l.seconds(i) / slotS), ied, q}
	}
	return tasks
}

// longestQueue is how many tasks wait after the current one, at most, if an IED takes one task per slot.
func longestQueue(tasks []traced, ieds int) int {
	free, longest := make([]int, ieds), 0 // free: the slot at which an IED has taken all its tasks
	for _, t := range tasks {
		free[t.ied] = max(free[t.ied], t.slot) + 1
		longest = max(longest, free[t.ied]-t.slot-1)
	}
	return longest
}

// leastQueue leaves room for bursts in other traces.
const leastQueue = 4
