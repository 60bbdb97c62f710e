//go:build gpu && !cpu

package gpu

import (
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/cu"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/kerneltest"
)

// These tests run on a GPU, or on the driver in testdata (`make test-gpu`): its device is slow, and
// tests choose its faults.

func fake() bool { return os.Getenv("GMEL_FAKE_DEVICES") != "" }

func needFake(t *testing.T) {
	t.Helper()
	if !fake() {
		t.Skip("needs the driver in testdata: make test-gpu")
	}
}

func needDevice(t *testing.T) {
	t.Helper()
	if fake() {
		t.Skip("needs a GPU; make test-emu tries the same kernels")
	}
}

var hold = flag.Bool("hold", false, "TestHold keeps the device until standard input ends")

// TestHold is for scripts that start many processes: while one of them holds the device, the others do not have to wait for
// the driver to start it.
func TestHold(t *testing.T) {
	if !*hold {
		t.Skip("for scripts: -hold")
	}
	open(t, kernels.Options{})
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		t.Fatal(err)
	}
}

func TestConformance(t *testing.T) {
	needDevice(t)
	kerneltest.Run(t, "gpu", 1)
}

func TestRandomShapes(t *testing.T) {
	needDevice(t)
	kerneltest.RunRandom(t, "gpu", 1)
}

// TestGraphs runs the suite three times: by launches, by capture and replay, and by replay.
func TestGraphs(t *testing.T) { kerneltest.RunAgain(t, "gpu", kernels.Options{}) }

// TestProfiledRuns runs the suite with events between the launches.
func TestProfiledRuns(t *testing.T) {
	needDevice(t)
	kerneltest.RunAgain(t, "gpu", kernels.Options{Profile: true})
}

func open(t *testing.T, o kernels.Options) *backend {
	t.Helper()
	b, err := kernels.Open("gpu", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return b.(*backend)
}

// loaded compiles p and fills an arena.
func loaded(t *testing.T, b *backend, p *kernels.Program, arena []float32) (kernels.Executable, kernels.Buffer) {
	t.Helper()
	e, err := b.Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	m, err := b.Alloc(len(arena))
	if err == nil {
		err = m.Upload(0, arena)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(e.Close(), m.Close()); err != nil {
			t.Error(err)
		}
	})
	return e, m
}

// unary is y[n] = f(x[n]).
func unary(f kernels.Fn, n, x, y int64) kernels.Desc {
	return kernels.Desc{Op: kernels.OpUnary, Fn: f, Dim: [kernels.MaxDims]int64{n}, Arg: [kernels.MaxArgs]int64{x, y}}
}

func TestSegments(t *testing.T) {
	for _, x := range []struct {
		ops  []int
		want []segment
	}{
		{nil, nil},
		{[]int{0, 1, 1}, []segment{{0, 3, -1}}},
		{[]int{9}, []segment{{0, 0, 9}}},
		{[]int{0, 9, 1, 9, 9, 2}, []segment{{0, 1, 9}, {2, 3, 9}, {4, 4, 9}, {5, 6, -1}}},
	} {
		l := &plan{}
		for _, op := range x.ops {
			l.ops, l.onHost = append(l.ops, []int{op}), append(l.onHost, op == 9)
		}
		if got := l.segments(); !slices.Equal(got, x.want) {
			t.Errorf("segments of %v are %v, want %v", x.ops, got, x.want)
		}
	}
}

// TestCopies copies more than the pinned memory holds, in pieces of unequal sizes.
func TestCopies(t *testing.T) {
	b := open(t, kernels.Options{})
	n := ringFloats + 12345
	m, err := b.Alloc(n)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	got := make([]float32, n)
	if err := m.Download(got, 0); err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(got, func(v float32) bool { return math.Float32bits(v) != 0 }); i >= 0 {
		t.Fatalf("fresh memory[%d] is %g", i, got[i])
	}
	want := make([]float32, n)
	for i := range want {
		want[i] = float32(i % 1000003)
	}
	for from := 0; from < n; from += 1 << 20 {
		piece := slices.Clone(want[from:min(n, from+1<<20)])
		if err := m.Upload(from, piece); err != nil {
			t.Fatal(err)
		}
		clear(piece) // Upload has copied it
	}
	if err := m.Download(got, 0); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Error("the floats that came back are others")
	}
	if m.Upload(n, want[:1]) == nil || m.Download(got, 1) == nil || m.Upload(-1, want[:1]) == nil {
		t.Error("a copy outside of the buffer is no error")
	}
}

