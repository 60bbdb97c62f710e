package unet

import (
	"bytes"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/internal/safetensors"
	"github.com/gmel-go/gmel/nn/machine"
)

const std = 0.5 // of the data

// square is a network that puts out as many channels as it reads.
func square(c Config) Config {
	c.Outputs = c.Inputs
	return c
}

// ONNX Runtime and ONNX's reference evaluator denoise as we do, whatever the layers of the network.
func TestPeersDenoise(t *testing.T) {
	python := os.Getenv("GMEL_EXPORT_PYTHON")
	if python == "" {
		t.Skip("GMEL_EXPORT_PYTHON names no Python with ONNX Runtime; make export-test does")
	}
	all := map[string]Config{"s": preset(t, "s", []int{16, 16}, 1, 12), "xs": preset(t, "xs", []int{16, 24}, 3, 0), "1d": preset(t, "1d", []int{16}, 2, 3)}
	for name, c := range tiny() {
		all[name] = square(c)
	}
	for name, c := range all {
		dir := t.TempDir()
		denoised(t, model(t, c), dir)
		out, err := exec.CommandContext(t.Context(), python, "testdata/denoise.py", dir).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		t.Logf("%s: %s", name, out)
	}
}

// denoised writes a network with random parameters as denoiser.onnx, and a noisy batch with what we make of it.
func denoised(t *testing.T, m *Model, dir string) {
	t.Helper()
	const n = 2
	l, c := machine.NewLayout(), m.Config()
	net, batch := m.Params().Place(l, "net"), m.Place(l, "batch", n)
	flat, x := make([]float32, net.Flat.Len()), normals(int(batch.X.Len()), 5)
	net.Init(flat, 3)
	for i, v := range normals(len(flat), 4) { // the layers that begin as zero, too
		flat[i] += 0.02 * v
	}
	sigma, class := []float32{0.05, 3}, []float32{0, float32(max(0, c.Classes-1))}
	scaled, time := make([]float32, len(x)), make([]float32, n)
	for i := range x {
		s := sigma[i/(len(x)/n)]
		scaled[i] = x[i] / float32(math.Sqrt(float64(s*s+std*std)))
	}
	for i, s := range sigma {
		time[i] = float32(math.Log(float64(s)) / 4)
	}
	in := map[machine.Tensor][]float32{net.Flat: flat, batch.X: scaled, batch.Time: time}
	if c.Classes > 0 {
		in[batch.Class] = class
	}
	b := machine.NewBuilder("evaluate", l)
	m.Evaluate(b, net, batch)
	y := run(t, open(t, "auto", 0), l, b, in).numbers("batch/y")
	for i := range y {
		s := float64(sigma[i/(len(x)/n)])
		sum := s*s + std*std
		y[i] = float32(std*std/sum*float64(x[i]) + s*std/math.Sqrt(sum)*float64(y[i]))
	}
	shape := append([]int{n, c.Inputs}, c.Size...)
	given, err := safetensors.Encode(map[string]safetensors.Tensor{
		"x": {Shape: shape, Data: channelsFirst(x, shape)}, "denoised": {Shape: shape, Data: channelsFirst(y, shape)},
		"sigma": {Shape: []int{n}, Data: sigma}, "class": {Shape: []int{n}, Data: class},
	})
	if err != nil {
		t.Fatal(err)
	}
	network, err := m.Denoiser(flat, std)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"denoiser.onnx": network.Encode(), "batch.safetensors": given} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// Equal networks make equal files, and a network that puts out something else than a sample is refused.
func TestDenoiser(t *testing.T) {
	c := tiny()["scaled"]
	m := model(t, square(c))
	flat, files := normals(m.Params().Len(), 1), [2][]byte{}
	for i := range files {
		network, err := m.Denoiser(flat, std)
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for _, x := range network.Constants {
			if names[x.Name] {
				t.Errorf("two constants are %s", x.Name)
			}
			names[x.Name] = true
		}
		for _, q := range m.Params().List() {
			if !names[tensorName(q)] {
				t.Errorf("%s is missing", tensorName(q))
			}
		}
		files[i] = network.Encode()
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("the same network makes two files")
	}
	if _, err := model(t, c).Denoiser(flat, std); err == nil || !strings.Contains(err.Error(), "reads 2 channels and puts out 1") {
		t.Errorf("error %v", err)
	}
}
