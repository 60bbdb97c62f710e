package marl

import (
	_ "embed"
	"fmt"
	"reflect"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/kernels"
)

// Values of Config.Algo.
const (
	// AlgoAMARL learns off-policy from a replay (Iqbal & Sha 2019).
	AlgoAMARL = "amarl"
	// AlgoPPO learns on-policy from rollouts, with the same critic for the values of states.
	AlgoPPO = "amarl-ppo"
)

// Values of Config.ActorLoss.
const (
	// ActorClosedForm sums over the actions: sum_a pi (alpha log pi - Q).
	ActorClosedForm = "closed-form"
	// ActorSampled is the score function of the resampled action with the counterfactual
	// baseline b_i = sum_a pi Q (Iqbal & Sha 2019, eq. 8); equal in expectation, noisier.
	ActorSampled = "sampled"
)

// Values of Config.TargetValue.
const (
	// TargetSampled takes Q - alpha log pi of the action that the target policy sampled.
	TargetSampled = "sampled"
	// TargetExpected takes the expectation over the own action, sum_a pi (Q - alpha log pi);
	// the others' actions stay sampled. Same mean, less variance.
	TargetExpected = "expected"
)

// Values of Config.ActorActions.
const (
	// ActionsResampled draws all agents' actions from the current policy before the critic is
	// asked about them (Iqbal & Sha 2019, section 3.2).
	ActionsResampled = "resampled"
	// ActionsReplayed takes the others' from the minibatch, which saves the critic's second
	// forward pass: the actor learns from the Q that the critic's update has just computed. It
	// answers to what the others used to do: as good in the offloading game, where nobody's
	// choice hangs on one other's, worse where agents must switch together (game_test.go).
	ActionsReplayed = "replayed"
)

// ConfigSource is the text of this file: the doc comments of Config are the one description of
// the settings, and what prints a configuration reads them here.
//
//go:embed config.go
var ConfigSource string