// TestArenas captures a program for two arenas and runs them in turns.
func TestArenas(t *testing.T) {
	b := open(t, kernels.Options{})
	p := &kernels.Program{Name: "halve", Arena: 8, Descs: []kernels.Desc{unary(kernels.FnAffine, 4, 0, 4), unary(kernels.FnIdentity, 4, 4, 0)}}
	p.Descs[0].Scalar = [kernels.MaxScalars]float32{0.5}
	e, m := loaded(t, b, p, []float32{16, 32, 64, 128, 0, 0, 0, 0})
	_, other := loaded(t, b, p, []float32{1, 2, 3, 4, 0, 0, 0, 0})
	for range 2 {
		if err := errors.Join(e.Run(m, 2), e.Run(other, 1)); err != nil {
			t.Fatal(err)
		}
	}
	arenas := map[cu.DevicePtr]bool{}
	for r := range e.(*executable).graphs {
		arenas[r.arena] = true
	}
	if len(arenas) != 2 {
		t.Errorf("%d arenas have graphs, want 2", len(arenas))
	}
	for x, want := range map[kernels.Buffer][]float32{m: {1, 2, 4, 8}, other: {.25, .5, .75, 1}} {
		got := make([]float32, 4)
		if err := x.Download(got, 0); err != nil || !slices.Equal(got, want) {
			t.Errorf("got %g, %v, want %g", got, err, want)
		}
	}
}

func TestDebugNamesTheOp(t *testing.T) {
	b := open(t, kernels.Options{Debug: true})
	p := &kernels.Program{
		Name: "logs", Arena: 12, Symbols: []kernels.Symbol{{Name: "result", Offset: 8}},
		Descs: []kernels.Desc{unary(kernels.FnSquare, 4, 0, 4), unary(kernels.FnLog, 4, 4, 8), unary(kernels.FnAbs, 4, 8, 0)},
	}
	e, m := loaded(t, b, p, []float32{1, 2, 0, 3, 11: 0})
	err := e.Run(m, 1)
	if err == nil || !strings.Contains(err.Error(), `program "logs", op 1 (unary`) || !strings.Contains(err.Error(), "result[2] is -Inf") {
		t.Errorf("got %v, want op 1 and result[2]", err)
	}
	if err := m.Upload(2, []float32{5}); err != nil {
		t.Fatal(err)
	}
	if err := e.Run(m, 1); err != nil {
		t.Errorf("after a bad number the device goes on: %v", err)
	}
}

// TestDebugSeesLocalMemory: the bad number is in the local memory of the second iteration.
func TestDebugSeesLocalMemory(t *testing.T) {
	b := open(t, kernels.Options{Debug: true})
	p := &kernels.Program{
		Name: "loop", Arena: 16, Local: 4,
		Descs: []kernels.Desc{
			{Op: kernels.OpLoop, Dim: [kernels.MaxDims]int64{2, 2, 1}}, unary(kernels.FnReciprocal, 4, 0, kernels.LocalBase), unary(kernels.FnSquare, 4, kernels.LocalBase, 8),
		},
		Steps: make([]kernels.Step, 3),
	}
	p.Steps[1].Iteration[0], p.Steps[2].Iteration[1] = 4, 4
	e, m := loaded(t, b, p, []float32{1, 2, 3, 4, 5, 6, 0, 8, 15: 0})
	if err := e.Run(m, 1); err == nil || !strings.Contains(err.Error(), "op 1 (unary") || !strings.Contains(err.Error(), "[2] is +Inf") {
		t.Errorf("got %v, want op 1, number 2", err)
	}
}

