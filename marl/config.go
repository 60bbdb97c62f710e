package marl

import (
	_ "embed"
	"fmt"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/kernels"
)

// configSource is the text of this file. The doc comments of Config are the only description of the
// settings; commands that print a configuration read them here.
//
//go:embed config.go
var configSource string

// Config has the settings of a training run that all algorithms share, and the settings of one algorithm.
// DefaultOf is the source of the values. Durations are counted in updates.
type Config struct {
	// Algo names the algorithm; its own settings are in the section of that name.
	Algo string `yaml:"algo"`
	// Updates is the length of the run.
	Updates int `yaml:"updates"`
	// Worlds W are stepped together in a rollout.
	Worlds int `yaml:"worlds"`
	// SlotsPerIteration H slots are played before each block of updates: H W joint transitions
	// (all agents of one world in one slot).
	SlotsPerIteration int `yaml:"slots_per_iteration"`
	// WarmupSlots are played in every world before the first update. Observations and rewards are measured
	// on them; a replay keeps them.
	WarmupSlots int `yaml:"warmup_slots"`

	// Gamma discounts, in [0, 1).
	Gamma float64 `yaml:"gamma"`
	// Omega mixes the reward: (1 - omega) r_i + omega times the mean over the agents with a task.
	// The mean makes an agent consider its effect on the others.
	Omega float64 `yaml:"omega"`
	// RewardGroup G > 0: that mean is over about G neighbours instead of all IEDs. IEDs are numbered by
	// their nearest ES (sim.Worlds.NumberByNearest), and neighbours have close numbers, so most of them
	// can use the same ESs. G need not divide the number of IEDs. 0, or a G that is not below the
	// number of IEDs: all. The default is 40 on the preset population, unless the algorithm has an omega of 1
	// or 0, and 0 elsewhere.
	RewardGroup int `yaml:"reward_group"`
	// RewardNeighbourhood is the form of the neighbourhoods of reward_group: "block" cuts the IEDs into blocks
	// of about G consecutive numbers, and all IEDs of a block get its mean; "window" gives each IED the mean
	// over the G numbers around its own (near the ends: the first or last G).
	RewardNeighbourhood string `yaml:"reward_neighbourhood"`
	// Turns R > 1: IEDs decide in R turns of a slot, IED i in turn i mod R, and each sees what the IEDs of earlier
	// turns send to its candidates. R divides the number of IEDs; with R = IEDs one decides after the other. 0 or 1: all
	// decide at once.
	Turns int `yaml:"turns"`
	// TurnValues says what an IED sees at its turn of the worth of its actions: by the rules of the slot, the own reward of each, and
	// what each adds to the value of the slot. "earlier": given the decisions of earlier turns, as the rule in-turn. "all": the
	// controller has the requests of the slot before the first turn, and IEDs of later turns are taken to follow the rule.
	// The policy begins near the action of most value. "none": nothing; amarl needs it. Only read with turns.
	TurnValues string `yaml:"turn_values"`
	// TurnOrder is "data": those with the most data to send decide first, N / R in a turn; or "number": IED i decides in turn
	// i mod R. Only read with turns. Without turn_values the order is "number", and a flag or a plan that sets "data" is refused.
	TurnOrder string `yaml:"turn_order"`
	// NormaliseObs scales every observed feature to mean 0 and standard deviation 1 over the warm-up.
	NormaliseObs bool `yaml:"normalise_obs"`
	// StandardiseReward subtracts the mean of the rewards and divides by their standard deviation, over the
	// whole replay or, for on-policy algorithms, over the warm-up.
	StandardiseReward bool `yaml:"standardise_reward"`
	// LRFinal is the fraction of all learning rates at the last update; the decrease is linear.
	LRFinal float64 `yaml:"lr_final"`
	// MaxNorm clips each network's gradient by its global norm.
	MaxNorm float64 `yaml:"max_norm"`

	// EvalEvery is the number of updates between evaluations; 0: only at the end.
	EvalEvery int `yaml:"eval_every"`
	// EvalEpisodes are played in one evaluation, on fixed seeds.
	EvalEpisodes int `yaml:"eval_episodes"`
	// CheckpointEvery is the number of updates between checkpoints; 0: only at the end.
	CheckpointEvery int `yaml:"checkpoint_every"`
	// LogEvery is the number of updates between reports of the metrics; 0: only at the end.
	LogEvery int `yaml:"log_every"`

	// Backend is "auto", "gpu", "cpu" or "ref". In fp32 results do not depend on it.
	Backend string `yaml:"backend"`
	// Device of the gpu backend, such as "gpu:1"; "": the first. gmel info lists them.
	Device string `yaml:"device"`
	// Precision of the factors of products and convolutions: "fp32" gives the same bits on every
	// backend; "tf32" and "bf16" are coarser and need the gpu backend. Parameters, sums and
	// everything else stay fp32.
	Precision string `yaml:"precision"`
	// Threads of the backend; 0: all cores. Results do not depend on it.
	Threads int `yaml:"threads"`
	// ISA of the cpu backend; "": the best. Results do not depend on it.
	ISA string `yaml:"isa"`

	// Own are the settings of the algorithm; copies of a Config share them.
	Own Section `yaml:"-"`
}

