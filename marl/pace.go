package marl

import (
	"context"
	"time"

	"github.com/gmel-go/gmel/nn/train"
)

// pace does many things a part at a time, so that an interrupt is heeded between two parts. Their size follows the
// clock, and no number depends on it.
type pace struct{ part int } // 0: nothing is known yet

const (
	shortPart = 100 * time.Millisecond // the next part is twice as long
	longPart  = time.Second            // half as long
	patience  = 2 * time.Second        // after an interrupt, for a step of any length
	grace     = 30 * time.Second       // for a step that ends by then: abandoning it loses all since the last checkpoint
)

// inParts does n things. After an interrupt it abandons what does not end soon.
func (p *pace) inParts(ctx context.Context, n int, do func(n int) error) error {
	for stopped := (time.Time{}); n > 0; {
		p.part = max(1, p.part)
		begin, some := time.Now(), min(n, p.part)
		if err := do(some); err != nil {
			return err
		}
		took := time.Since(begin)
		n -= some
		p.follow(some, took)
		if ctx.Err() != nil && stopped.IsZero() {
			stopped = begin
		}
		rest := took.Seconds() / float64(some) * float64(n)
		if n > 0 && !stopped.IsZero() && hopeless(time.Since(stopped), rest) {
			return train.ErrAbandoned
		}
	}
	return nil
}

// hopeless reports whether a step is waited for no longer: by the time since the interrupt, and the seconds to its end.
func hopeless(waited time.Duration, rest float64) bool {
	return waited > patience && waited.Seconds()+rest > grace.Seconds()
}

// follow chooses the size of the next part after one of n things.
func (p *pace) follow(n int, took time.Duration) {
	switch {
	case took < shortPart && n == p.part && p.part < MaxSize:
		p.part *= 2
	case took > longPart:
		p.part = max(1, n/2)
	}
}