func TestPrecision(t *testing.T) {
	if _, err := kernels.Open("gpu", kernels.Options{Precision: "fp64"}); err == nil || !strings.Contains(err.Error(), "fp64") {
		t.Errorf("precision fp64: %v", err)
	}
	// C[1,2] = A[1,1] B[1,2]: 1 + 2^-9 is a number of tf32, and 1 in bf16.
	p := &kernels.Program{Name: "product", Arena: 5, Descs: []kernels.Desc{{
		Op: kernels.OpGemm, Dim: [kernels.MaxDims]int64{1, 2, 1, 1, 2, 2, 1}, Arg: [kernels.MaxArgs]int64{0, 1, kernels.Absent, kernels.Absent, 3},
	}}}
	for precision, want := range map[string]float32{"": 1 + 0x1p-9, kernels.FP32: 1 + 0x1p-9, kernels.TF32: 1 + 0x1p-9, kernels.BF16: 1} {
		e, m := loaded(t, open(t, kernels.Options{Precision: precision}), p, []float32{1, 1 + 0x1p-9, 3, 0, 0})
		got := make([]float32, 2)
		if err := errors.Join(e.Run(m, 1), m.Download(got, 3)); err != nil {
			t.Fatal(err)
		}
		if got[0] != want || got[1] != 3 {
			t.Errorf("precision %q gives %x, want %x and 3", precision, got, want)
		}
	}
}

// TestPrecisions: tensor cores do not give the bits of package ref, so results are within bounds.
func TestPrecisions(t *testing.T) {
	needDevice(t)
	for _, precision := range []string{kernels.TF32, kernels.BF16} {
		t.Run(precision, func(t *testing.T) { kerneltest.RunPrecision(t, "gpu", precision, false) })
	}
}

func TestDevices(t *testing.T) {
	needFake(t)
	t.Setenv("GMEL_FAKE_DEVICES", "2")
	i, err := kernels.Describe("gpu")
	if err != nil || len(i.Devices) != 2 || i.Devices[1] != (kernels.Device{Name: "gpu:1", Model: "Fake GPU B", Memory: 1 << 30, ISA: "sm_80", Driver: "CUDA 13.0"}) {
		t.Errorf("devices %+v, %v", i.Devices, err)
	}
	if b := open(t, kernels.Options{Device: "gpu:1"}); b.name != "gpu:1" || int(b.device) != 1 {
		t.Errorf("gpu:1 opens %s, device %d", b.name, b.device)
	}
	for _, name := range []string{"gpu:2", "gpu:-1", "gpu:", "cpu:0", "1"} {
		if _, err := kernels.Open("gpu", kernels.Options{Device: name}); err == nil || !strings.Contains(err.Error(), "there is: gpu:0, gpu:1") {
			t.Errorf("device %q: %v", name, err)
		}
	}
	t.Setenv("GMEL_FAKE_DEVICES", "0")
	if _, err := kernels.Open("gpu", kernels.Options{}); !errors.Is(err, errNoDevice) || !strings.Contains(err.Error(), "--backend cpu") {
		t.Errorf("without a device: %v", err)
	}
}

func TestOldDriver(t *testing.T) {
	needFake(t)
	if err := checkVersion(12080); err == nil || !strings.Contains(err.Error(), "knows CUDA 12.8, this program needs CUDA 13") {
		t.Errorf("CUDA 12.8: %v", err)
	}
	if err := checkVersion(13020); err != nil {
		t.Errorf("CUDA 13.2: %v", err)
	}
}

func TestOutOfMemory(t *testing.T) {
	needFake(t)
	t.Setenv("GMEL_FAKE_MEMORY", "1048576")
	b := open(t, kernels.Options{})
	_, err := b.Alloc(1 << 20)
	for _, word := range []string{"gpu:0 is out of memory", "the arena takes 0.00 GiB", "0.00 GiB of 0.00 GiB are free", "lower the replay, the minibatch"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("got %v, want %q in it", err, word)
		}
	}
	m, err := b.Alloc(16)
	if err != nil {
		t.Fatalf("less memory after too much: %v", err)
	}
	defer m.Close()
	p := &kernels.Program{Name: "big", Arena: 16, Descs: []kernels.Desc{{Op: kernels.OpSumAll, Dim: [kernels.MaxDims]int64{16}, Arg: [kernels.MaxArgs]int64{0, 0}}}}
	p.Local = 1 << 20
	p.Descs = append([]kernels.Desc{{Op: kernels.OpLoop, Dim: [kernels.MaxDims]int64{1, 1, 1}}}, p.Descs...)
	p.Steps = make([]kernels.Step, 2)
	if _, err := b.Compile(p); err == nil || !strings.Contains(err.Error(), `scratch memory of program "big" takes`) || !strings.Contains(err.Error(), "the minibatch") {
		t.Errorf("scratch: %v", err)
	}
}

