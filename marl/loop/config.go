package loop

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/classify"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/diffusion/fit"
	diffusionrun "github.com/gmel-go/gmel/nn/diffusion/run"
	"github.com/gmel-go/gmel/nn/unet"
	"github.com/gmel-go/gmel/sim"
)

//go:embed config.go
var configSource string

// Config has all settings of a loop. It is read from YAML, strictly: unknown keys are errors. Omitted keys keep their default.
type Config struct {
	// Seed is the first seed. From it all random numbers are derived: which images a station has, models, classifiers, worlds.
	Seed uint64 `yaml:"seed"`
	// Seeds is the number of seeds, Seed and those after it. Intervals are over seeds.
	Seeds int `yaml:"seeds"`

	Data       diffusionrun.Data `yaml:"-"`
	Stations   Stations          `yaml:"-"`
	Generator  Generator         `yaml:"-"`
	Classifier Classifier        `yaml:"-"`
	World      World             `yaml:"-"`
	Policies   Policies          `yaml:"-"`
}

// Stations is the section stations: who owns which images. There is a station for each ES.
type Stations struct {
	// Missing are the classes that stations lack: station i lacks number i, from the first again when there are more stations. []: as many
	// as there are stations, but two classes fewer than there are; those with the fewest images.
	Missing []string `yaml:"missing"`
	// Rare is the number of images that each station has of each of these classes, but of the one that it lacks.
	Rare int `yaml:"rare"`
	// Common is the number of images that each station has of each other class; 0: an equal part of all there are.
	Common int `yaml:"common"`
	// Base is the number of IEDs of a base, which pool what arrives and train one classifier. The IEDs of a station are its bases, in the
	// order of their numbers; the last base may be smaller.
	Base int `yaml:"base"`
}

// Generator is the section generator: the diffusion model, trained by federated averaging, and how samples are drawn.
type Generator struct {
	// Model is xs, s, m or l, as in gmel diffusion train.
	Model string `yaml:"model"`
	// Rounds of federated averaging.
	Rounds int `yaml:"rounds"`
	// LocalUpdates are those of an ES in a round.
	LocalUpdates int `yaml:"local_updates"`
	// Batch is the number of images of an update.
	Batch int `yaml:"batch"`
	// LR is Adam's learning rate after the warm-up. It falls to zero along half a cosine.
	LR float64 `yaml:"lr"`
	// WarmUp is the number of updates in which the learning rate rises.
	WarmUp int `yaml:"warm_up"`
	// EMA is the decay, in one update, of the average of the parameters from which samples are drawn.
	EMA float64 `yaml:"ema"`
	// Dropout is the probability of dropout in every residual block.
	Dropout float64 `yaml:"dropout"`
	// Sampler is ddim, heun, ipndm, dpm++, unipc or ddpm.
	Sampler string `yaml:"sampler"`
	// Steps are those of a sample. They are read only where the scenario has no services; else IEDs choose the steps.
	Steps int `yaml:"steps"`
	// Samples of a task; 0: as many as it pays for, floor(S / steps) of a task of S evaluations of the network.
	Samples int `yaml:"samples"`
}

// Classifier is the section classifier.
type Classifier struct {
	// Updates of a training.
	Updates int `yaml:"updates"`
	// Batch is the number of images of an update. All classes are drawn equally often.
	Batch int `yaml:"batch"`
	// Shift moves images by up to this number of pixels either way; they are mirrored as data.flip_x and data.flip_y say.
	Shift int `yaml:"shift"`
	// Pooled takes the largest of every two by two pixels where the network else moves by two: it sees a small defect far better.
	Pooled bool `yaml:"pooled"`
	// Levels are the numbers of samples in stock at which a base trains anew, ascending.
	Levels []int `yaml:"levels"`
	// StepShares is used where IEDs choose the steps: the share that samples of a number of steps have in a stock is rounded to one of this
	// number of equal parts, so that there are few stocks to train with. Up to this number of samples, stocks are as they are.
	StepShares int `yaml:"step_shares"`
	// Targets are shares of the rare-class F1 that the ideal edge has at its end; reported is when a policy first has each.
	Targets []float64 `yaml:"targets"`
}

