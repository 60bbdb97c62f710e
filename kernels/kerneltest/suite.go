// Package kerneltest is the conformance suite of backends. It runs random trials of awkward shapes
// for every op, with every instruction set and number of threads. Results must equal those of package
// ref in float32 bit by bit, and package ref must be as close to float64 as the op promises.
package kerneltest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/ref"
)

// Run tests the backend that is registered as name, with every number of threads up to most.
func Run(t *testing.T, name string, most int) {
	info, err := kernels.Describe(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %s, instruction sets %v", info.Name, info.Device, info.ISAs)
	mine := chosen(t)
	for _, b := range benches(t, mine) {
		t.Run(b.program.Name, func(t *testing.T) { b.run(t, name, info.ISAs, most) })
	}
	if mine.next() {
		t.Run("step", func(t *testing.T) { testStep(t, name) })
	}
}

// Trials are the trials of one op, for tests of the suite.
type Trials struct {
	bench *bench
	want  []float32
}

// TrialsOf runs the trials of an op on package ref.
func TrialsOf(t *testing.T, op kernels.Op) *Trials {
	b := newBench(trialsOf(op), uint64(op))
	return &Trials{b, b.reference(t)}
}

// TrialsOfLoops runs the loops of an op on package ref.
func TrialsOfLoops(t *testing.T, op kernels.Op) *Trials {
	b := newLoopsOf(op)
	return &Trials{b, b.reference(t)}
}

// TrialsOfNet runs the net with number seed on package ref.
func TrialsOfNet(t *testing.T, seed uint64) *Trials {
	b := newNet(seed)
	return &Trials{b, b.reference(t)}
}

// Faults describes the errors of a backend in a few lines; it is empty if the backend passes.
func (x *Trials) Faults(b kernels.Backend) []string { return x.bench.faults(b, x.want) }

// RunAgain runs every Program of the suite several times on one executable, each time from the same
// state. It is for backends whose first run uses other code than later runs.
func RunAgain(t *testing.T, name string, o kernels.Options) {
	backend, err := kernels.Open(name, o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := backend.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, b := range benches(t, chosen(t)) {
		t.Run(b.program.Name, func(t *testing.T) {
			want := b.reference(t)
			s, err := b.open(backend)
			if err != nil {
				t.Fatal(err)
			}
			defer s.close()
			for round := range 3 {
				for _, fault := range s.faults(want) {
					t.Errorf("run %d: %s", round+1, fault)
				}
			}
		})
	}
}

// benches is the suite, or the items of it that are mine: the trials of every op, and Programs whose ops depend on each
// other.
func benches(t *testing.T, mine *items) (all []*bench) {
	add := func(build func() *bench) {
		if mine.next() {
			all = append(all, build())
		}
	}
	for _, op := range workOps() {
		if len(trialsOf(op)) == 0 {
			t.Errorf("no trials of %s: add a case", op)
			continue
		}
		add(func() *bench { return newBench(trialsOf(op), uint64(op)) })
	}
	for i := range nets {
		add(func() *bench { return newNet(uint64(i)) })
	}
	for i := range heads {
		add(func() *bench { return newHead(uint64(i)) })
	}
	add(newChain)
	add(func() *bench { return newLoop(plainLoop, 3) })
	add(newFMA)
	return all
}

// workOps lists all ops except OpLoop and OpStep, which do no arithmetic; newLoop and testStep test
// these.
func workOps() []kernels.Op {
	return slices.DeleteFunc(kernels.Ops(), func(op kernels.Op) bool { return op == kernels.OpLoop || op == kernels.OpStep })
}

// run compares the results with the reference, for all instruction sets and numbers of threads up to most.
func (b *bench) run(t *testing.T, name string, isas []string, most int) {
	want := b.reference(t)
	for _, isa := range isas {
		for threads := range most {
			o := kernels.Options{Threads: 1 + threads, ISA: isa}
			t.Run(fmt.Sprintf("%s/%d", isa, o.Threads), func(t *testing.T) { b.compare(t, name, o, want) })
		}
	}
}

// reference runs the trials on package ref and checks the results.
func (b *bench) reference(t *testing.T) []float32 {
	want := slices.Clone(b.arena)
	if err := ref.Run(&b.program, want); err != nil {
		t.Fatal(err)
	}
	for _, i := range b.guards {
		if want[i] != guardValue {
			t.Fatalf("ref wrote to a guard at %d", i)
		}
	}
	b.checkPrecision(t, want)
	return want
}

func (b *bench) compare(t *testing.T, name string, o kernels.Options, want []float32) {
	backend, err := kernels.Open(name, o)
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	for _, fault := range b.faults(backend, want) {
		t.Error(fault)
	}
}

// session is a bench on a backend.
type session struct {
	*bench
	backend kernels.Backend
	run     kernels.Executable
	buf     kernels.Buffer
}

func (b *bench) open(backend kernels.Backend) (*session, error) {
	run, err := backend.Compile(b.program.Poisoned())
	if err != nil {
		return nil, err
	}
	buf, err := backend.Alloc(len(b.arena))
	if err != nil {
		return nil, errors.Join(err, run.Close())
	}
	return &session{b, backend, run, buf}, nil
}

func (s *session) close() { _ = errors.Join(s.run.Close(), s.buf.Close()) }

// faults runs the trials and lists differences from the reference, at most a few.
func (b *bench) faults(backend kernels.Backend, want []float32) []string {
	s, err := b.open(backend)
	if err != nil {
		return []string{err.Error()}
	}
	defer s.close()
	return s.faults(want)
}

func (b *session) faults(want []float32) []string {
	got, err := b.result()
	if err != nil {
		return []string{err.Error()}
	}
	var faults []string
	bad := 0
	for i := range want {
		if same(got[i], want[i]) {
			continue
		}
		if bad++; bad <= 3 {
			faults = append(faults, fmt.Sprintf("%s: got %g (%08x), want %g (%08x)", b.locate(i), got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i])))
		}
	}
	if bad > 3 {
		faults = append(faults, fmt.Sprintf("%d of %d numbers differ", bad, len(want)))
	}
	return faults
}

