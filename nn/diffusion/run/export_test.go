package run

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/internal/safetensors"
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/diffusion/sample"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/unet"
)

// exported trains for a moment and exports. It returns the network as a generator, too.
func exported(t *testing.T) (dir string, g *generator) {
	t.Helper()
	return exportedFrom(t, small("train.ema=0.5", "train.lr=0.01"))
}

func exportedFrom(t *testing.T, src Sources) (dir string, g *generator) {
	t.Helper()
	run, dir := filepath.Join(t.TempDir(), "run"), filepath.Join(t.TempDir(), "folder")
	c := load(t, src)
	if _, err := Start(t.Context(), c, train.Options{Out: run}); err != nil {
		t.Fatal(err)
	}
	notice := func(text string) { t.Error(text) }
	if which, err := Export(ExportOptions{Run: run, Out: dir, Notice: notice}); err != nil || which != "the network of update 6" {
		t.Fatalf("%s, error %v", which, err)
	}
	if _, err := Export(ExportOptions{Run: run, Out: dir, Notice: notice}); !train.IsUsage(err) {
		t.Errorf("a folder was written over: error %v", err)
	}
	g, _, err := latest(train.Folder(run), c, notice)
	if err != nil {
		t.Fatal(err)
	}
	return dir, g
}

// The folder has the averaged parameters, and says what its numbers mean.
func TestExport(t *testing.T) {
	dir, g := exported(t)
	m, flat, err := unet.Load(filepath.Join(dir, "unet"), "net")
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Files(flat)
	if err != nil {
		t.Fatal(err)
	}
	want, err := g.model.Files(g.flat)
	if err != nil {
		t.Fatal(err)
	}
	for name := range want {
		if string(got[name]) != string(want[name]) {
			t.Errorf("%s is not that of the network", name)
		}
	}
	var index struct {
		Data struct {
			Classes     []string
			Mean, Scale []float32
			Low, High   float32
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "model_index.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &index); err != nil {
		t.Fatal(err)
	}
	d, s := index.Data, g.data.Standard
	if strings.Join(d.Classes, " ") != strings.Join(g.data.Classes, " ") || d.Mean[0] != s.Mean[0] || d.Scale[0] != s.Scale[0] || d.Low != 0 || d.High != 255 {
		t.Errorf("the folder says %+v of a set with %v and %+v", d, g.data.Classes, s)
	}
	card, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"# run\n", "- pitted surface\n", `pipe(["crazing"])[0]`, "8 x 8 pixels, grey", "number 6, stands for"} {
		if !strings.Contains(string(card), part) {
			t.Errorf("README.md does not have %q:\n%s", part, card)
		}
	}
}

// diffusers draws from the folder what we draw from the network, from the same noise by Euler's method.
func TestDiffusersDrawsFromAnExport(t *testing.T) {
	interpreter := os.Getenv("GMEL_DIFFUSERS")
	if interpreter == "" {
		t.Skip("GMEL_DIFFUSERS is not set; make diffusers-test sets it")
	}
	dir, g := exported(t)
	backend, err := kernels.Open("ref", kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	o := request{&Sample{Sampler: "ddim", Steps: 7, Guidance: 1}, 3, each(g.data.Classes, 1), func(int, int) {}}
	drawn, err := g.draw(t.Context(), backend, o)
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	noise := safetensors.Tensor{Shape: []int{drawn.N(), 1, 8, 8}, Data: g.noise(t, backend, o)} // with one channel, last is first
	file, err := safetensors.Encode(map[string]safetensors.Tensor{"noise": noise})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(work, "in.safetensors"), file, 0o666); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(interpreter, "testdata/peer.py", dir, work, "7")
	c.Env = append(os.Environ(), "HF_HUB_OFFLINE=1", "HF_HOME="+t.TempDir(), "HF_MODULES_CACHE="+t.TempDir())
	if text, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if file, err = os.ReadFile(filepath.Join(work, "out.safetensors")); err != nil {
		t.Fatal(err)
	}
	theirs, err := safetensors.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, len(drawn.Values))
	g.data.Standard.Apply(x, drawn.Values)
	worst, varied := 0.0, false
	for i, v := range theirs["x"].Data {
		worst = max(worst, math.Abs(float64(v-x[i])))
		varied = varied || math.Abs(float64(v-x[0])) > 0.1
		if level := min(255, max(0, drawn.Values[i])); math.Abs(float64(theirs["bytes"].Data[i]-level)) > 0.51 {
			t.Fatalf("number %d of the pictures is %g, ours %g", i, theirs["bytes"].Data[i], level)
		}
	}
	if t.Logf("largest difference %.2g", worst); !(worst < 1e-4) || !varied {
		t.Errorf("samples differ by up to %g, want at most 1e-4; they vary: %t", worst, varied)
	}
}

// sample.py draws from the folder what we draw, from the same noise: pictures, and windows of sensors.
func TestPeersDrawFromAnExport(t *testing.T) {
	interpreter := os.Getenv("GMEL_EXPORT_PYTHON")
	if interpreter == "" {
		t.Skip("GMEL_EXPORT_PYTHON is not set; make export-test sets it")
	}
	backend, err := kernels.Open("ref", kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	documents, err := filepath.Abs("../../../docs/export.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, src := range map[string]Sources{"pictures": small(), "windows": smallSensors(sensors(t, 6))} {
		dir, g := exportedFrom(t, src)
		page := documents
		if name == "windows" {
			page = filepath.Join(dir, "README.md")
		}
		o := request{&Sample{Sampler: "ddim", Steps: 7, Guidance: 1}, 3, each(g.data.Classes, 1), func(int, int) {}}
		drawn, err := g.draw(t.Context(), backend, o)
		if err != nil {
			t.Fatal(err)
		}
		shape := append([]int{drawn.N()}, g.data.Shape...)
		file, err := safetensors.Encode(map[string]safetensors.Tensor{
			"noise": {Shape: shape, Data: g.noise(t, backend, o)}, "values": {Shape: shape, Data: drawn.Values},
		})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "drawn.safetensors")
		if err := os.WriteFile(path, file, 0o666); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(interpreter, "testdata/onnx.py", dir, path, "7", page).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		t.Logf("%s: %s", name, out)
	}
}

// A model of windows has a folder without the files of diffusers.
func TestExportOfWindows(t *testing.T) {
	dir, _ := exportedFrom(t, smallSensors(sensors(t, 6)))
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name())
	}
	if got := strings.Join(names, " "); got != "README.md denoiser.onnx sample.py" {
		t.Errorf("the folder has %s", got)
	}
	card, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"windows of 8 moments and 2 channels", "- leak\n", "- Temp\n", `sample(["leak"], 18, noise)`} {
		if !strings.Contains(string(card), part) {
			t.Errorf("README.md does not have %q:\n%s", part, card)
		}
	}
}

// noise is x at the first level: a plan of one evaluation returns it.
func (g *generator) noise(t *testing.T, backend kernels.Backend, r request) []float32 {
	t.Helper()
	level := diffusion.EDMLevel(highestSigma)
	plan := diffusion.Plan{{Level: level, To: level, Slope: diffusion.Slope{D: 1}, Next: diffusion.Sum{X: 1}}}
	s, err := sample.New(backend, g.model, g.flat, plan, sample.Options{Batch: len(r.classes), Predict: diffusion.PredictEDM, Seed: r.seed, Guidance: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	classes := make([]float32, len(r.classes))
	x, err := s.Run(sample.Request{Classes: classes})
	if err != nil {
		t.Fatal(err)
	}
	return x
}