// World is the section world: the edge.
type World struct {
	// Scenario is a preset, PRESET:N or a file.
	Scenario string `yaml:"scenario"`
	// IEDs is their number; 0: that of the scenario.
	IEDs int `yaml:"ieds"`
	// Episodes is the number of worlds that every policy plays, an episode each.
	Episodes int `yaml:"episodes"`
}

// Policies is the section policies: who decides where tasks run.
type Policies struct {
	// Rules are heuristics, and policies that know more than an IED can.
	Rules []string `yaml:"rules"`
	// Learn are algorithms. Each is trained on the scenario first, with every seed.
	Learn []string `yaml:"learn"`
	// Updates of such a training.
	Updates int `yaml:"updates"`
	// Runs are folders of trained runs, which play greedily.
	Runs []string `yaml:"runs"`
}

// Default is the configuration of gmel loop without arguments.
func Default() *Config {
	f, k := fit.Defaults(), classify.Defaults()
	c := &Config{
		Seed: 1, Seeds: 3, Data: diffusionrun.Default().Data,
		Stations:   Stations{Rare: 20, Common: 40, Base: 1},
		Generator:  Generator{Model: "xs", Rounds: 20, LocalUpdates: 20, Batch: 16, LR: f.LR, WarmUp: 50, EMA: 0.99, Dropout: 0.1, Sampler: "ipndm", Steps: 5, Samples: 1},
		Classifier: Classifier{Updates: 200, Batch: k.Batch, Shift: 2, Pooled: true, Levels: []int{1, 2, 4, 8, 16, 32}, StepShares: 4, Targets: []float64{0.9, 0.95, 1}},
		World:      World{Scenario: "paper", IEDs: 50, Episodes: 32},
		Policies: Policies{
			Rules: []string{"random", "nearest", "greedy", "softmin", "switch-aware"}, Learn: []string{marl.Default().Algo}, Updates: marl.Default().Updates,
		},
	}
	c.Data.Height, c.Data.Width, c.Data.PerClass, c.Data.HeldOut = 16, 16, 260, 0.35
	return c
}

func (c *Config) sections() []setting.Section {
	docs := func(name string) func() map[string]string {
		return func() map[string]string { return setting.StructDocs(configSource, name) }
	}
	return []setting.Section{
		{Value: c, Docs: docs("Config")},
		c.Data.Section(),
		{Name: "stations", Value: &c.Stations, Doc: "stations says who owns which images.", Docs: docs("Stations")},
		{Name: "generator", Value: &c.Generator, Doc: "generator is the diffusion model.", Docs: docs("Generator")},
		{Name: "classifier", Value: &c.Classifier, Doc: "classifier is that of every station.", Docs: docs("Classifier")},
		{Name: "world", Value: &c.World, Doc: "world is the edge.", Docs: docs("World")},
		{Name: "policies", Value: &c.Policies, Doc: "policies says who decides where tasks run.", Docs: docs("Policies")},
	}
}

// YAML returns every setting with the value in effect; Load reads it back.
func (c *Config) YAML() []byte { return setting.Text(setting.Encode(c.sections()), 4) }

// Commented is YAML with a description above every setting.
func (c *Config) Commented() []byte {
	doc := setting.Encode(c.sections())
	setting.Comment(doc, c.sections())
	return setting.Text(doc, 2)
}

// most bounds sizes, so that products of them do not overflow.
const most = 1 << 16

// Check reports the settings that are not allowed.
func (c *Config) Check(v *setting.Checker) { v.Count("seeds", c.Seeds, 1, 1000) }

