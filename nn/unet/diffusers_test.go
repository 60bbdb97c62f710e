package unet

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/internal/safetensors"
	"github.com/gmel-go/gmel/nn/machine"
)

// needDiffusers skips a test without GMEL_DIFFUSERS, an interpreter of Python with the library; see make diffusers-test.
func needDiffusers(t *testing.T) (interpreter string) {
	t.Helper()
	if interpreter = os.Getenv("GMEL_DIFFUSERS"); interpreter == "" {
		t.Skip("GMEL_DIFFUSERS is not set; make diffusers-test sets it")
	}
	return interpreter
}

// python runs testdata/peer.py.
func python(t *testing.T, arguments ...string) (out string) {
	t.Helper()
	c := exec.Command(needDiffusers(t), append([]string{"testdata/peer.py"}, arguments...)...)
	c.Stderr = &strings.Builder{}
	text, err := c.Output()
	if err != nil {
		t.Fatalf("peer.py %v: %v\n%s%v", arguments, err, text, c.Stderr)
	}
	return string(text)
}

// What diffusers writes loads here, and gives its outputs and gradients.
func TestLoadsWhatDiffusersWrites(t *testing.T) {
	dir := t.TempDir()
	python(t, "write", dir)
	networks, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(networks) < 4 {
		t.Fatalf("networks %v, error %v", networks, err)
	}
	for _, n := range networks {
		t.Run(filepath.Base(n), func(t *testing.T) {
			g := readGolden(t, n)
			g.compare(t, g.pass(t, open(t, "auto", 0)))
		})
	}
}

// What is saved here loads in diffusers without a fault, and gives the outputs of the engine.
func TestDiffusersLoadsWhatIsSaved(t *testing.T) {
	needDiffusers(t)
	all := map[string]Config{"scaled": tiny()["scaled"], "added": tiny()["added"], "ddpm": ddpm(), "colour": preset(t, "xs", []int{24, 40}, 3, 4)}
	for _, name := range Presets {
		if name != "1d" {
			all[name] = preset(t, name, []int{16, 16}, 1, 12)
		}
	}
	dir, outputs, want := t.TempDir(), map[string][]float32{}, []string{}
	for name, c := range all {
		m := model(t, c)
		outputs[name] = saveAndEvaluate(t, m, filepath.Join(dir, name))
		want = append(want, fmt.Sprintf("%s %d", name, m.Count()))
	}
	slices.Sort(want)
	if got := strings.Split(strings.TrimSpace(python(t, "read", dir)), "\n"); !slices.Equal(got, want) {
		t.Errorf("diffusers has the parameters %q, ours %q", got, want)
	}
	for name, y := range outputs {
		near(t, name, y, channelsLast(readTensors(t, filepath.Join(dir, name, "out.safetensors"))["out"]), 1e-4, false)
	}
}

// saveAndEvaluate saves a network with random parameters, and a batch beside it. It returns y of the batch.
func saveAndEvaluate(t *testing.T, m *Model, dir string) []float32 {
	t.Helper()
	const n = 2
	l, c := machine.NewLayout(), m.Config()
	net, batch := m.Params().Place(l, "net"), m.Place(l, "batch", n)
	flat := make([]float32, net.Flat.Len())
	net.Init(flat, 3)
	for i, x := range normals(len(flat), 4) { // the layers that begin as zero, too
		flat[i] += 0.02 * x
	}
	if err := m.Save(dir, flat); err != nil {
		t.Fatal(err)
	}
	in := map[machine.Tensor][]float32{net.Flat: flat, batch.X: normals(int(batch.X.Len()), 5), batch.Time: {-1, 0.5}}
	shape := append([]int{n, c.Inputs}, c.Size...)
	given := map[string]safetensors.Tensor{"x": {Shape: shape, Data: channelsFirst(in[batch.X], shape)}, "t": {Shape: []int{n}, Data: in[batch.Time]}}
	if c.Classes > 0 {
		in[batch.Class] = []float32{0, float32(c.Classes - 1)}
		given["y"] = safetensors.Tensor{Shape: []int{n}, Data: in[batch.Class]}
	}
	file, err := safetensors.Encode(given)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "in.safetensors"), file, 0o666); err != nil {
		t.Fatal(err)
	}
	b := machine.NewBuilder("evaluate", l)
	m.Evaluate(b, net, batch)
	return run(t, open(t, "auto", 0), l, b, in).numbers("batch/y")
}

// channelsFirst is the inverse of channelsLast, for a result of this shape.
func channelsFirst(x []float32, shape []int) []float32 {
	c := shape[1]
	n := len(x) / (shape[0] * c)
	y := make([]float32, len(x))
	for i := range y {
		y[i] = x[i/(n*c)*n*c+i%n*c+i/n%c]
	}
	return y
}
