package bench

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gmel-go/gmel/kernels"
)

// Share is one op of a Program and its share of the time.
type Share struct {
	Op       string  `json:"op"`                 // op with dimensions and arguments
	Seconds  float64 `json:"seconds"`            // time of one run, summed over the threads
	Share    float64 `json:"share"`              // fraction of the time of all ops
	Rate     float64 `json:"flops,omitempty"`    // flop/s of one thread
	Fraction float64 `json:"fraction,omitempty"` // Rate over one thread's share of the peak
}

// shortList is the number of ops in a profile.
const shortList = 20

// profile runs the case on a backend that measures every op, which costs a little time.
func profile(c Case, o Options, top float64) (list []Share, err error) {
	o.Kernels.Profile = true
	backend, err := kernels.Open(o.Backend, o.Kernels)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, backend.Close()) }()
	r, err := c.Open(backend)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for end := time.Now().Add(o.Length); ; {
		if err := r.Run(1); err != nil {
			return nil, err
		}
		if !time.Now().Before(end) {
			break
		}
	}
	p, ok := r.Profile()
	if !ok {
		return nil, fmt.Errorf("bench: the backend %s does not measure its ops", backend.Name())
	}
	text := strings.Split(r.Program().String(), "\n")[1:] // the first line is the title
	ranked := p.Rank(r.Program())
	for _, t := range ranked[:min(len(ranked), shortList)] {
		s := Share{Op: strings.Join(strings.Fields(text[t.Index])[1:], " "), Seconds: t.Seconds, Share: t.Share, Rate: t.Flops}
		if top > 0 {
			s.Fraction = t.Flops / (top / float64(max(1, p.Threads)))
		}
		list = append(list, s)
	}
	return list, nil
}