// Section is an algorithm's part of a configuration: a pointer to a struct with yaml keys, as
// internal/setting reads it, that holds the defaults.
type Section interface {
	// Check reports every setting that is not allowed, alone or in combination with the shared ones.
	Check(v *setting.Checker, shared *Config)
	// UpdatesAfter is the number of updates that follow a rollout.
	UpdatesAfter(shared *Config) int
	// Docs are the descriptions of the settings by key.
	Docs() map[string]string
}

// Docs are the descriptions of the shared settings by key.
func Docs() map[string]string { return setting.StructDocs(configSource, "Config") }

// defaultAlgo is the algorithm of a run that names none, and the one that the program knows by name.
const defaultAlgo = "amarl"

// Default returns the defaults of a run that names no algorithm, found on the preset "paper" (30 IEDs) on a CPU.
func Default() Config { return DefaultOf(defaultAlgo) }

// DefaultOf returns the defaults of an algorithm; marl/run changes some for presets. For an algorithm that is
// not linked, Own is nil and Check refuses its name.
func DefaultOf(algo string) Config {
	c := Config{
		Algo:    algo,
		Updates: 10000, Worlds: 32, SlotsPerIteration: 1, WarmupSlots: 32,
		Gamma: 0.8, Omega: 0.95, RewardNeighbourhood: NeighbourhoodBlock, TurnValues: TurnValuesNone, TurnOrder: TurnOrderData, NormaliseObs: true, StandardiseReward: true, LRFinal: 0.1, MaxNorm: 1,
		EvalEvery: 1000, EvalEpisodes: 32, CheckpointEvery: 2500, LogEvery: 100,
		Backend: "auto", Precision: kernels.FP32,
	}
	if a, ok := algorithms[algo]; ok {
		c.Own = a.Defaults(&c)
	}
	return c
}

// UpdatesAtOnce is the number of updates that follow a rollout.
func (c *Config) UpdatesAtOnce() int { return c.Own.UpdatesAfter(c) }

// SharedSection is the name of the shared settings in a run's configuration; those of the algorithm are
// in the section Config.Algo.
const SharedSection = "train"

// Validate returns every field that is out of range, with its value and what is allowed.
func (c *Config) Validate() error {
	v := setting.NewChecker(SharedSection)
	c.Check(v)
	if c.Own != nil {
		c.CheckOwn(v.For(c.Algo))
	}
	return v.Err()
}

// CheckOwn gives the checker every setting of the algorithm's section that is out of range.
func (c *Config) CheckOwn(v *setting.Checker) {
	c.Own.Check(v, c)
	checkInts(v, c.Own)
}

// Check reports every shared setting that is out of range.
func (c *Config) Check(v *setting.Checker) {
	v.OneOf("algo", c.Algo, Algorithms()...)
	v.AtLeast("updates", c.Updates, 1)
	v.Count("worlds", c.Worlds, 1, MaxRows)
	v.Count("slots_per_iteration", c.SlotsPerIteration, 1, MaxRows)
	v.AtLeast("warmup_slots", c.WarmupSlots, 0)
	v.Require(c.WarmupSlots > 0 || !c.NormaliseObs, "warmup_slots", c.WarmupSlots, "at least 1 with normalise_obs, which measures there")
	v.AtLeast("eval_every", c.EvalEvery, 0)
	v.AtLeast("eval_episodes", c.EvalEpisodes, 1)
	v.AtLeast("checkpoint_every", c.CheckpointEvery, 0)
	v.AtLeast("log_every", c.LogEvery, 0)
	v.Require(c.Gamma >= 0 && c.Gamma < 1, "gamma", c.Gamma, "0 <= gamma < 1")
	v.Between("omega", c.Omega, 0, 1)
	v.Require(c.RewardGroup == 0 || c.RewardGroup > 1, "reward_group", c.RewardGroup, "0 for all, or at least 2")
	v.OneOf("reward_neighbourhood", c.RewardNeighbourhood, NeighbourhoodBlock, NeighbourhoodWindow)
	turns, allowed := c.allowedTurns()
	v.Require(turns, "turns", c.Turns, allowed)
	v.OneOf("turn_values", c.TurnValues, TurnValuesNone, TurnValuesEarlier, TurnValuesAll)
	v.OneOf("turn_order", c.TurnOrder, TurnOrderData, TurnOrderNumber)
	v.Require(c.LRFinal >= 0 && c.LRFinal <= 1, "lr_final", c.LRFinal, "0 to 1, a share of the first step")
	v.Positive("max_norm", c.MaxNorm)
	v.OneOf("precision", c.Precision, kernels.Precisions()...)
	v.AtLeast("threads", c.Threads, 0)
	v.Require(c.Threads <= maxThreads, "threads", c.Threads, fmt.Sprintf("at most %d", maxThreads))
	checkInts(v, c)
}

// maxThreads is more than the number of cores of any machine: a guard against typing errors.
const maxThreads = 1024

// MaxRows is the maximum size of a memory in joint transitions: row indices are float32 on the device, exact to 2^24.
const MaxRows = 1 << 24
