package sample

import (
	"context"
	"errors"
	"fmt"
	"math/bits"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/unet"
)

// Buckets draws any number of samples at a time, up to Options.Batch, which is the largest bucket; the others are the powers of two
// below. So there are few samplers, and few graphs on a device, whatever the numbers that are asked for. A sampler is made when
// its bucket is first needed. A sample is the same in every bucket.
type Buckets struct {
	backend kernels.Backend
	model   *unet.Model
	flat    []float32
	plan    diffusion.Plan
	options Options

	samplers map[int]*Sampler // by bucket
}

// NewBuckets is for a network with these parameters, and a plan. The caller closes them.
func NewBuckets(backend kernels.Backend, m *unet.Model, flat []float32, plan diffusion.Plan, o Options) *Buckets {
	return &Buckets{backend, m, flat, plan, o, map[int]*Sampler{}}
}

// Run returns n samples [n, pixels]. The request is that of [Sampler.Run] for a batch of n.
func (b *Buckets) Run(n int, r Request) ([]float32, error) {
	if n < 1 || n > b.options.Batch {
		return nil, fmt.Errorf("sample: %d samples at a time; allowed: 1 to %d", n, b.options.Batch)
	}
	batch := bucketOf(n, b.options.Batch)
	s, ok := b.samplers[batch]
	if !ok {
		o := b.options
		o.Batch = batch
		var err error
		if s, err = New(b.backend, b.model, b.flat, b.plan, o); err != nil {
			return nil, err
		}
		b.samplers[batch] = s
	}
	return s.run(r, n)
}

// Draw draws a sample of each class, Options.Batch at a time, until ctx is done. fill, if not nil, adds to the request of the n samples
// from r.First on; take gets them, [n, pixels].
func (b *Buckets) Draw(ctx context.Context, classes []int, fill func(r *Request, n int), take func(first int, x []float32) error) error {
	for first := 0; first < len(classes); first += b.options.Batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		some := classes[first:min(first+b.options.Batch, len(classes))]
		r := Request{First: first, Classes: numbers(some)}
		if fill != nil {
			fill(&r, len(some))
		}
		x, err := b.Run(len(some), r)
		if err == nil {
			err = take(first, x)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// numbers are classes as a network reads them.
func numbers(classes []int) []float32 {
	out := make([]float32, len(classes))
	for i, class := range classes {
		out[i] = float32(class)
	}
	return out
}

// bucketOf is the batch that n samples are drawn in: the next power of two, or the largest bucket.
func bucketOf(n, largest int) int { return min(largest, 1<<bits.Len(uint(n-1))) }

// Close frees the memory on the device.
func (b *Buckets) Close() error {
	var errs []error
	for _, s := range b.samplers {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}