// Check reports the settings that are not allowed.
func (s *Stations) Check(v *setting.Checker) {
	v.Count("rare", s.Rare, 1, most)
	v.Count("common", s.Common, 0, most)
	v.Count("base", s.Base, 1, most)
	once(v, "missing", s.Missing)
}

// once requires each entry of a list once.
func once(v *setting.Checker, path string, list []string) {
	for i, name := range list {
		v.Require(!slices.Contains(list[:i], name), fmt.Sprintf("%s[%d]", path, i), name, "each once")
	}
}

// Check reports the settings that are not allowed.
func (g *Generator) Check(v *setting.Checker) {
	images := slices.DeleteFunc(slices.Clone(unet.Presets), func(name string) bool { return name == "1d" })
	v.OneOf("model", g.Model, images...)
	v.Count("rounds", g.Rounds, 1, most)
	v.Count("local_updates", g.LocalUpdates, 1, most)
	v.Expect(g.Rounds*g.LocalUpdates <= 1<<24, "rounds", fmt.Sprintf("%d rounds of %d updates are too many", g.Rounds, g.LocalUpdates), fmt.Sprintf("a product up to %d", 1<<24))
	v.Count("batch", g.Batch, 1, most)
	v.Require(g.LR > 0 && g.LR <= 1, "lr", g.LR, "above 0, up to 1")
	v.Count("warm_up", g.WarmUp, 0, 1<<24)
	v.Require(g.EMA >= 0 && g.EMA < 1, "ema", g.EMA, "from 0, below 1")
	v.Require(g.Dropout >= 0 && g.Dropout < 1, "dropout", g.Dropout, "from 0, below 1")
	v.OneOf("sampler", g.Sampler, slices.DeleteFunc(diffusion.Samplers(), func(name string) bool { return name == "consistency" })...)
	v.Count("steps", g.Steps, 1, 10000)
	v.Count("samples", g.Samples, 0, most)
}

// Check reports the settings that are not allowed.
func (k *Classifier) Check(v *setting.Checker) {
	v.Count("updates", k.Updates, 1, 1<<20)
	v.Count("batch", k.Batch, 1, most)
	v.Count("shift", k.Shift, 0, most)
	v.Require(len(k.Levels) > 0, "levels", k.Levels, "at least one")
	for i, n := range k.Levels {
		v.Require(n > 0 && n <= most && (i == 0 || n > k.Levels[i-1]), fmt.Sprintf("levels[%d]", i), n, fmt.Sprintf("ascending numbers from 1 to %d", most))
	}
	v.Count("step_shares", k.StepShares, 1, most)
	v.Require(len(k.Targets) > 0, "targets", k.Targets, "at least one")
	for i, x := range k.Targets {
		v.Require(x > 0 && x <= 1, fmt.Sprintf("targets[%d]", i), x, "above 0, up to 1")
	}
}

// Check reports the settings that are not allowed.
func (w *World) Check(v *setting.Checker) {
	v.Require(w.Scenario != "", "scenario", w.Scenario, "a preset, PRESET:N or a file")
	v.Count("ieds", w.IEDs, 0, most)
	v.Count("episodes", w.Episodes, 1, most)
}

// Check reports the settings that are not allowed.
func (p *Policies) Check(v *setting.Checker) {
	known := slices.Concat(sim.Policies(), sim.References())
	for i, name := range p.Rules {
		v.OneOf(fmt.Sprintf("rules[%d]", i), name, known...)
	}
	for i, name := range p.Learn {
		v.OneOf(fmt.Sprintf("learn[%d]", i), name, marl.Algorithms()...)
	}
	once(v, "rules", p.Rules)
	once(v, "learn", p.Learn)
	once(v, "runs", p.Runs)
	v.Count("updates", p.Updates, 1, 1<<24)
	v.Expect(len(p.Rules)+len(p.Learn)+len(p.Runs) > 0, "rules", "no policy is named", "at least one in rules, learn or runs")
}
