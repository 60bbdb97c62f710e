//go:build gpu && !cpu

package gpu

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/bench"
	"github.com/gmel-go/gmel/kernels"
)

// TestWorldsOfABrokenDevice: a rollout does not wait, so the fault shows in Sync. Reading the
// worlds then fails, because they are lost.
func TestWorldsOfABrokenDevice(t *testing.T) {
	needFake(t)
	w := game{5, 2, 20, 0, false}.new(t)
	s := slots(t, open(t, kernels.Options{}), w)
	if err := errors.Join(s.Run(1), s.Sync()); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GMEL_FAKE_FAULT", "20")
	if err := s.Run(50); err != nil {
		t.Errorf("Run does not wait: %v", err)
	}
	if err := s.Sync(); err == nil || !strings.Contains(err.Error(), `failed in program "slots", op `) {
		t.Errorf("Sync: %v", err)
	}
	for range 2 {
		if _, err := w.MarshalBinary(); err == nil || !strings.Contains(err.Error(), "the device has failed") {
			t.Errorf("the state of lost worlds: %v", err)
		}
	}
	if w.Reset(); w.Home() != nil {
		t.Error("worlds that begin anew are lost")
	}
}

// TestIllegalAction: the first wait returns an error with IED and action, later ones none. The backend
// is as good as before, and the world that refused has not moved.
func TestIllegalAction(t *testing.T) {
	for _, debug := range []bool{false, true} {
		w := game{5, 2, 20, 0, false}.new(t)
		b := open(t, kernels.Options{Debug: debug})
		p := stepAlone(w)
		e, m := loaded(t, b, p, make([]float32, p.Arena))
		bad, good := make([]float32, w.W*w.A), make([]float32, w.W*w.A)
		bad[7] = 99
		for _, x := range []struct {
			what string
			wait func() error
		}{{"Sync", b.Sync}, {"Download", func() error { return m.Download(make([]float32, 1), 0) }}, {"the worlds", w.Home}} {
			what, wait := x.what, x.wait
			if err := errors.Join(m.Upload(0, good), e.Run(m, 2), w.Home(), m.Upload(0, bad)); err != nil {
				t.Fatal(err)
			}
			_, slot := w.LastSlot(1)
			err := e.Run(m, 1)
			if err == nil && !debug {
				err = wait()
			}
			if err == nil || !strings.Contains(err.Error(), "world 1, IED 2: action 99 is illegal") {
				t.Errorf("%s, debug %t: error %v", what, debug, err)
			}
			if err := errors.Join(b.Sync(), m.Upload(0, good)); err != nil {
				t.Errorf("%s: after the error: %v", what, err)
			}
			if what == "the worlds" && !debug {
				w.Reset() // they remember the error
			} else if _, now := w.LastSlot(1); now != slot {
				t.Errorf("%s: the world is in slot %d, was in %d", what, now, slot)
			}
		}
	}
}

func TestWorldsOutOfMemory(t *testing.T) {
	needFake(t)
	w := game{5, 64, 20, 0, false}.new(t)
	b := &spy{Backend: open(t, kernels.Options{})}
	slots(t, b, w)
	image := w.Native().(kernels.Portable).Image()
	size, err := b.Backend.(*backend).StateBytes(image)
	if err != nil || size < int64(4*len(image.State)) {
		t.Fatalf("state of %d bytes: %v", size, err)
	}
	other := open(t, kernels.Options{})
	t.Setenv("GMEL_FAKE_MEMORY", fmt.Sprint(int64(b.buffers[0].Len())*4*2+size+size/2)) // of both
	_, err = bench.OpenSlots(other, game{5, 64, 20, 0, false}.new(t), true)
	if err == nil || !strings.Contains(err.Error(), "the memory of 64 worlds takes") || !strings.Contains(err.Error(), "lower train.worlds") {
		t.Errorf("error %v", err)
	}
}
