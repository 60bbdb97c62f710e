//go:build gpu && !cpu

package gpu

import (
	"errors"
	"fmt"
	"math/bits"

	"gorgonia.org/cu"

	"github.com/gmel-go/gmel/kernels"
)

func (b *backend) Compile(p *kernels.Program) (kernels.Executable, error) {
	if b.thread == nil {
		return nil, errClosed
	}
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("gpu: %w", err)
	}
	residents, err := b.residents.Acquire(p)
	if err != nil {
		return nil, err
	}
	number := b.mark.next()
	l, err := b.newPlan(p, residents, number)
	if err != nil {
		return nil, errors.Join(err, b.residents.Release(residents))
	}
	b.mark.add(number, noted{p, l.ops})
	e := &executable{backend: b, program: p, number: number, plan: l, residents: residents, segments: l.segments()}
	e.graphs, e.sequences = map[replayed][]graph{}, map[sequence]graph{}
	if err := b.do(e.prepare); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	if b.options.Profile {
		return &profiled{executable: e, seconds: make([]float64, len(p.Descs))}, nil
	}
	return e, nil
}

// executable is a Program on a device. Its first run launches the kernels one by one, which loads
// them. Later runs replay graphs; a graph of a Program that does not need the host has several runs.
type executable struct {
	backend   *backend
	program   *kernels.Program
	number    uint32 // number of the program, see mark
	plan      *plan
	residents []*kernels.Resident // by index of the environment, nil if the host plays
	segments  []segment
	steps     map[int]*step
	scratch   cu.DevicePtr
	graphs    map[replayed][]graph // one for each segment
	sequences map[sequence]graph   // that begin with this executable
	ran       bool
}

// replayed is the key of a list of graphs: the arena, whose addresses are part of a graph, and the
// number of runs.
type replayed struct {
	arena cu.DevicePtr
	times int
}

// mostNodes is the maximum number of nodes of a graph.
const mostNodes = 4096

// prepare allocates the memory of the launches and the steps.
func (e *executable) prepare() (err error) {
	n := e.plan.scratch()
	if e.scratch, err = e.backend.allocate(n); err != nil {
		return e.backend.tooLittle(fmt.Sprintf("scratch memory of program %q", e.program.Name), n, "the minibatch", err)
	}
	e.steps = map[int]*step{}
	for _, s := range e.segments {
		if s.step >= 0 && e.steps[s.step] == nil {
			if e.steps[s.step], err = newStep(e.program, s.step); err != nil {
				return err
			}
		}
	}
	return nil
}

// Run returns when all work has been enqueued, or with the error of an environment that the host plays.
// Sync and Download return the error of an illegal action that a kernel finds.
func (e *executable) Run(buf kernels.Buffer, n int) error {
	return e.run(buf, n, e.repeat)
}