// Config is everything that a training run can set, and DefaultOf the only source of
// the values. Durations are counted in updates (one Adam step of critic and actor).
// A field with the tag algo belongs to that algorithm: another one refuses it.
type Config struct {
	// Algo is "amarl", off-policy from a replay, or "amarl-ppo", on-policy from rollouts.
	Algo string `yaml:"algo"`
	// Updates ends the run.
	Updates int `yaml:"updates"`
	// Worlds W are stepped together in a rollout.
	Worlds int `yaml:"worlds"`
	// SlotsPerIteration H slots are played before each block of updates. amarl-ppo learns from these
	// H W joint transitions (all agents of one world in one slot) and forgets them.
	SlotsPerIteration int `yaml:"slots_per_iteration"`
	// UpdatesPerIteration U updates follow them; the run ends at a whole iteration. amarl only.
	UpdatesPerIteration int `yaml:"updates_per_iteration" algo:"amarl"`
	// Batch B joint transitions make a minibatch. amarl only.
	Batch int `yaml:"batch" algo:"amarl"`
	// Epochs E: every joint transition of a rollout is learned from so often. amarl-ppo only.
	Epochs int `yaml:"epochs" algo:"amarl-ppo"`
	// Minibatches M of H W / M joint transitions make an epoch, each an update, in an order drawn anew
	// for every epoch; M divides H W, and E M updates follow a rollout. amarl-ppo only.
	Minibatches int `yaml:"minibatches" algo:"amarl-ppo"`
	// Replay is the capacity in joint transitions; below 2^24. One takes about
	// 4 A (2 O + 2 U + 3) bytes: 20,000 of 30 agents are about a quarter of a GB. amarl only.
	Replay int `yaml:"replay" algo:"amarl"`
	// WarmupSlots are played in every world before the first update. amarl keeps them in the replay,
	// amarl-ppo only measures observations and rewards on them.
	WarmupSlots int `yaml:"warmup_slots"`

	// Gamma discounts, in [0, 1).
	Gamma float64 `yaml:"gamma"`
	// Polyak moves the target networks by this share per update, in (0, 1]. amarl only.
	Polyak float64 `yaml:"polyak" algo:"amarl"`
	// GAELambda is the lambda of generalised advantages, 0 to 1: 0 trusts the critic alone. amarl-ppo only.
	GAELambda float64 `yaml:"gae_lambda" algo:"amarl-ppo"`
	// Clip eps: the objective stops to reward a change of an action's probability beyond the factors
	// 1 - eps and 1 + eps; in (0, 1). amarl-ppo only.
	Clip float64 `yaml:"clip" algo:"amarl-ppo"`
	// Alpha weighs the entropy: in units of the (standardised) reward, and of the normalised advantage
	// for amarl-ppo.
	Alpha float64 `yaml:"alpha"`
	// AlphaFinal is reached linearly at the last update; equal to Alpha: constant.
	AlphaFinal float64 `yaml:"alpha_final"`
	// Omega mixes the reward: (1 - omega) r_i + omega mean of the agents with a task.
	// It makes an agent feel what it does to the others.
	Omega float64 `yaml:"omega"`
	// NormaliseObs brings every observed feature to mean 0 and deviation 1 over the warm-up.
	NormaliseObs bool `yaml:"normalise_obs"`
	// StandardiseReward divides by a standard deviation after subtracting a mean: those of the whole
	// replay, or for amarl-ppo those of the warm-up.
	StandardiseReward bool `yaml:"standardise_reward"`

	// Hidden H is the width of the critic, divisible by Heads.
	Hidden int `yaml:"hidden"`
	// Heads h of the attention.
	Heads int `yaml:"heads"`
	// ActorHidden is the width of the actor's two hidden layers.
	ActorHidden int `yaml:"actor_hidden"`
	// Attention false gives every other agent the same weight 1/(N-1): the ablation.
	Attention bool `yaml:"attention"`
	// Neighbours G > 0: the IEDs of a world, numbered by their nearest ES (sim.Worlds.NumberByNearest), are cut
	// into groups of G, and attention is inside of groups, which costs A G instead of A A. G divides the number of
	// IEDs. 0: everyone attends to everyone.
	Neighbours int `yaml:"neighbours"`
	// CriticIdle keeps agents without a decision in the critic's loss (see the package).
	CriticIdle bool `yaml:"critic_idle"`
	// TargetValue is "sampled" or "expected". amarl only.
	TargetValue string `yaml:"target_value" algo:"amarl"`
	// ActorLoss is "closed-form" or "sampled". amarl only.
	ActorLoss string `yaml:"actor_loss" algo:"amarl"`
	// ActorActions is "resampled" or "replayed". amarl only.
	ActorActions string `yaml:"actor_actions" algo:"amarl"`
	// AttentionPenalty weighs the mean squared attention logit in the critic's loss.
	AttentionPenalty float64 `yaml:"attention_penalty"`
	// LogitPenalty weighs the mean squared policy logit in the actor's loss.
	LogitPenalty float64 `yaml:"logit_penalty"`

	// LRCritic is the critic's Adam step.
	LRCritic float64 `yaml:"lr_critic"`
	// LRActor is the actor's Adam step.
	LRActor float64 `yaml:"lr_actor"`
	// LRFinal is the share of both steps that is left at the last update, reached linearly.
	LRFinal float64 `yaml:"lr_final"`
	// MaxNorm clips each network's gradient by its global norm.
	MaxNorm float64 `yaml:"max_norm"`

	// EvalEvery updates an evaluation is due; 0: only at the end.
	EvalEvery int `yaml:"eval_every"`
	// EvalEpisodes of one evaluation, on fixed seeds.
	EvalEpisodes int `yaml:"eval_episodes"`
	// CheckpointEvery updates a checkpoint is due; 0: only at the end.
	CheckpointEvery int `yaml:"checkpoint_every"`
	// LogEvery updates the metrics are reported; 0: only at the end.
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
}

