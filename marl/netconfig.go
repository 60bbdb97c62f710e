package marl

import (
	_ "embed"
	"fmt"
	"maps"

	"github.com/gmel-go/gmel/internal/setting"
)

//go:embed netconfig.go
var netConfigSource string

// Settings of networks that several algorithms share. Sections of algorithms inline them.

// CriticConfig are the settings of any critic.
type CriticConfig struct {
	// Hidden H is the width of the critic.
	Hidden int `yaml:"hidden"`
	// CriticIdle keeps agents without a decision in the critic's loss: the slot before bootstraps from the
	// value of having no task.
	CriticIdle bool `yaml:"critic_idle"`
	// LRCritic is the learning rate of the critic.
	LRCritic float64 `yaml:"lr_critic"`
}

// DefaultCritic returns the defaults.
func DefaultCritic() CriticConfig { return CriticConfig{Hidden: 64, CriticIdle: true, LRCritic: 2e-3} }

// Check gives the checker every setting that is not allowed.
func (c *CriticConfig) Check(v *setting.Checker) {
	v.AtLeast("hidden", c.Hidden, 1)
	v.Positive("lr_critic", c.LRCritic)
}

// AttentionConfig are the settings of a critic with attention; Heads divides Hidden.
type AttentionConfig struct {
	CriticConfig `yaml:",inline"`
	// Heads is the number h of attention heads; h divides hidden.
	Heads int `yaml:"heads"`
	// Attention false is the ablation: every other agent of a group has the same weight.
	Attention bool `yaml:"attention"`
	// Neighbours G > 0: the IEDs of a world, numbered by their nearest ES (sim.Worlds.NumberByNearest), are cut
	// into groups of G, and attention is inside of groups, which costs A G instead of A A. G divides the number of
	// IEDs. 0: all IEDs of a world attend to each other.
	Neighbours int `yaml:"neighbours"`
	// AttentionPenalty weighs the mean squared attention logit in the critic's loss.
	AttentionPenalty float64 `yaml:"attention_penalty"`
}

// DefaultAttention returns the defaults.
func DefaultAttention() AttentionConfig {
	return AttentionConfig{CriticConfig: DefaultCritic(), Heads: 4, Attention: true, AttentionPenalty: 1e-3}
}

// Check gives the checker every setting that is not allowed.
func (c *AttentionConfig) Check(v *setting.Checker) {
	c.CriticConfig.Check(v)
	v.AtLeast("heads", c.Heads, 1)
	v.Require(c.Heads < 1 || c.Hidden%c.Heads == 0, "hidden", c.Hidden, fmt.Sprintf("a multiple of heads = %d", c.Heads))
	v.Require(c.Neighbours == 0 || c.Neighbours > 1, "neighbours", c.Neighbours, "0 for everyone, or at least 2")
	v.NotNegative("attention_penalty", c.AttentionPenalty)
}

// AttentionSettings returns c. A section that inlines AttentionConfig has this method, so Config.Attention finds it.
func (c *AttentionConfig) AttentionSettings() *AttentionConfig { return c }

// Attention returns the settings of the algorithm's attention, nil if it has none.
func (c *Config) Attention() *AttentionConfig {
	if own, ok := c.Own.(interface{ AttentionSettings() *AttentionConfig }); ok {
		return own.AttentionSettings()
	}
	return nil
}

// group is the number of agents that attend to each other, of A in a world.
func (c *AttentionConfig) group(agents int) int {
	if c.Neighbours > 0 {
		return c.Neighbours
	}
	return agents
}

// CheckGroups returns an error if the size of the groups does not divide the number of agents in a world.
func (w *Workshop) CheckGroups(c *AttentionConfig) error {
	g, agents := c.Neighbours, w.Sizes.Agents
	if g > 0 && agents%g != 0 {
		return fmt.Errorf("marl: %s.neighbours is %d, which does not divide the %d agents of a world; allowed: %s", w.Config.Algo, g, agents, divisors(agents))
	}
	return nil
}

// divisors lists 0 and the numbers from 2 to n that divide n.
func divisors(n int) string {
	text := "0"
	for d := 2; d <= n; d++ {
		if n%d == 0 {
			text += fmt.Sprintf(", %d", d)
		}
	}
	return text
}

