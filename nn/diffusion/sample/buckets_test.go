package sample

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/nn/diffusion"
)

// TestBuckets: any number of samples has the bits of a batch of its own, by few samplers.
func TestBuckets(t *testing.T) {
	plan := inpaints(t)["ddpm"]
	model, flat := tiny(t)
	image, known := picture()
	backend := open(t, "cpu", 1)
	o := Options{Batch: 6, Predict: diffusion.PredictEDM, Seed: 9, Guidance: 1.5}
	buckets := NewBuckets(backend, model, flat, plan, o)
	defer buckets.Close()
	for _, n := range []int{3, 1, 2, 3} {
		r := Request{First: 5, Classes: classes[:n], Image: image[:24*n], Known: known[:24*n]}
		var seen []int
		r.Watch = func(_ int, x []float32) error { seen = append(seen, len(x)); return nil }
		got, err := buckets.Run(n, r)
		if err != nil {
			t.Fatal(err)
		}
		if want := slices.Repeat([]int{24 * n}, len(plan)); !slices.Equal(seen, want) {
			t.Errorf("%d samples: saw %v numbers, want %v", n, seen, want)
		}
		o.Batch, r.Watch = n, nil
		if want := draw(t, backend, plan, o, r); !slices.Equal(got, want) {
			t.Errorf("%d samples have other bits in a bucket", n)
		}
	}
	if len(buckets.samplers) != 3 {
		t.Errorf("%d samplers, want those of 1, 2 and 4", len(buckets.samplers))
	}
	for want, n := range map[string]int{"7 samples at a time; allowed: 1 to 6": 7, "0 samples": 0, "1 classes for 2 images": 2} {
		if _, err := buckets.Run(n, Request{Classes: classes[:1]}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	var list []int
	for n := 1; n <= 6; n++ {
		list = append(list, bucketOf(n, 6))
	}
	if got := fmt.Sprint(list); got != "[1 2 4 4 6 6]" {
		t.Errorf("buckets %s", got)
	}
}

// TestDrawInTurn: more samples than a batch are those of their numbers, and a call that is stopped draws no more.
func TestDrawInTurn(t *testing.T) {
	plan := inpaints(t)["ddpm"]
	model, flat := tiny(t)
	image, known := picture()
	backend := open(t, "cpu", 1)
	buckets := NewBuckets(backend, model, flat, plan, Options{Batch: 2, Predict: diffusion.PredictEDM, Seed: 9, Guidance: 1.5})
	defer buckets.Close()
	list := make([]int, 3)
	for i := range list {
		list[i] = int(classes[i])
	}
	ctx, stop := context.WithCancel(t.Context())
	var got []float32
	draw := func(take func(first int, x []float32) error) error {
		return buckets.Draw(ctx, list, func(r *Request, n int) {
			r.Image, r.Known = image[24*r.First:][:24*n], known[24*r.First:][:24*n]
		}, take)
	}
	if err := draw(func(_ int, x []float32) error { got = append(got, x...); return nil }); err != nil {
		t.Fatal(err)
	}
	var want []float32
	for i := range list {
		x, err := buckets.Run(1, Request{First: i, Classes: classes[i : i+1], Image: image[24*i:][:24], Known: known[24*i:][:24]})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, x...)
	}
	if !slices.Equal(got, want) {
		t.Error("samples drawn in turn have other bits than each by itself")
	}
	calls := 0
	err := draw(func(first int, _ []float32) error { calls++; stop(); return nil })
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("stopped: error %v after %d batches", err, calls)
	}
}
