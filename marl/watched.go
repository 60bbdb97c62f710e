package marl

import (
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// watched is a critic whose queries and keys a Policy computes after its decisions.
type watched struct {
	*AttentionNet
	weights []float32
	phi     []float32 // fixed vectors of servers; nil: none
}

// watched copies the parameters of a critic.
func (t *Trainer) watched(a *AttentionNet) (x *watched, err error) {
	x = &watched{AttentionNet: a}
	if x.weights, err = Read(t.session, a.Net.Flat); err != nil || a.Table == nil {
		return x, err
	}
	x.phi, err = Read(t.session, a.Table.net.Flat)
	return x, err
}

// tells reports whether a policy must list the servers of candidates for the critic.
func (x *watched) tells() bool { return x != nil && x.Critic.servers != nil }

// watchedBatch has the tensors of a watched critic in the Program of a Policy.
type watchedBatch struct {
	placed, table *nn.Placed     // table is nil unless the vectors of servers are fixed
	query, key    machine.Tensor // [rows, H]
}

// place adds them to a layout; nil if no critic is watched.
func (x *watched) place(l *machine.Layout, rows int) *watchedBatch {
	if x == nil {
		return nil
	}
	width := x.Critic.width
	at := &watchedBatch{placed: x.Critic.Params().Place(l, "critic"), query: l.Add("query", rows, width), key: l.Add("key", rows, width)}
	if x.Table != nil {
		at.table = x.Table.net.Placed.Params().Place(l, "server_table")
	}
	return at
}

// lower computes queries and keys for what agents saw and have chosen.
func (x *watched) lower(b *machine.Builder, to *batch, d Decided, n Sizes) {
	if x == nil {
		return
	}
	obs, at := to.norm.Apply(b, d.Obs), to.watched
	f := nn.NewFragment()
	var act *nn.Node
	if x.Critic.actions > 0 {
		act = f.Input(d.Act)
	} else {
		obs = n.OwnColumns(b, obs) // values of states do not see decisions of the same slot
	}
	v := x.Critic.ForwardAt(f.Bind(x.Critic.Params(), at.placed), f.Input(obs), act, x.Table.inputsAt(f, at.table, to.servers))
	f.Output(v.query, at.query)
	f.Output(v.key, at.key)
	f.Lower(b)
}

// upload copies the parameters to the batch.
func (x *watched) upload(s *machine.Session, at *watchedBatch) error {
	if x == nil {
		return nil
	}
	if err := s.Upload(at.placed.Flat, x.weights); err != nil || at.table == nil {
		return err
	}
	return s.Upload(at.table.Flat, x.phi)
}

// attention are the queries and keys of the last decisions, [rows, H].
func (x *batch) attention() (query, key []float32, err error) {
	if query, err = Read(x.session, x.watched.query); err != nil {
		return nil, nil, err
	}
	key, err = Read(x.session, x.watched.key)
	return query, key, err
}