// TestFault makes the device fail in a replayed graph: the first call that waits returns the fault and
// its op, and so does every later call.
func TestFault(t *testing.T) {
	needFake(t)
	b := open(t, kernels.Options{})
	polyak := kernels.Desc{Op: kernels.OpPolyak, Dim: [kernels.MaxDims]int64{4}, Arg: [kernels.MaxArgs]int64{4, 0}} // has a launch of its own
	p := &kernels.Program{Name: "squares", Arena: 8, Descs: []kernels.Desc{unary(kernels.FnSquare, 4, 0, 4), polyak}}
	e, m := loaded(t, b, p, make([]float32, 8))
	if err := errors.Join(e.Run(m, 1), b.Sync()); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GMEL_FAKE_FAULT", "6")
	if err := e.Run(m, 2); err != nil {
		t.Errorf("Run does not wait: %v", err)
	}
	err := b.Sync()
	for _, word := range []string{`gpu:0: the device has failed in program "squares", op 1 (polyak`, "IllegalAddress"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("got %v, want %q in it", err, word)
		}
	}
	for what, again := range map[string]error{
		"Sync": b.Sync(), "Run": e.Run(m, 1), "Upload": m.Upload(0, []float32{1}), "Download": m.Download(make([]float32, 1), 0),
	} {
		if !errors.Is(again, err) && (again == nil || again.Error() != err.Error()) {
			t.Errorf("%s after the fault: %v", what, again)
		}
	}
	if _, err := b.Alloc(1); err == nil {
		t.Error("memory of a device that has failed")
	}
}

func TestDebugNamesAFault(t *testing.T) {
	needFake(t)
	b := open(t, kernels.Options{Debug: true})
	p := &kernels.Program{Name: "squares", Arena: 8, Descs: []kernels.Desc{unary(kernels.FnSquare, 4, 0, 4), unary(kernels.FnAbs, 4, 4, 0)}}
	e, m := loaded(t, b, p, make([]float32, 8))
	t.Setenv("GMEL_FAKE_FAULT", "2")
	if err := e.Run(m, 1); err == nil || !strings.Contains(err.Error(), `program "squares", op 1 (unary`) {
		t.Errorf("got %v, want op 1", err)
	}
}

func TestProfile(t *testing.T) {
	b := open(t, kernels.Options{Profile: true})
	p := &kernels.Program{Name: "squares", Arena: 8192, Descs: []kernels.Desc{unary(kernels.FnExp, 4096, 0, 4096), unary(kernels.FnAbs, 4, 4096, 0)}}
	e, m := loaded(t, b, p, make([]float32, 8192))
	if err := e.Run(m, 3); err != nil {
		t.Fatal(err)
	}
	f := e.(kernels.Profiler).Profile()
	if f.Runs != 3 || f.Threads != 1 || len(f.Seconds) != 2 || !(f.Seconds[0] > 0) || !(f.Seconds[1] > 0) {
		t.Errorf("profile %+v", f)
	}
}

func TestAfterClose(t *testing.T) {
	b := open(t, kernels.Options{})
	e, m := loaded(t, b, &kernels.Program{Name: "abs", Arena: 8, Descs: []kernels.Desc{unary(kernels.FnAbs, 4, 0, 4)}}, make([]float32, 8))
	if err := errors.Join(e.Run(m, 1), e.Close(), m.Close()); err != nil {
		t.Fatal(err)
	}
	if e.Run(m, 1) == nil || m.Upload(0, []float32{1}) == nil {
		t.Error("closed things work")
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if b.Sync() == nil {
		t.Error("Sync of a closed backend")
	}
}
