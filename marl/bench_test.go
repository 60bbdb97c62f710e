package marl

import "testing"

// defaultTrainer is a trainer of the preset at default sizes with a filled replay.
func defaultTrainer(b *testing.B, change func(*Config)) *Trainer {
	b.Helper()
	c := Default()
	c.Replay, c.WarmupSlots = 5000, 60
	if change != nil {
		change(&c)
	}
	t := paperTrainer(b, c, 1)
	if err := t.WarmUp(b.Context()); err != nil {
		b.Fatal(err)
	}
	return t
}

// One update at default sizes: B joint transitions of 30 IEDs.
func BenchmarkUpdate(b *testing.B) {
	for name, change := range map[string]func(*Config){
		"resampled": func(c *Config) { c.ActorActions = ActionsResampled },
		"replayed":  func(c *Config) { c.ActorActions = ActionsReplayed },
		"uniform":   func(c *Config) { c.Attention = false },
	} {
		b.Run(name, func(b *testing.B) {
			t := defaultTrainer(b, change)
			b.ResetTimer()
			for range b.N {
				if err := t.learner.session.Run(t.learner.update); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// One slot of the rollout in all worlds: act, step, replay.
func BenchmarkSlot(b *testing.B) {
	t := defaultTrainer(b, nil)
	b.ResetTimer()
	for range b.N {
		if err := t.slot(); err != nil {
			b.Fatal(err)
		}
	}
}

// The moments of the replay's rewards, once per iteration.
func BenchmarkPrepare(b *testing.B) {
	t := defaultTrainer(b, func(c *Config) { c.Replay = 50000 })
	b.ResetTimer()
	for range b.N {
		if err := t.learner.session.Run(t.learner.prepare); err != nil {
			b.Fatal(err)
		}
	}
}
