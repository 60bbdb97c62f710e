package machine

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gmel-go/gmel/internal/limit"
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/kernels/share"
)

// Session runs several Programs over one buffer on one backend. Only one goroutine may use it.
type Session struct {
	backend kernels.Backend
	layout  *Layout
	buffer  kernels.Buffer
	group   comm.Comm                 // nil: the session is alone
	shared  map[*kernels.Program]bool // Programs of which the session runs a share
	gather  *share.Gatherer           // of GatherRows; nil before
	adder   *share.Adder              // of SumRows; nil before
	exec    map[*kernels.Program]kernels.Executable
	poison  kernels.Executable // nil unless Poison
}

// NewSession allocates a zeroed buffer for the largest Program and compiles all of them.
// The caller closes the backend. The programs must be built on the layout.
func NewSession(backend kernels.Backend, layout *Layout, programs ...*kernels.Program) (*Session, error) {
	return NewRankSession(nil, backend, layout, nil, programs...)
}

// NewRankSession is NewSession for a rank of a group. It runs its share of the shared Programs (package share), for which
// all ranks must make the same calls of Run and Repeat, and the other Programs by itself. Without a group it runs all.
func NewRankSession(group comm.Comm, backend kernels.Backend, layout *Layout, shared []*kernels.Program, others ...*kernels.Program) (*Session, error) {
	s := &Session{backend: backend, layout: layout, group: group, shared: map[*kernels.Program]bool{}, exec: map[*kernels.Program]kernels.Executable{}}
	for _, p := range shared {
		s.shared[p] = group != nil
	}
	programs := slices.Concat(shared, others)
	size, err := s.floats(programs)
	if err != nil {
		return nil, err
	}
	if err := roomFor(backend, size); err != nil {
		return nil, err
	}
	if s.buffer, err = backend.Alloc(int(size)); err != nil {
		return nil, fmt.Errorf("machine: arena of %.1f MiB on %s: %w", float64(size)/(1<<18), backend.Name(), err)
	}
	for _, p := range programs {
		if s.exec[p], err = s.compile(p, p); err != nil {
			delete(s.exec, p)
			return nil, errors.Join(fmt.Errorf("machine: program %q on %s: %w", p.Name, backend.Name(), err), s.Close())
		}
	}
	return s, nil
}

// floats is the size of an arena for all Programs.
func (s *Session) floats(programs []*kernels.Program) (int64, error) {
	size := s.layout.size
	for _, p := range programs {
		size = max(size, p.Arena)
		if s.shared[p] {
			part, err := s.shareOf(p)
			if err != nil {
				return 0, err
			}
			size = max(size, part.Arena())
		}
	}
	return size, nil
}

// shareOf is what the session runs of a shared Program.
func (s *Session) shareOf(p *kernels.Program) (*share.Share, error) {
	return share.Of(p, s.layout.size, s.group.Rank(), s.group.Size())
}

// compile prepares a form of the Program p.
func (s *Session) compile(p, form *kernels.Program) (kernels.Executable, error) {
	if !s.shared[p] {
		return s.backend.Compile(form)
	}
	part, err := s.shareOf(form)
	if err != nil {
		return nil, err
	}
	return part.Compile(s.backend, s.group)
}

// roomFor refuses an arena that the host cannot give: the system would end the process. A backend with memory of its
// own refuses by itself.
func roomFor(backend kernels.Backend, size int64) error {
	free := limit.Memory()
	if _, own := backend.(kernels.Limited); own || free == 0 || size <= free/4 {
		return nil
	}
	return fmt.Errorf("machine: an arena of %.3g MB is needed on %s and %.3g MB are free", 4*float64(size)/1e6, backend.Name(), float64(free)/1e6)
}

// Poison makes every later Run fill the scratch memory with NaN first, and every iteration of a loop
// its local memory. A read of memory that the Program did not write then shows as NaN. For tests.
func (s *Session) Poison() error {
	for p, old := range s.exec {
		run, err := s.compile(p, p.Poisoned())
		if err != nil {
			return err
		}
		s.exec[p] = run
		if err := old.Close(); err != nil {
			return err
		}
	}
	scratch := int64(s.buffer.Len()) - s.layout.size
	if scratch == 0 || s.poison != nil {
		return nil
	}
	d := fillDesc(scratch, float32(math.NaN()))
	d.Arg[0] = s.layout.size
	var err error
	s.poison, err = s.backend.Compile(&kernels.Program{Name: "poison", Descs: []kernels.Desc{d}, Arena: int64(s.buffer.Len())})
	return err
}

// Run executes a Program that was given to NewSession.
func (s *Session) Run(p *kernels.Program) error { return s.Repeat(p, 1) }

