package marl

import (
	"testing"

	"github.com/gmel-go/gmel/nn/machine"
)

// A single step of the critic has the gradients of its loss, and moves the parameters.
func TestCriticStep(t *testing.T) {
	c, n := testCritic(true), sizes{3, 7, 5, 4}
	r := newRig(t, &c, n)
	in := CriticData{r.add("obs", n.rows(), n.obs), r.add("act", n.rows()), r.add("y", n.rows())}
	l := Learner{r.criticOnline, r.criticAdam, r.add("loss")}
	p := r.open(func(b *machine.Builder) { r.must(r.critic.Step(b, l, in, 0.3)) })
	rng := source(11)
	obs, act, y := normals(rng, n.rows()*n.obs), actionsOf(rng, n.rows(), n.actions), normals(rng, n.rows())
	r.put(in.Obs, obs)
	r.put(in.Act, act)
	r.put(in.Target, y)
	c.AttentionPenalty = 0.3
	q, penalty := refCritic(r.params("critic"), wrap(n.rows(), n.obs, obs), act, n.agents, c.Heads, true)
	want := refCriticLoss(&c, q, penalty, act, doubles(y), doubles(ones(n.rows())))
	r.run(p)
	first := r.get(l.Loss)
	closeTo(t, "loss", first, []float64{want}, 1)
	for range 30 {
		r.run(p)
	}
	if last := r.get(l.Loss); !(last[0] < 0.9*first[0]) {
		t.Errorf("the loss went from %g to %g in 30 steps", first[0], last[0])
	}
}

// A single step of the actor, likewise.
func TestActorStep(t *testing.T) {
	c, n := tiny(1), sizes{4, 3, 5, 4}
	c.Alpha, c.LogitPenalty = 0.3, 0.01
	r, rows := newRig(t, &c, n), n.rows()
	in := ActorData{
		Obs: r.add("obs", rows, n.obs), Mask: r.add("mask", rows, n.actions), Act: r.add("act", rows),
		Q: r.add("q", rows, n.actions), Alpha: r.alpha,
	}
	l := Learner{r.actorOnline, r.actorAdam, r.add("loss")}
	p := r.open(func(b *machine.Builder) { r.must(r.actor.Step(b, l, &c, in)) })
	rng := source(12)
	obs, q := normals(rng, rows*n.obs), normals(rng, rows*n.actions)
	r.put(in.Obs, obs)
	r.put(in.Mask, ones(rows*n.actions))
	r.put(in.Q, q)
	r.put(in.Alpha, []float32{float32(c.Alpha)})
	logits, logp := refActor(r.params("actor"), wrap(rows, n.obs, obs), wrap(rows, n.actions, ones(rows*n.actions)))
	want := refActorLoss(&c, logits, logp, wrap(rows, n.actions, q), doubles(ones(rows)))
	r.run(p)
	first := r.get(l.Loss)
	closeTo(t, "loss", first, []float64{want}, 1)
	for range 30 {
		r.run(p)
	}
	if last := r.get(l.Loss); !(last[0] < first[0]-0.01) {
		t.Errorf("the loss went from %g to %g in 30 steps", first[0], last[0])
	}
}

// Draws change nothing, are rows of the replay and legal actions, and go on with the updates. That
// they are the update's own shows where another implementation is given them (bench).
func TestDraws(t *testing.T) {
	c := busyConfig(1)
	backend := openBackend(t, "auto", 1)
	tr, err := NewTrainer(c, newToy(busy(), c.Worlds, 1), backend, 5)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	if err := tr.Rehearse(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	draw := func() Draws {
		d, err := tr.Draws(backend)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	before, again := draw(), draw()
	if !equalBits(before.Rows, again.Rows) || !equalBits(before.Next, again.Next) {
		t.Error("drawing has changed something")
	}
	for _, row := range before.Rows {
		if int(row) >= offPolicyOf(tr).replay.count {
			t.Errorf("row %g of %d", row, offPolicyOf(tr).replay.count)
		}
	}
	mask := download(t, tr, "replay")["next_mask"]
	u := tr.learner.size.actions
	for i, a := range before.Next {
		agents := tr.learner.size.agents
		if row := int(before.Rows[i/agents]); mask.row(row)[i%agents*u+int(a)] == 0 {
			t.Errorf("action %g of row %d is illegal", a, i)
		}
	}
	if err := tr.Rehearse(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if after := draw(); equalBits(before.Rows, after.Rows) {
		t.Error("the next update would draw the same rows")
	}
	if m, err := tr.Metrics(); err != nil || m.Update != 3 || m.CriticLoss == 0 {
		t.Errorf("%+v, %v", m, err)
	}
}
