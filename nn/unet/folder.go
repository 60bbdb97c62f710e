package unet

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/internal/safetensors"
	"github.com/gmel-go/gmel/nn"
)

// The files of a folder that diffusers writes.
const (
	configFile   = "config.json"
	weightsFile  = "diffusion_pytorch_model.safetensors"
	pipelineFile = "model_index.json"
)

// augmentEmbedding is the parameter that diffusers does not have. Without a bias it adds nothing to samples, so a saved network
// does without it.
const augmentEmbedding = "augment_embedding"

// frequencies is the weight whose inputs are the sines and cosines of time.
const frequencies = "time_embedding.linear_1.weight"

// Load reads the network of a folder that UNet2DModel.save_pretrained of the library diffusers has written, or Save, and
// its parameters: the host copy of Placed.Flat. It is strict: every setting must be one that the network has, and the
// tensors must be those of the settings, no more and no less.
func Load(dir, name string) (*Model, []float32, error) {
	path := filepath.Join(dir, configFile)
	text, err := os.ReadFile(path)
	if err != nil {
		if _, is := os.Stat(filepath.Join(dir, pipelineFile)); errors.Is(err, os.ErrNotExist) && is == nil {
			return nil, nil, fmt.Errorf("unet: %s is the folder of a pipeline; name its part with the network, such as %s", dir, filepath.Join(dir, "unet"))
		}
		return nil, nil, fmt.Errorf("unet: %w", err)
	}
	s, err := parse(text)
	if err != nil {
		return nil, nil, fmt.Errorf("unet: %s: %w", path, err)
	}
	c, err := s.config()
	if err != nil {
		return nil, nil, fmt.Errorf("unet: %s: %w", path, err)
	}
	m, err := New(name, c)
	if err != nil {
		return nil, nil, err
	}
	flat, err := m.read(filepath.Join(dir, weightsFile), s.FlipSinToCos)
	return m, flat, err
}

// read returns the parameters of a file. With flip, the cosines of time come before the sines.
func (m *Model) read(path string, flip bool) ([]float32, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("unet: %w", err)
	}
	tensors, err := safetensors.Decode(file)
	if err != nil {
		return nil, fmt.Errorf("unet: %s: %w", path, err)
	}
	if t, ok := tensors[frequencies]; ok && flip {
		swapHalves(t)
	}
	if err := m.compare(tensors); err != nil {
		return nil, fmt.Errorf("unet: %s: %w", path, err)
	}
	return m.flat(tensors), nil
}

// compare reports the first difference between the network and tensors with the names and the layout of PyTorch.
func (m *Model) compare(tensors map[string]safetensors.Tensor) error {
	known := map[string]bool{}
	for _, q := range m.params.List() {
		name := tensorName(q)
		known[name] = true
		t, ok := tensors[name]
		if !ok {
			return fmt.Errorf("tensor %s%v is missing", name, torchShape(q))
		}
		if !slices.Equal(t.Shape, torchShape(q)) {
			return fmt.Errorf("tensor %s has shape %v, must be %v", name, t.Shape, torchShape(q))
		}
		for i, v := range t.Data {
			if x := float64(v); math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("tensor %s has the value %v at %d", name, v, i)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		if !known[name] {
			return fmt.Errorf("tensor %s%v is none of the network", name, tensors[name].Shape)
		}
	}
	return nil
}

// flat is the host copy of the parameters; the tensors are those of the network.
func (m *Model) flat(tensors map[string]safetensors.Tensor) []float32 {
	flat := make([]float32, m.params.Len())
	for _, q := range m.params.List() {
		own, data := q.Of(flat), tensors[tensorName(q)].Data
		eachWeight(q, func(ours, theirs int) { own[ours] = data[theirs] })
	}
	return flat
}

// Save writes the network with these parameters into a new folder, for UNet2DModel.from_pretrained and Load. What it
// is told of augmentation in training is left out.
func (m *Model) Save(dir string, flat []float32) error {
	files, err := m.Files(flat)
	if err != nil {
		return fmt.Errorf("unet: %s: %w", dir, err)
	}
	err = disk.WriteFolder(dir, files)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("unet: %s exists; a network is saved to a new folder", dir)
	}
	if err != nil {
		return fmt.Errorf("unet: %w", err)
	}
	return nil
}

// Files are those that Save writes, by their names.
func (m *Model) Files(flat []float32) (map[string][]byte, error) {
	s, err := settingsOf(&m.config)
	if err != nil {
		return nil, err
	}
	text, err := s.encode()
	if err != nil {
		return nil, err
	}
	weights, err := safetensors.Encode(m.tensors(flat))
	if err != nil {
		return nil, err
	}
	return map[string][]byte{configFile: text, weightsFile: weights}, nil
}

// tensors are the parameters with the names and the layout of PyTorch.
func (m *Model) tensors(flat []float32) map[string]safetensors.Tensor {
	all := map[string]safetensors.Tensor{}
	for _, q := range m.params.List() {
		if m.augment != nil && q == m.augment.W {
			continue
		}
		own := q.Of(flat)
		t := safetensors.Tensor{Shape: torchShape(q), Data: make([]float32, len(own))}
		eachWeight(q, func(ours, theirs int) { t.Data[theirs] = own[ours] })
		all[tensorName(q)] = t
	}
	return all
}

// lastParts are the names that PyTorch has for the last part of a parameter's name.
var lastParts = map[string]string{".w": ".weight", ".b": ".bias", ".gamma": ".weight", ".beta": ".bias", ".table": ".weight"}

// tensorName is the name of a parameter in diffusers.
func tensorName(q *nn.Param) string {
	at := strings.LastIndexByte(q.Name(), '.')
	return q.Name()[:at] + lastParts[q.Name()[at:]]
}

// turned reports that the layouts differ: PyTorch has the outputs of a weight first, then the inputs, then the taps;
// here the outputs are last. Tables and vectors are the same.
func turned(q *nn.Param) bool { return strings.HasSuffix(q.Name(), ".w") }

// torchShape is the shape of a parameter in PyTorch.
func torchShape(q *nn.Param) []int {
	s := q.Shape()
	if !turned(q) {
		return s
	}
	n := len(s)
	return append([]int{s[n-1], s[n-2]}, s[:n-2]...)
}

// eachWeight calls f with the places of every number of a parameter, in our layout and in PyTorch's.
func eachWeight(q *nn.Param, f func(ours, theirs int)) {
	s := q.Shape()
	n := len(s)
	taps, in, out := 1, 1, 1
	for _, d := range s[:max(n-2, 0)] {
		taps *= d
	}
	if n > 1 {
		in = s[n-2]
	}
	out = s[n-1]
	for i := range taps * in * out {
		t, c, o := i/(in*out), i/out%in, i%out
		if turned(q) {
			f(i, (o*in+c)*taps+t)
		} else {
			f(i, i)
		}
	}
}

// swapHalves exchanges the halves of every row.
func swapHalves(t safetensors.Tensor) {
	width := t.Shape[len(t.Shape)-1]
	for at := 0; at+width <= len(t.Data) && width > 0; at += width {
		row := t.Data[at : at+width]
		copy(row, append(slices.Clone(row[width/2:]), row[:width/2]...))
	}
}
