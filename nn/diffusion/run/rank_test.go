package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/crew"
)

// sameFolders compares what two folders hold of a run.
func sameFolders(t *testing.T, a, b string) {
	t.Helper()
	for _, name := range []string{"config.yaml", "metrics.jsonl", GridPNG, "checkpoints/latest.safetensors"} {
		if !bytes.Equal(readFile(t, a, name), readFile(t, b, name)) {
			t.Errorf("%s differs in %s", name, b)
		}
	}
}

// A run on several ranks writes the folder of one on a single rank, and says what the ranks do.
func TestRanksWriteTheFolderOfOne(t *testing.T) {
	c := load(t, small("train.batch=5"))
	dir := t.TempDir()
	one := filepath.Join(dir, "one")
	if _, err := Start(t.Context(), c, train.Options{Out: one}); err != nil {
		t.Fatal(err)
	}
	for ranks, want := range map[int]string{
		3: "3 ranks divide the batch of every update; numbers do not depend on them",
		8: "WARNING: a train.batch of 5 is cut in 5 parts, so only 5 of the 8 ranks have something to do",
	} {
		var said []string
		out := filepath.Join(dir, fmt.Sprint(ranks))
		o := train.Options{Out: out, Ranks: ranks, RanksTimeout: time.Minute, Notice: func(s string) { said = append(said, s) }}
		if _, err := Start(t.Context(), c, o); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(said, want) {
			t.Errorf("%q", said)
		}
		sameFolders(t, one, out)
	}
	if _, err := Start(t.Context(), c, train.Options{Out: filepath.Join(dir, "profile"), Ranks: 2, Profile: true}); !train.IsUsage(err) {
		t.Errorf("a profile: %v", err)
	}
}

// asTeam does something as rank 0 of processes, which are goroutines here.
func asTeam(t *testing.T, ranks int, lead func(o train.Options) error) {
	t.Helper()
	group := comm.NewGroup(ranks, time.Minute)
	errs := make([]error, ranks)
	var all sync.WaitGroup
	for r := 1; r < ranks; r++ {
		all.Go(func() { errs[r] = Follow(group.Rank(r)) })
	}
	errs[0] = lead(train.Options{Team: group.Rank(0)})
	group.End()
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// A run whose ranks are processes writes the folder of a run alone. It is stopped, and goes on with another number of ranks, whose
// state and, in a run that starts from another one, first parameters are those that rank 0 sends.
func TestTeamWritesTheFolderOfOne(t *testing.T) {
	from := originOf(t)
	c := load(t, short(from, "train.batch=5"))
	one, team := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "team")
	if _, err := Start(t.Context(), c, train.Options{Out: one}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	asTeam(t, 3, func(o train.Options) error {
		o.Out, o.Progress = team, func(s train.Status) {
			if s.Update == 2 {
				stop()
			}
		}
		r, err := Start(ctx, c, o)
		if err == nil && !r.Interrupted {
			err = errors.New("not interrupted")
		}
		return err
	})
	if err := os.RemoveAll(from); err != nil {
		t.Fatal(err)
	}
	asTeam(t, 2, func(o train.Options) error {
		_, err := Resume(t.Context(), team, Sources{}, o)
		return err
	})
	sameFolders(t, one, team)
}

// A rank that cannot read the set is named, and no folder is left.
func TestTeamWithoutTheSet(t *testing.T) {
	dir := images(t, 4)
	src := small()
	src.Data = dir
	c := load(t, src)
	out := filepath.Join(t.TempDir(), "out")
	group := comm.NewGroup(2, time.Minute)
	errs := make(chan error)
	go func() {
		errs <- crew.Follow(group.Rank(1), func(config []byte, p crew.Place, o train.Options) (*rank, error) {
			return openTold(bytes.ReplaceAll(config, []byte(dir), []byte("/elsewhere")), p, o)
		})
	}()
	_, err := Start(t.Context(), c, train.Options{Out: out, Team: group.Rank(0)})
	group.End()
	if other := <-errs; other != nil || !train.IsUsage(err) || !strings.Contains(err.Error(), "rank 1 (") || !strings.Contains(err.Error(), "/elsewhere") {
		t.Errorf("%v, rank 1: %v", err, other)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("there is a folder")
	}
}