// run prepares the environments and runs the program n times by calling play.
func (e *executable) run(buf kernels.Buffer, n int, play func(arena cu.DevicePtr, n int) error) error {
	arena, err := e.arenaOf(buf)
	if err != nil {
		return err
	}
	if err := e.enter(); err != nil {
		return err
	}
	calls, each := 1, n
	if e.backend.options.Debug {
		calls, each = n, 1
	}
	for range calls {
		err := e.backend.do(func() error { return play(arena, each) })
		if err == nil && e.backend.options.Debug {
			err = e.backend.residents.Refused()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// arenaOf is the address of an arena in which the program can run.
func (e *executable) arenaOf(buf kernels.Buffer) (cu.DevicePtr, error) {
	m, ok := buf.(*buffer)
	switch {
	case !ok:
		return 0, fmt.Errorf("gpu: the arena of program %q is a %T, not a buffer of this backend", e.program.Name, buf)
	case e.plan.c == nil || m.at == 0:
		return 0, errors.New("gpu: Run after Close")
	case m.backend != e.backend:
		return 0, fmt.Errorf("gpu: program %q and its arena are of different backends", e.program.Name)
	case int64(m.n) < e.program.Arena:
		return 0, fmt.Errorf("gpu: program %q needs an arena of %d floats, got %d", e.program.Name, e.program.Arena, m.n)
	}
	return m.at, nil
}

// enter copies the state of every environment to where it is played. That may need the thread of the
// device, so it comes before the run.
func (e *executable) enter() error {
	for i, g := range e.residents {
		var err error
		if g != nil {
			if err = g.ToDevice(); err == nil {
				g.State.(*deviceState).played = true
			}
		} else if n, ok := e.program.Environments[i].(kernels.Native); ok {
			err = n.Ready()
		}
		if err != nil {
			return fmt.Errorf("gpu: program %q: %w", e.program.Name, err)
		}
	}
	return nil
}

// repeat runs the program by launches at first, and then by graphs.
func (e *executable) repeat(arena cu.DevicePtr, n int) error {
	for n > 0 {
		times, err := 1, error(nil)
		switch {
		case e.backend.options.Debug:
			err = e.debugged(arena)
		case !e.ran:
			e.ran = true
			err = e.plain(arena, e.launches)
		default:
			times = e.atOnce(n)
			err = e.replay(replayed{arena, times})
		}
		if err != nil {
			return err
		}
		n -= times
	}
	return nil
}

// atOnce is the number of runs in one graph: a power of two, at most n. So there are few different graphs, whatever n is.
func (e *executable) atOnce(n int) int {
	if e.hosted() {
		return 1 // the host plays between the graphs
	}
	most := max(1, min(n, mostNodes/len(e.plan.ops)))
	return 1 << (bits.Len(uint(most)) - 1)
}

// hosted reports whether a run is not one graph, because the host plays a part.
func (e *executable) hosted() bool { return len(e.segments) != 1 || e.segments[0].step >= 0 }

// plain runs the program without graphs.
func (e *executable) plain(arena cu.DevicePtr, launches func(s segment, arena cu.DevicePtr) error) error {
	for _, s := range e.segments {
		if err := launches(s, arena); err != nil {
			return err
		}
		if err := e.play(s, arena); err != nil {
			return err
		}
	}
	return nil
}

// launches puts the launches of a segment on the stream.
func (e *executable) launches(s segment, arena cu.DevicePtr) error {
	for i := s.from; i < s.to; i++ {
		err := e.plan.enqueue(i, e.backend.stream, arena, e.scratch)
		if earlier(err) {
			return e.backend.late(err)
		}
		if err != nil {
			return e.backend.fail(fmt.Errorf("%s: %w", nameOfLaunch(e.program, e.plan.ops[i]), err))
		}
	}
	return nil
}

// replay runs the program by its graphs.
func (e *executable) replay(r replayed) error {
	graphs, err := e.graphsFor(r)
	if err != nil {
		return err
	}
	for i, s := range e.segments {
		if s.from < s.to {
			if err := graphs[i].launch(e.backend.stream); err != nil {
				return e.backend.late(err)
			}
		}
		if err := e.play(s, r.arena); err != nil {
			return err
		}
	}
	return nil
}

// graphsFor returns the graphs of the segments. The first call captures them.
func (e *executable) graphsFor(r replayed) ([]graph, error) {
	if g, ok := e.graphs[r]; ok {
		return g, nil
	}
	graphs := make([]graph, len(e.segments))
	for i, s := range e.segments {
		if s.from == s.to {
			continue
		}
		var err error
		if graphs[i], err = capture(e.backend.stream, func() error { return e.several(r.times, s, r.arena) }); err != nil {
			return nil, errors.Join(e.backend.fail(fmt.Errorf("program %q cannot be captured: %w", e.program.Name, err)), destroyAll(graphs))
		}
	}
	e.graphs[r] = graphs
	return graphs, nil
}

func (e *executable) several(times int, s segment, arena cu.DevicePtr) error {
	for range times {
		if err := e.launches(s, arena); err != nil {
			return err
		}
	}
	return nil
}

// play runs the op of the host after a segment, if there is one.
func (e *executable) play(s segment, arena cu.DevicePtr) error {
	if s.step < 0 {
		return nil
	}
	if err := e.steps[s.step].play(e.backend, arena); err != nil {
		return fmt.Errorf("gpu: program %q: %w", e.program.Name, err)
	}
	return nil
}

// Close waits for the device, which may still run the program.
func (e *executable) Close() error {
	if e.plan.c == nil {
		return nil
	}
	err := e.backend.release(func() error {
		var errs []error
		for _, g := range e.graphs {
			errs = append(errs, destroyAll(g))
		}
		for _, g := range e.sequences {
			errs = append(errs, destroyAll([]graph{g}))
		}
		for _, s := range e.steps {
			errs = append(errs, s.memory.free())
		}
		if e.scratch != 0 {
			errs = append(errs, cu.MemFree(e.scratch))
		}
		return errors.Join(errs...)
	})
	e.plan.free()
	e.backend.mark.remove(e.number)
	return errors.Join(err, e.backend.unlessFailed(e.backend.residents.Release(e.residents)))
}
