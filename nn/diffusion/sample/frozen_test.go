package sample

import (
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"maps"
	"os"
	"testing"

	"github.com/gmel-go/gmel/nn/diffusion"
)

var update = flag.Bool("update", false, "rewrite testdata/frozen.json")

const frozenFile = "testdata/frozen.json"

// frozen is testdata/frozen.json.
type frozen struct {
	Generator string            `json:"generator"` // the command that writes the file
	Meaning   string            `json:"meaning"`
	Samples   map[string]string `json:"samples"`
}

// TestFrozen: no bit of a sample moves unseen, on any backend. A commit that changes the hashes must say why.
func TestFrozen(t *testing.T) {
	got := frozen{
		Generator: "go test -run TestFrozen ./nn/diffusion/sample -update",
		Meaning:   "FNV-1a of the bits of three samples of the tests' small network, by sampler",
		Samples:   hashes(t, "ref"),
	}
	if cpu := hashes(t, "cpu"); !maps.Equal(cpu, got.Samples) {
		t.Errorf("other bits on cpu: %v, want %v", cpu, got.Samples)
	}
	if *update {
		text, err := json.MarshalIndent(got, "", "  ")
		if err == nil {
			err = os.WriteFile(frozenFile, append(text, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(frozenFile)
	if err != nil {
		t.Fatal(err)
	}
	var want frozen
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	if len(got.Samples) != len(want.Samples) {
		t.Errorf("%d hashes, want %d", len(got.Samples), len(want.Samples))
	}
	for name, hash := range got.Samples {
		if hash != want.Samples[name] {
			t.Errorf("%s: %s, want %s", name, hash, want.Samples[name])
		}
	}
}

// hashes draws by every sampler.
func hashes(t *testing.T, backend string) map[string]string {
	t.Helper()
	b, guide := open(t, backend, 2), worse(t)
	image, known := picture()
	list := map[string]string{}
	add := func(name string, plan diffusion.Plan, o Options, r Request) {
		o.Batch, o.Predict, o.Seed = 3, diffusion.PredictEDM, 9
		r.First, r.Classes = 5, classes
		list[name] = hash(draw(t, b, plan, o, r))
	}
	for name, plan := range plans() {
		add(name, plan, Options{Guidance: 1}, Request{})
		add(name+", guided", plan, Options{Guidance: 1.5, Clip: 0.7}, Request{})
		add(name+", by a guide", plan, Options{Guidance: 2.5, Guide: guide}, Request{})
		add(name+", from an image", plan, Options{Guidance: 1}, Request{Image: image})
	}
	for name, plan := range inpaints(t) {
		add(name+", a part", plan, Options{Guidance: 1.5}, Request{Image: image, Known: known})
	}
	return list
}

// hash is FNV-1a of the bits.
func hash(x []float32) string {
	h := fnv.New64a()
	_ = binary.Write(h, binary.LittleEndian, x) // a hash takes everything
	return fmt.Sprintf("%016x", h.Sum64())
}
