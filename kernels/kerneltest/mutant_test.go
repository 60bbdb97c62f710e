package kerneltest

import (
	"math"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/ref"
)

// mutant is a backend with one mistake: it is package ref, but it changes some ops before they run, or
// their results afterwards.
type mutant struct {
	kernels.Backend
	mistake
	program func(*kernels.Program) // may be nil
}

func (m *mutant) Compile(p *kernels.Program) (kernels.Executable, error) {
	q := *p
	q.Descs, q.Steps = slices.Clone(p.Descs), slices.Clone(p.Steps)
	if m.program != nil {
		m.program(&q)
	}
	return &mutantRun{m, &q}, nil
}

type mutantRun struct {
	m *mutant
	p *kernels.Program
}

func (r *mutantRun) Close() error { return nil }

// Run runs the Program once: the suite never asks for more.
func (r *mutantRun) Run(b kernels.Buffer, _ int) error {
	x := make([]float32, b.Len())
	if err := b.Download(x, 0); err != nil {
		return err
	}
	if err := r.run(x); err != nil {
		return err
	}
	return b.Upload(0, x)
}

func (r *mutantRun) run(x []float32) error {
	if r.m.program != nil {
		return ref.Run(r.p, x)
	}
	old := slices.Clone(x)
	for _, d := range r.p.Descs {
		c := call{&d, old, x}
		wrong := d
		if r.m.before != nil {
			r.m.before(&wrong)
		}
		if err := ref.Exec(&wrong, x); err != nil {
			return err
		}
		if r.m.after != nil {
			r.m.after(&c)
		}
	}
	return nil
}