// Repeat executes n times a Program that was given to NewSession, in one call of the backend. If an
// environment fails, Repeat stops after that execution.
func (s *Session) Repeat(p *kernels.Program, n int) error {
	e, ok := s.exec[p]
	if !ok {
		return fmt.Errorf("machine: program %q is not of this session", p.Name)
	}
	if s.poison == nil {
		return e.Run(s.buffer, n)
	}
	for range n {
		if err := s.poison.Run(s.buffer, 1); err != nil {
			return err
		}
		if err := e.Run(s.buffer, 1); err != nil {
			return err
		}
	}
	return nil
}

// Call is a number of executions of a Program.
type Call struct {
	Program *kernels.Program
	Times   int
}

// RunAll makes calls of Repeat in their order; a backend that can makes them at once. The first error ends it.
func (s *Session) RunAll(calls ...Call) error {
	var all []kernels.Call
	for _, c := range calls {
		e, ok := s.exec[c.Program]
		if !ok {
			return fmt.Errorf("machine: program %q is not of this session", c.Program.Name)
		}
		all = append(all, kernels.Call{Executable: e, Times: c.Times})
	}
	if s.poison == nil {
		return kernels.RunAll(s.backend, s.buffer, all...)
	}
	for _, c := range calls {
		if err := s.Repeat(c.Program, c.Times); err != nil {
			return err
		}
	}
	return nil
}

// Profile returns how the time of a Program divides among its ops. ok is false if the backend was
// opened without kernels.Options.Profile or cannot measure.
func (s *Session) Profile(p *kernels.Program) (f kernels.Profile, ok bool) {
	profiler, ok := s.exec[p].(kernels.Profiler)
	if !ok {
		return kernels.Profile{}, false
	}
	return profiler.Profile(), true
}

// Persistent is the memory that outlives a run, in floats. The rest of the arena is scratch.
func (s *Session) Persistent() int64 { return s.layout.Size() }

// Sync waits for the device and returns its asynchronous faults.
func (s *Session) Sync() error { return s.backend.Sync() }

// Upload copies src to all of the persistent tensor t.
func (s *Session) Upload(t Tensor, src []float32) error {
	if err := s.fits(t, len(src)); err != nil {
		return fmt.Errorf("machine: upload: %w", err)
	}
	return s.buffer.Upload(int(t.Offset()), src)
}

// Download copies all of the persistent tensor t to dst.
func (s *Session) Download(dst []float32, t Tensor) error {
	if err := s.fits(t, len(dst)); err != nil {
		return fmt.Errorf("machine: download: %w", err)
	}
	return s.buffer.Download(dst, int(t.Offset()))
}

// UploadRows copies src to whole rows of t[R,...], beginning at row.
func (s *Session) UploadRows(t Tensor, row int, src []float32) error {
	r, n := rows(t)
	if t.owner != s.layout || n == 0 || int64(len(src))%n != 0 || row < 0 || int64(row)+int64(len(src))/n > r {
		return fmt.Errorf("machine: upload of %d floats, beginning at row %d, does not fit %s", len(src), row, t)
	}
	return s.buffer.Upload(int(t.Offset()+int64(row)*n), src)
}

// GatherRows gives the rows of tables [R,...] that each rank of the group has written to all ranks, which must make the same calls.
func (s *Session) GatherRows(tables []Tensor, written share.Rows) error {
	if s.gather == nil {
		s.gather = share.NewGatherer(s.group)
	}
	var list []share.Table
	for _, t := range tables {
		if err := s.fits(t, int(t.Len())); err != nil {
			return fmt.Errorf("machine: gathering: %w", err)
		}
		_, width := rows(t)
		list = append(list, share.Table{At: t.Offset(), Width: width})
	}
	return s.gather.Gather(s.buffer, list, written)
}

// SumRows puts the sum of the rows of all ranks of the group into the first row of the table t [R,...]. Each rank has some rows,
// from its first one on, or none; all must make the same calls.
func (s *Session) SumRows(t Tensor, own int) error {
	if err := s.fits(t, int(t.Len())); err != nil {
		return fmt.Errorf("machine: sum of rows: %w", err)
	}
	if s.adder == nil {
		s.adder = share.NewAdder(s.group)
	}
	_, width := rows(t)
	return s.adder.Add(s.buffer, share.Sum{At: t.Offset(), Rows: int64(own), Width: width})
}

func (s *Session) fits(t Tensor, n int) error {
	if t == None || t.owner != s.layout {
		return fmt.Errorf("tensor %s is not persistent in this session", t)
	}
	if t.Len() != int64(n) {
		return fmt.Errorf("%d floats for %s", n, t)
	}
	return nil
}

// Close frees the executables and the buffer. It leaves the backend open.
func (s *Session) Close() error {
	var errs []error
	for _, e := range s.exec {
		errs = append(errs, e.Close())
	}
	if s.poison != nil {
		errs = append(errs, s.poison.Close())
	}
	return errors.Join(append(errs, s.buffer.Close())...)
}