// Default returns the defaults, found on the preset "paper" (30 IEDs) on a CPU.
func Default() Config {
	return Config{
		Algo:    AlgoAMARL,
		Updates: 10000, Worlds: 32, SlotsPerIteration: 1, UpdatesPerIteration: 1,
		Batch: 64, Replay: 20000, WarmupSlots: 32, Epochs: 4, Minibatches: 16,

		Gamma: 0.8, GAELambda: 0.9, Clip: 0.2, Polyak: 0.005, Alpha: 0.1, AlphaFinal: 0.01, Omega: 0.95, NormaliseObs: true, StandardiseReward: true,

		Hidden: 64, Heads: 4, ActorHidden: 64, Attention: true, CriticIdle: true,
		TargetValue: TargetSampled, ActorLoss: ActorClosedForm, ActorActions: ActionsReplayed,
		AttentionPenalty: 1e-3, LogitPenalty: 1e-3,

		LRCritic: 2e-3, LRActor: 2e-3, LRFinal: 0.1, MaxNorm: 1,

		EvalEvery: 1000, EvalEpisodes: 32, CheckpointEvery: 2500, LogEvery: 100,

		Backend: "auto", Precision: kernels.FP32,
	}
}

// DefaultOf returns the defaults of an algorithm, those of Default for an unknown one.
func DefaultOf(algo string) Config {
	c := Default()
	if algo == AlgoPPO {
		c.Algo = algo
		c.Worlds, c.SlotsPerIteration, c.WarmupSlots = 64, 32, 32
		c.Alpha, c.AlphaFinal = 0.02, 0.002
	}
	return c
}

// Belongs returns the algorithm that alone has the setting of a key; "": all have it.
func Belongs(key string) string {
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		if f := t.Field(i); f.Tag.Get("yaml") == key {
			return f.Tag.Get("algo")
		}
	}
	return ""
}

// UpdatesAtOnce is the number of updates that follow a rollout.
func (c *Config) UpdatesAtOnce() int {
	if c.Algo == AlgoPPO {
		return c.Epochs * c.Minibatches
	}
	return c.UpdatesPerIteration
}

// minibatch is the number of joint transitions of an update.
func (c *Config) minibatch() int {
	if c.Algo == AlgoPPO {
		return c.Worlds * c.SlotsPerIteration / c.Minibatches
	}
	return c.Batch
}

// group is the number of agents that attend to each other, of A in a world.
func (c *Config) group(agents int) int {
	if c.Neighbours > 0 {
		return c.Neighbours
	}
	return agents
}

// Section is the name of Config in a run's configuration.
const Section = "train"

// Validate returns every field that is out of range, with its value and what is allowed.
func (c *Config) Validate() error {
	v := setting.NewChecker(Section)
	c.Check(v)
	return v.Err()
}

// Check gives the checker every field that is out of range.
func (c *Config) Check(v *setting.Checker) {
	v.OneOf("algo", c.Algo, AlgoAMARL, AlgoPPO)
	c.validateForeign(v)
	c.validateSchedule(v)
	if c.Algo == AlgoPPO {
		c.validateRollout(v)
	} else {
		c.validateReplay(v)
	}
	c.validateLearning(v)
	c.validateNetworks(v)
}

// validateForeign refuses settings of another algorithm: only their default is no setting.
func (c *Config) validateForeign(v *setting.Checker) {
	own, plain := reflect.ValueOf(*c), reflect.ValueOf(DefaultOf(c.Algo))
	for i := range own.NumField() {
		tag := own.Type().Field(i).Tag
		if algo := tag.Get("algo"); algo != "" && algo != c.Algo && !own.Field(i).Equal(plain.Field(i)) {
			v.Require(false, tag.Get("yaml"), own.Field(i).Interface(), fmt.Sprintf("nothing: it is a setting of train.algo %s, and this run has %s", algo, c.Algo))
		}
	}
}

// validateReplay checks what only amarl has.
func (c *Config) validateReplay(v *setting.Checker) {
	v.AtLeast("updates_per_iteration", c.UpdatesPerIteration, 1)
	v.AtLeast("batch", c.Batch, 1)
	v.AtLeast("replay", c.Replay, c.Worlds)
	v.Require(c.Replay < maxReplay, "replay", c.Replay, fmt.Sprintf("below %d", maxReplay))
	v.Require(c.Worlds < 1 || c.WarmupSlots <= max(c.Replay/c.Worlds, 1), "warmup_slots", c.WarmupSlots,
		fmt.Sprintf("at most replay / worlds = %d / %d, so that the replay holds the warm-up", c.Replay, c.Worlds))
	v.Require(c.Polyak > 0 && c.Polyak <= 1, "polyak", c.Polyak, "0 < polyak <= 1")
	v.OneOf("target_value", c.TargetValue, TargetSampled, TargetExpected)
	v.OneOf("actor_loss", c.ActorLoss, ActorClosedForm, ActorSampled)
	v.OneOf("actor_actions", c.ActorActions, ActionsResampled, ActionsReplayed)
}

