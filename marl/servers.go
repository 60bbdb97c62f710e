package marl

import (
	"fmt"
	"math"

	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// embeddingWidth is the number of values that stand for a server.
const embeddingWidth = 8

// matchGain is the logit by which a head prefers an agent that has chosen its candidate, at the beginning: the squared
// length of a vector of the embedding is 1 on average, and different vectors are about orthogonal.
const matchGain = 3

// ServerInputs are the inputs of a critic that is told servers; the zero value is for one that is not.
type ServerInputs struct {
	Servers *nn.Node // [B*A, C] of the candidates
	Table   *nn.Node // E [M+1, 8] if it is fixed; nil if it is learned
}

// serverEmbedding tells a critic which server each candidate and each choice is: E [M+1, 8], whose last row stands for no
// server.
type serverEmbedding struct {
	table    *nn.Param // nil if it is fixed
	sizes    Sizes
	matching bool
}

// newServerEmbedding declares the table; nil if the critic is not told about servers.
func newServerEmbedding(p *nn.Params, cfg *ServerConfig, n Sizes) *serverEmbedding {
	if !cfg.Tells() {
		return nil
	}
	s := &serverEmbedding{sizes: n, matching: cfg.MatchingHeads}
	if cfg.ServerEmbedding == EmbeddingLearned {
		s.table = p.Matrix("server_embedding", n.Servers+1, embeddingWidth, nn.Normal(1/math.Sqrt(embeddingWidth)))
	}
	return s
}

// states reports whether the critic values states: then there are no choices.
func (s *serverEmbedding) states() bool { return s.sizes.Actions == 0 }

// CheckServers returns an error if the critic wants to know the servers of candidates and the environment does not tell.
func (w *Workshop) CheckServers(c *ServerConfig) error {
	n, key := w.Sizes, w.Config.Algo+".server_embedding"
	switch {
	case c.Tells() && (n.Candidates == 0 || n.Actions <= n.Candidates):
		return fmt.Errorf("marl: %s is %q, but the environment does not tell which servers its %d actions use; allowed: %s",
			key, c.ServerEmbedding, n.Actions, EmbeddingNone)
	case c.ServerEmbedding == EmbeddingFourier && len(w.ServerPositions) != n.Servers:
		return fmt.Errorf("marl: %s is %q, but the environment does not tell where its servers are; allowed: %s, %s",
			key, c.ServerEmbedding, EmbeddingNone, EmbeddingLearned)
	}
	return nil
}

// widths are the number of values for all candidates of an agent, for its choice, and for what keys are told.
func (s *serverEmbedding) widths() (all, chosen, key int) {
	switch {
	case s == nil:
		return 0, 0, 0
	case s.states():
		return s.sizes.Candidates * embeddingWidth, 0, s.sizes.Candidates * embeddingWidth
	}
	return s.sizes.Candidates * embeddingWidth, embeddingWidth, embeddingWidth
}

// located are the vectors of the servers around each agent.
type located struct {
	candidates *nn.Node // [B*A, C*8]
	chosen     *nn.Node // [B*A, 8] of the action; nil in a critic of states
}

// told is what keys are told, and what heads compare with the candidates of other agents: the choice, or in a critic of
// states the own candidates.
func (l *located) told() *nn.Node {
	if l.chosen == nil {
		return l.candidates
	}
	return l.chosen
}

// locate builds the vectors for actions act [B*A], nil in a critic of states.
func (s *serverEmbedding) locate(bd *nn.Bound, in ServerInputs, act *nn.Node) *located {
	if s == nil {
		return nil
	}
	rows, table := in.Servers.Shape()[0], in.Table
	if s.table != nil {
		table = bd.Node(s.table)
	}
	l := &located{candidates: op.Reshape(s.embed(table, op.Reshape(in.Servers, rows*s.sizes.Candidates)), rows, s.sizes.Candidates*embeddingWidth)}
	if !s.states() {
		l.chosen = s.embed(table, s.sizes.chosenServers(in.Servers, act))
	}
	return l
}

// embed returns E(m) [n, 8] for numbers of servers m [n]. It is a product with one-hot rows: its gradient is a product too,
// which sums rows of the table in parts, and a batch can be cut into tiles. The gradient of a gather is one serial sum.
func (s *serverEmbedding) embed(table, m *nn.Node) *nn.Node {
	return op.Linear(op.OneHot(m, s.sizes.Servers+1), table, nil, op.Identity)
}

// inputs appends the vectors to the inputs of a layer.
func (l *located) inputs(x ...*nn.Node) *nn.Node {
	if l != nil {
		x = append(x, l.candidates)
	}
	return joined(x)
}

// inputsWithChoice appends the vector of the choice too, if there are choices.
func (l *located) inputsWithChoice(x ...*nn.Node) *nn.Node {
	if l != nil && l.chosen != nil {
		return joined(append(x, l.candidates, l.chosen))
	}
	return l.inputs(x...)
}

// keyInputs appends what keys are told.
func (l *located) keyInputs(x *nn.Node) *nn.Node {
	if l == nil {
		return x
	}
	return op.Concat(x, l.told())
}

// joined is Concat of one part or more.
func joined(x []*nn.Node) *nn.Node {
	if len(x) == 1 {
		return x[0]
	}
	return op.Concat(x...)
}

// content is the width of a head's queries and keys that compare the states of agents, of d in all.
func (s *serverEmbedding) content(d int) int {
	if s == nil || !s.matching {
		return d
	}
	return d - embeddingWidth
}

// match completes the queries and keys of all heads with vectors of servers. Head c, from 0 on, of agent i asks for agents
// whose choice is its candidate c mod C: [query ; matchGain sqrt(d) E(candidate)] . [key ; E(chosen)] / sqrt(d). In a critic of
// states it asks for those that have the same candidate c mod C.
func (s *serverEmbedding) match(query, key *nn.Node, l *located, heads int) (q, k *nn.Node) {
	d := query.Shape()[1]/heads + embeddingWidth
	asked := op.Affine(firstColumns(l.candidates, heads*embeddingWidth), float32(matchGain*math.Sqrt(float64(d))), 0)
	return byHead(query, asked, heads), byHead(key, firstColumns(l.told(), heads*embeddingWidth), heads)
}

// firstColumns are the first n columns of x, which is repeated as often as it takes.
func firstColumns(x *nn.Node, n int) *nn.Node {
	var parts []*nn.Node
	for width := x.Shape()[1]; n > 0; n -= width {
		if n < width {
			x = op.Columns(x, 0, n)
		}
		parts = append(parts, x)
	}
	return joined(parts)
}

// byHead puts the columns of a and b that belong to a head beside each other, for every head.
func byHead(a, b *nn.Node, heads int) *nn.Node {
	rows, width := a.Shape()[0], a.Shape()[1]+b.Shape()[1]
	split := func(x *nn.Node) *nn.Node { return op.Reshape(x, rows*heads, x.Shape()[1]/heads) }
	return op.Reshape(op.Concat(split(a), split(b)), rows, width)
}