// result is the arena after a run from the initial state of the trials.
func (b *session) result() ([]float32, error) {
	if err := b.buf.Upload(0, b.arena); err != nil {
		return nil, err
	}
	if err := b.watch(b.run, b.buf); err != nil {
		return nil, err
	}
	if err := b.backend.Sync(); err != nil {
		return nil, err
	}
	got := make([]float32, len(b.arena))
	if err := b.buf.Download(got, 0); err != nil {
		return nil, err
	}
	return got, b.checkAllocations(b.run, b.buf)
}

// watched is a buffer that reports forbidden accesses and allocations of a device. The cpu backend has
// one if it is built with AddressSanitizer (go test -asan).
type watched interface {
	Guard(from, to int) // the device must not access these floats
	Unguard()
	Allocations() int // number of allocations by the device so far
}

// watch runs the program. If the buffer is watched, accesses between two arguments and allocations are
// errors.
func (b *bench) watch(run kernels.Executable, buf kernels.Buffer) error {
	w, ok := buf.(watched)
	if !ok {
		return run.Run(buf, 1)
	}
	for i := 0; i < len(b.guards); i += guardLen {
		w.Guard(b.guards[i], b.guards[i]+guardLen)
	}
	defer w.Unguard()
	return run.Run(buf, 1)
}

// checkAllocations runs the program a few times. One run without an allocation is enough, because
// starting threads allocate too.
func (b *bench) checkAllocations(run kernels.Executable, buf kernels.Buffer) error {
	w, ok := buf.(watched)
	if !ok {
		return nil
	}
	for range 5 {
		before := w.Allocations()
		if err := run.Run(buf, 1); err != nil || w.Allocations() == before {
			return err
		}
	}
	return fmt.Errorf("every run of %q allocates memory", b.program.Name)
}

// same compares bits; all NaN are equal.
func same(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

// locate names the trial and argument to which arena[i] belongs.
func (b *bench) locate(i int) string {
	for n, t := range b.trials {
		for a, s := range t.arg {
			if int64(i) >= s.from && int64(i) < s.to {
				arg := t.spec().Args[a]
				return fmt.Sprintf("trial %d (%s) %s[%d]", n, t, arg.Name, int64(i)-s.from)
			}
		}
	}
	return fmt.Sprintf("guard at %d", i)
}

// String lists the properties that distinguish a trial from other trials of its op.
func (t *trial) String() string {
	d := &t.desc
	return fmt.Sprintf("%s dims %v fn %s bin %d flags %04b", d.Op, d.Dim[:len(t.spec().Dims)], d.Fn, d.Bin, d.Flags)
}