// survives reports that the suite does not detect the mistake.
func (m *mutant) survives(t *testing.T, b *bench, want []float32) bool {
	t.Helper()
	backend, err := kernels.Open("ref", kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	m.Backend = backend
	return len(b.faults(m, want)) == 0
}

// everywhere are mistakes that any op can have. applies leaves out the ops for which a mistake changes no
// trial.
var everywhere = []struct {
	what    string
	applies func(s *kernels.Spec, trials []*trial) bool
	make    func(m *mutant)
}{
	{"the last number of the last output is not written", always, func(m *mutant) {
		m.after = func(c *call) {
			if out := c.lastOutput(c.x); len(out) > 0 {
				out[len(out)-1] = float32(math.NaN())
			}
		}
	}},
	{"the number after the last output is written", always, func(m *mutant) {
		m.after = func(c *call) {
			out := c.lastOutput(c.x)
			out[:len(out)+1][len(out)] = 0
		}
	}},
	{"accumulate is ignored", func(s *kernels.Spec, _ []*trial) bool { return s.Accumulates }, func(m *mutant) {
		m.before = func(d *kernels.Desc) { d.Flags &^= acc }
	}},
	{"accumulates always", func(s *kernels.Spec, _ []*trial) bool { return s.Accumulates }, func(m *mutant) {
		m.before = func(d *kernels.Desc) { d.Flags |= acc }
	}},
	{"the stream of random numbers is ignored", func(s *kernels.Spec, _ []*trial) bool { return s.Random }, func(m *mutant) {
		m.before = func(d *kernels.Desc) { d.Stream = 0 }
	}},
	{"half of the seed is ignored", func(s *kernels.Spec, _ []*trial) bool { return s.Random }, func(m *mutant) {
		m.before = func(d *kernels.Desc) { d.Seed &= math.MaxUint32 }
	}},
	{"the function is left out", func(_ *kernels.Spec, trials []*trial) bool {
		return slices.ContainsFunc(trials, func(t *trial) bool { return t.desc.Fn != kernels.FnIdentity })
	}, func(m *mutant) {
		m.before = func(d *kernels.Desc) {
			if d.Fn != kernels.FnIdentity {
				d.Fn, d.Flags = kernels.FnIdentity, d.Flags&^kernels.FlagFnGrad
			}
		}
	}},
	{"NaN becomes 0", func(s *kernels.Spec, _ []*trial) bool {
		return s.Name == "unary" || s.Name == "binary" || s.Name == "gatherrows" || s.Name == "pick"
	}, func(m *mutant) {
		m.after = func(c *call) {
			for i, v := range c.lastOutput(c.x) {
				if v != v {
					c.lastOutput(c.x)[i] = 0
				}
			}
		}
	}},
}

func always(*kernels.Spec, []*trial) bool { return true }

// lastOutput is the last output that is present.
func (c *call) lastOutput(arena []float32) []float32 {
	spec, _ := kernels.SpecOf(c.Op)
	for i := len(spec.Args) - 1; i >= 0; i-- {
		if spec.Args[i].Mode != kernels.In && c.Arg[i] != kernels.Absent {
			return c.arg(arena, spec.Args[i].Name)
		}
	}
	panic("kerneltest: " + spec.Name + " has no output")
}

// Every mistake of everywhere makes the suite fail, in every op. So does ignoring any optional
// argument.
func TestSuiteSeesMistakesOfEveryOp(t *testing.T) {
	for _, op := range workOps() {
		spec, _ := kernels.SpecOf(op)
		t.Run(spec.Name, func(t *testing.T) {
			b := newBench(trialsOf(op), uint64(op))
			want := slices.Clone(b.arena)
			if err := ref.Run(&b.program, want); err != nil {
				t.Fatal(err)
			}
			for _, e := range everywhere {
				m := &mutant{}
				if e.make(m); e.applies(spec, b.trials) && m.survives(t, b, want) {
					t.Errorf("the suite does not see that %s", e.what)
				}
			}
			for i, a := range spec.Args {
				m := &mutant{mistake: mistake{before: func(d *kernels.Desc) {
					d.Arg[i] = kernels.Absent
					if a.Name == "aux" {
						d.Flags &^= kernels.FlagFnGrad
					}
				}}}
				if a.Optional && m.survives(t, b, want) {
					t.Errorf("the suite does not see that %s is ignored", a.Name)
				}
			}
		})
	}
}

// Every mistake on the card of an op makes the suite fail.
func TestSuiteSeesMistakesOfCards(t *testing.T) {
	for op, c := range cards {
		b := newBench(c.trials(op), uint64(op))
		want := slices.Clone(b.arena)
		if err := ref.Run(&b.program, want); err != nil {
			t.Fatal(err)
		}
		for what, m := range c.mistakes {
			if (&mutant{mistake: m}).survives(t, b, want) {
				t.Errorf("%s: the suite does not see that %s", op, what)
			}
		}
	}
}

// Programs whose ops depend on each other detect mistakes of interpreters.
func TestSuiteSeesMistakesOfInterpreters(t *testing.T) {
	loops := newLoop(plainLoop, 3)
	for mistake, c := range map[string]struct {
		b       *bench
		program func(p *kernels.Program)
	}{
		"an op overtakes the one that it needs": {newChain(), func(p *kernels.Program) { p.Descs[2], p.Descs[3] = p.Descs[3], p.Descs[2] }},
		"the last iteration is left out":        {loops, func(p *kernels.Program) { p.Descs[0].Dim[kernels.LoopIterations]-- }},
		"segments are cut elsewhere":            {loops, func(p *kernels.Program) { p.Descs[0].Dim[kernels.LoopSegments]-- }},
		"a sum begins anew in every iteration":  {loops, func(p *kernels.Program) { eachStep(p, func(s *kernels.Step) { s.Sum = 0 }) }},
		"all segments add up in the first part": {loops, func(p *kernels.Program) { eachStep(p, func(s *kernels.Step) { s.Segment = [kernels.MaxArgs]int64{} }) }},
		"every iteration works on the same rows": {loops, func(p *kernels.Program) {
			eachStep(p, func(s *kernels.Step) { s.Iteration = [kernels.MaxArgs]int64{} })
		}},
	} {
		want := slices.Clone(c.b.arena)
		if err := ref.Run(&c.b.program, want); err != nil {
			t.Fatal(err)
		}
		if m := (&mutant{program: c.program}); m.survives(t, c.b, want) {
			t.Errorf("the suite does not see that %s", mistake)
		}
	}
}

func eachStep(p *kernels.Program, f func(s *kernels.Step)) {
	for i := range p.Steps {
		f(&p.Steps[i])
	}
}
