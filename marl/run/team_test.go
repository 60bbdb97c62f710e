package run

import (
	"context"
	"errors"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/nn/train"
)

// asTeam does something as rank 0 of processes, which are goroutines here, and returns the errors of the others and its own.
func asTeam(ranks int, lead func(o train.Options) error) (others []error, err error) {
	group := comm.NewGroup(ranks, time.Minute)
	others = make([]error, ranks-1)
	var all sync.WaitGroup
	for r := range others {
		all.Go(func() { others[r] = Follow(group.Rank(r + 1)) })
	}
	err = lead(train.Options{Team: group.Rank(0)})
	group.End()
	all.Wait()
	return others, err
}

// A run whose ranks are processes writes the folder of a run alone. It stops by a signal, goes on with another number of ranks and
// their state from rank 0 alone, and ends with the same bytes.
func TestTeamWritesTheFolderOfOne(t *testing.T) {
	c := shortRun(t)
	c.Train.CheckpointEvery = 1
	t.Chdir(t.TempDir())
	if _, err := Train(t.Context(), c, train.Options{Out: "one"}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	others, err := asTeam(3, func(o train.Options) error {
		o.Out, o.Progress = "team", func(s train.Status) {
			if s.Update == 0 { // after the first evaluation
				stop()
			}
		}
		r, err := Train(ctx, c, o)
		if !r.Interrupted || r.Table != nil {
			err = errors.Join(err, errors.New("not interrupted"))
		}
		return err
	})
	if err := errors.Join(append(others, err)...); err != nil {
		t.Fatal(err)
	}
	others, err = asTeam(2, func(o train.Options) error {
		_, err := Resume(t.Context(), "team", Sources{}, o)
		return err
	})
	if err := errors.Join(append(others, err)...); err != nil {
		t.Fatal(err)
	}
	sameFolders(t, "one", "team")
}

// A run that does not begin leaves no folder, and ends the other processes in good order.
func TestTeamThatDoesNotBegin(t *testing.T) {
	c := shortRun(t)
	t.Chdir(t.TempDir())
	if err := os.WriteFile("file", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(c *Config, o *train.Options){
		"before ranks are asked": func(c *Config, o *train.Options) { o.Out = "file" },
		"for several ranks":      func(c *Config, o *train.Options) { o.Profile = true },
		"on all ranks":           func(c *Config, o *train.Options) { c.Train.Backend = "none" },
	} {
		t.Run(name, func(t *testing.T) {
			c := *c
			others, err := asTeam(2, func(o train.Options) error {
				o.Out = "new"
				change(&c, &o)
				_, err := Train(t.Context(), &c, o)
				return err
			})
			if err == nil || others[0] != nil {
				t.Errorf("rank 0: %v, rank 1: %v", err, others[0])
			}
			if _, err := os.Stat("new"); err == nil {
				t.Error("there is a folder")
			}
		})
	}
}

// Every rank plans what it takes for exchanges with others, and one that has too little memory for them is named.
func TestExchangesArePlannedOnEveryRank(t *testing.T) {
	c := shortRun(t)
	c.Train.Worlds, c.Train.SlotsPerIteration = 16, 1000 // a rollout that is larger than what else changes meanwhile
	ranks, err := openCrew(c, train.Options{Ranks: 2})
	if err != nil {
		t.Fatal(err)
	}
	other := ranks.Here()[1]
	arena, exchanges := other.Memory().Bytes(), train.Memory{Parts: other.ExchangeMemory()}.Bytes()
	if err := ranks.Close(); err != nil {
		t.Fatal(err)
	}
	var heap runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&heap)
	const reserve = 16 << 20 // of package limit
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(int64(heap.HeapAlloc) + reserve + arena + exchanges/2))
	others, err := asTeam(2, func(o train.Options) error {
		o.Out = t.TempDir() + "/new"
		_, err := Train(t.Context(), c, o)
		return err
	})
	want := regexp.MustCompile(`^rank 1 \(.*\): the run needs [0-9.]+ MB of memory and .* are for the rollout on its way between ranks: lower train.worlds or train.slots_per_iteration$`)
	if err == nil || !want.MatchString(err.Error()) || !train.IsUsage(err) || others[0] != nil {
		t.Errorf("rank 0: %v, rank 1: %v", err, others[0])
	}
}
