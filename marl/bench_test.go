package marl_test

import (
	"flag"
	"os"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/amarl"
	"github.com/gmel-go/gmel/sim"
)

var (
	threads  = flag.Int("threads", 0, "threads of the benchmarks; 0 = all")
	ofBatch  = flag.Int("batch", 0, "minibatch of the benchmarks; 0 = default")
	profiled = flag.Bool("profile", false, "print the time of every op of the update")
)

// defaultTrainer is a trainer of the preset at default sizes with a filled replay.
func defaultTrainer(b *testing.B, change func(*amarl.Config)) *marl.Trainer {
	b.Helper()
	c := marl.DefaultOf("amarl")
	own := c.Own.(*amarl.Config)
	own.Replay, c.WarmupSlots = 5000, 60
	if *ofBatch > 0 {
		own.Batch = *ofBatch
	}
	if change != nil {
		change(own)
	}
	s, err := sim.Preset("paper")
	if err != nil {
		b.Fatal(err)
	}
	w, err := sim.New(s, c.Worlds, marl.Split(1, marl.StreamWorld))
	if err != nil {
		b.Fatal(err)
	}
	backend, err := kernels.Open("auto", kernels.Options{Threads: *threads, Profile: *profiled})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { backend.Close() })
	t, err := marl.NewTrainer(c, marl.Offloading(w), backend, 1)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { t.Close() })
	if err := t.WarmUp(b.Context()); err != nil {
		b.Fatal(err)
	}
	return t
}

// One update at default sizes: B joint transitions of 30 IEDs.
func BenchmarkUpdate(b *testing.B) {
	for name, change := range map[string]func(*amarl.Config){
		"resampled": func(c *amarl.Config) { c.ActorActions = amarl.ActionsResampled },
		"replayed":  func(c *amarl.Config) { c.ActorActions = amarl.ActionsReplayed },
		"uniform":   func(c *amarl.Config) { c.Attention = false },
	} {
		b.Run(name, func(b *testing.B) {
			t := defaultTrainer(b, change)
			b.ResetTimer()
			for range b.N {
				if err := t.Session().Run(t.UpdateProgram()); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			writeProfile(b, t)
		})
	}
}

// writeProfile prints the time of every op of the update, if a flag asks for it.
func writeProfile(b *testing.B, t *marl.Trainer) {
	f, ok := t.Profile(t.UpdateProgram())
	if !ok {
		return
	}
	if err := f.Write(os.Stdout, t.UpdateProgram(), 0); err != nil {
		b.Fatal(err)
	}
}

// One slot of the rollout in all worlds: act, step, replay.
func BenchmarkSlot(b *testing.B) {
	t := defaultTrainer(b, nil)
	b.ResetTimer()
	for range b.N {
		if err := t.Rollout(); err != nil {
			b.Fatal(err)
		}
	}
}

// The moments of the replay's rewards, once per iteration.
func BenchmarkPrepare(b *testing.B) {
	t := defaultTrainer(b, func(c *amarl.Config) { c.Replay = 50000 })
	b.ResetTimer()
	for range b.N {
		if err := t.Prepare(); err != nil {
			b.Fatal(err)
		}
	}
}