// Values of ServerConfig.ServerEmbedding.
const (
	EmbeddingNone    = "none"
	EmbeddingLearned = "learned"
	EmbeddingFourier = "fourier"
)

// ServerConfig are the settings of a critic with attention that may know the servers of the candidates. Only the
// critic is told; actors and the normaliser are not.
type ServerConfig struct {
	// ServerEmbedding tells the critic which server every candidate and every chosen action is, by 8 numbers
	// each: "none"; "learned" with the other parameters of the critic; or "fourier", fixed features of the
	// server's position, so that servers close together are alike.
	ServerEmbedding string `yaml:"server_embedding"`
	// MatchingHeads lets head c of the attention look for the agents that have chosen candidate c of the agent, or,
	// for values of states, whose candidate c is the same. It needs attention and a server_embedding; without them
	// it has no effect.
	MatchingHeads bool `yaml:"matching_heads"`
}

// DefaultServers returns the defaults.
func DefaultServers() ServerConfig {
	return ServerConfig{ServerEmbedding: EmbeddingNone, MatchingHeads: true}
}

// Tells reports whether the critic is told about servers.
func (c *ServerConfig) Tells() bool { return c != nil && c.ServerEmbedding != EmbeddingNone }

// Check gives the checker every setting that is not allowed with these settings of the attention.
func (c *ServerConfig) Check(v *setting.Checker, a *AttentionConfig) {
	v.OneOf("server_embedding", c.ServerEmbedding, EmbeddingNone, EmbeddingLearned, EmbeddingFourier)
	matching := c.Tells() && c.MatchingHeads && a.Attention && a.Heads > 0
	v.Require(!matching || a.Hidden > embeddingWidth*a.Heads, "hidden", a.Hidden,
		fmt.Sprintf("above %d: matching_heads takes %d columns of each of %d heads", embeddingWidth*a.Heads, embeddingWidth, a.Heads))
}

// ServerSettings returns c. A section that inlines ServerConfig has this method, so OffloadingFor finds it.
func (c *ServerConfig) ServerSettings() *ServerConfig { return c }

// servers returns the settings of what the algorithm's critic knows of servers, nil if it has none.
func (c *Config) servers() *ServerConfig {
	if own, ok := c.Own.(interface{ ServerSettings() *ServerConfig }); ok {
		return own.ServerSettings()
	}
	return nil
}

// ActorConfig are the settings of a stochastic actor with an entropy bonus.
type ActorConfig struct {
	// Alpha weighs the entropy, in units of what the actor maximises: the standardised reward, or the
	// normalised advantage.
	Alpha float64 `yaml:"alpha"`
	// AlphaFinal is what alpha reaches linearly at the last update.
	AlphaFinal float64 `yaml:"alpha_final"`
	// ActorHidden is the width of the actor's two hidden layers.
	ActorHidden int `yaml:"actor_hidden"`
	// LogitPenalty weighs the mean squared policy logit in the actor's loss.
	LogitPenalty float64 `yaml:"logit_penalty"`
	// LRActor is the learning rate of the actor.
	LRActor float64 `yaml:"lr_actor"`
}

// DefaultActor returns the defaults for a weight of the entropy.
func DefaultActor(alpha, final float64) ActorConfig {
	return ActorConfig{Alpha: alpha, AlphaFinal: final, ActorHidden: 64, LogitPenalty: 1e-3, LRActor: 2e-3}
}

// Check gives the checker every setting that is not allowed.
func (c *ActorConfig) Check(v *setting.Checker) {
	v.NotNegative("alpha", c.Alpha)
	v.NotNegative("alpha_final", c.AlphaFinal)
	v.AtLeast("actor_hidden", c.ActorHidden, 1)
	v.NotNegative("logit_penalty", c.LogitPenalty)
	v.Positive("lr_actor", c.LRActor)
}

// NetDocs returns the doc comments of the settings of networks and of further struct types in a source, by key.
func NetDocs(source string, types ...string) map[string]string {
	docs := map[string]string{}
	for _, t := range []string{"CriticConfig", "AttentionConfig", "ServerConfig", "ActorConfig"} {
		maps.Copy(docs, setting.StructDocs(netConfigSource, t))
	}
	for _, t := range types {
		maps.Copy(docs, setting.StructDocs(source, t))
	}
	return docs
}
