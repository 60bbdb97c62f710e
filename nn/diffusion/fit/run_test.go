package fit

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/gmel-go/gmel/nn/train"
)

// runOf describes a run of 9 updates, and cancels it in the step to an update.
func runOf(t *testing.T, stop context.CancelFunc, at int) *train.Run {
	return &train.Run{
		Name: "stripes", Seed: 7, Config: []byte("seed: 7\n"), Numbers: []byte("seed: 7\n"),
		Schedule: train.Schedule{Updates: 9, LogEvery: 3, CheckpointEvery: 4}, Resume: "fit --resume",
		Open: func(train.Options) (train.Job, error) {
			return &stopped{open(t, backendOf(t, "cpu", 2), stripes(6, 2, 3), options(9)), stop, at}, nil
		},
	}
}

type stopped struct {
	*Trainer
	stop context.CancelFunc
	at   int
}

func (s *stopped) Step(ctx context.Context) error {
	if s.update == s.at {
		s.stop()
	}
	return s.Trainer.Step(ctx)
}

// A run that is stopped twice and resumed ends with the files of one that is not.
func TestResumedRunHasTheSameBytes(t *testing.T) {
	whole, parts := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "parts")
	if _, err := train.Start(t.Context(), runOf(t, nil, -1), train.Options{Out: whole}); err != nil {
		t.Fatal(err)
	}
	for i, at := range []int{1, 4, -1} {
		ctx, stop := context.WithCancel(t.Context())
		r, err := start(ctx, runOf(t, stop, at), parts, i > 0)
		if stop(); err != nil || r.Interrupted != (at >= 0) {
			t.Fatal(r, err)
		}
	}
	for _, name := range []string{"metrics.jsonl", "checkpoints/latest.safetensors"} {
		a, err := os.ReadFile(filepath.Join(whole, name))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(filepath.Join(parts, name)); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs, %v", name, err)
		}
	}
}

func start(ctx context.Context, run *train.Run, dir string, again bool) (train.Result, error) {
	if again {
		return train.Resume(ctx, train.Folder(dir), run, train.Options{})
	}
	return train.Start(ctx, run, train.Options{Out: dir})
}
