package replay

import (
	_ "embed"
	"fmt"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl"
)

//go:embed settings.go
var source string

// Settings are those of every off-policy algorithm. Sections of algorithms inline them.
type Settings struct {
	// UpdatesPerIteration U updates follow the slots of an iteration; the run ends at a whole iteration.
	UpdatesPerIteration int `yaml:"updates_per_iteration"`
	// Batch B joint transitions make a minibatch.
	Batch int `yaml:"batch"`
	// Replay is the capacity in joint transitions; below 2^24. One takes about
	// 4 A (2 O + 2 U + 3) bytes: 20,000 with 30 agents take about a quarter of a GB.
	Replay int `yaml:"replay"`
	// Polyak is the fraction by which each update moves the target networks to the online ones, in (0, 1].
	Polyak float64 `yaml:"polyak"`
}

// Defaults returns the defaults.
func Defaults() Settings {
	return Settings{UpdatesPerIteration: 1, Batch: 64, Replay: 20000, Polyak: 0.005}
}

// Check gives the checker every setting that is not allowed.
func (c *Settings) Check(v *setting.Checker, shared *marl.Config) {
	v.AtLeast("updates_per_iteration", c.UpdatesPerIteration, 1)
	v.AtLeast("batch", c.Batch, 1)
	v.AtLeast("replay", c.Replay, shared.Worlds)
	v.Require(c.Replay < marl.MaxRows, "replay", c.Replay, fmt.Sprintf("below %d", marl.MaxRows))
	v.For(marl.SharedSection).Require(shared.Worlds < 1 || shared.WarmupSlots <= max(c.Replay/shared.Worlds, 1), "warmup_slots", shared.WarmupSlots,
		fmt.Sprintf("at most replay / worlds = %d / %d, so that the replay holds the warm-up", c.Replay, shared.Worlds))
	v.Require(c.Polyak > 0 && c.Polyak <= 1, "polyak", c.Polyak, "0 < polyak <= 1")
}

// UpdatesAfter implements marl.Section.
func (c *Settings) UpdatesAfter(*marl.Config) int { return c.UpdatesPerIteration }

// Docs returns the doc comments of the settings by key.
func Docs() map[string]string { return setting.StructDocs(source, "Settings") }
