package maddpg

import (
	_ "embed"
	"maps"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/replay"
)

//go:embed config.go
var configSource string

// Config is the section of MADDPG. The paper has no bonus for entropy; alpha > 0 adds one.
type Config struct {
	replay.Settings   `yaml:",inline"`
	marl.CriticConfig `yaml:",inline"`
	marl.ActorConfig  `yaml:",inline"`
	// Temperature of the softmax that relaxes an action: low is close to one-hot, and its gradient noisy.
	Temperature float64 `yaml:"temperature"`
	// TemperatureFinal is what temperature reaches linearly at the last update.
	TemperatureFinal float64 `yaml:"temperature_final"`
}

// Defaults implements marl.Algorithm.
func (Algorithm) Defaults(*marl.Config) marl.Section {
	return &Config{
		Settings: replay.Defaults(), CriticConfig: marl.DefaultCritic(), ActorConfig: marl.DefaultActor(0, 0),
		Temperature: 1, TemperatureFinal: 1,
	}
}

// Check implements marl.Section.
func (c *Config) Check(v *setting.Checker, shared *marl.Config) {
	c.Settings.Check(v, shared)
	c.CriticConfig.Check(v)
	c.ActorConfig.Check(v)
	v.Positive("temperature", c.Temperature)
	v.Positive("temperature_final", c.TemperatureFinal)
}

// Docs implements marl.Section.
func (c *Config) Docs() map[string]string {
	docs := marl.NetDocs(configSource, "Config")
	maps.Copy(docs, replay.Docs())
	return docs
}