// validateRollout checks what only amarl-ppo has.
func (c *Config) validateRollout(v *setting.Checker) {
	rows := c.Worlds * c.SlotsPerIteration
	v.AtLeast("epochs", c.Epochs, 1)
	v.AtLeast("minibatches", c.Minibatches, 1)
	v.Require(rows < maxReplay, "slots_per_iteration", c.SlotsPerIteration, fmt.Sprintf("worlds * slots_per_iteration below %d", maxReplay))
	v.Require(c.Minibatches < 1 || rows%c.Minibatches == 0, "minibatches", c.Minibatches,
		fmt.Sprintf("a divisor of worlds * slots_per_iteration = %d", rows))
	v.Require(c.WarmupSlots <= c.SlotsPerIteration, "warmup_slots", c.WarmupSlots,
		fmt.Sprintf("at most slots_per_iteration = %d", c.SlotsPerIteration))
	v.Require(c.WarmupSlots > 0 || !c.StandardiseReward, "warmup_slots", c.WarmupSlots, "at least 1 with standardise_reward, which measures there")
	v.Between("gae_lambda", c.GAELambda, 0, 1)
	v.Require(c.Clip > 0 && c.Clip < 1, "clip", c.Clip, "0 < clip < 1")
}

func (c *Config) validateSchedule(v *setting.Checker) {
	v.AtLeast("updates", c.Updates, 1)
	v.AtLeast("worlds", c.Worlds, 1)
	v.AtLeast("slots_per_iteration", c.SlotsPerIteration, 1)
	v.AtLeast("warmup_slots", c.WarmupSlots, 0)
	v.Require(c.Threads <= maxThreads, "threads", c.Threads, fmt.Sprintf("at most %d", maxThreads))
	v.Require(c.WarmupSlots > 0 || !c.NormaliseObs, "warmup_slots", c.WarmupSlots, "at least 1 with normalise_obs, which measures there")
	v.AtLeast("eval_every", c.EvalEvery, 0)
	v.AtLeast("eval_episodes", c.EvalEpisodes, 1)
	v.AtLeast("checkpoint_every", c.CheckpointEvery, 0)
	v.AtLeast("log_every", c.LogEvery, 0)
	v.AtLeast("threads", c.Threads, 0)
}

func (c *Config) validateLearning(v *setting.Checker) {
	v.Require(c.Gamma >= 0 && c.Gamma < 1, "gamma", c.Gamma, "0 <= gamma < 1")
	v.NotNegative("alpha", c.Alpha)
	v.NotNegative("alpha_final", c.AlphaFinal)
	v.Between("omega", c.Omega, 0, 1)
	v.Positive("lr_critic", c.LRCritic)
	v.Positive("lr_actor", c.LRActor)
	v.Require(c.LRFinal >= 0 && c.LRFinal <= 1, "lr_final", c.LRFinal, "0 to 1, a share of the first step")
	v.Positive("max_norm", c.MaxNorm)
	v.NotNegative("attention_penalty", c.AttentionPenalty)
	v.NotNegative("logit_penalty", c.LogitPenalty)
}

func (c *Config) validateNetworks(v *setting.Checker) {
	v.AtLeast("hidden", c.Hidden, 1)
	v.AtLeast("heads", c.Heads, 1)
	v.Require(c.Neighbours == 0 || c.Neighbours > 1, "neighbours", c.Neighbours, "0 for everyone, or at least 2")
	v.AtLeast("actor_hidden", c.ActorHidden, 1)
	v.OneOf("precision", c.Precision, kernels.Precisions()...)
	v.Require(c.Heads < 1 || c.Hidden%c.Heads == 0, "hidden", c.Hidden, fmt.Sprintf("a multiple of heads = %d", c.Heads))
}

// maxThreads is more than any machine has cores: a guard against slips.
const maxThreads = 1024

// maxReplay: row indices are float32 on the device, exact to 2^24.
const maxReplay = 1 << 24
