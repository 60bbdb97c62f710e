package sim_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"os"
	"testing"

	"github.com/gmel-go/gmel/sim"
)

var update = flag.Bool("update", false, "rewrite the files in testdata")

// rollout is one entry of testdata/rollouts.json, which the tests of the Python package read too.
type rollout struct {
	Scenario string `json:"scenario"` // a preset or YAML
	Worlds   int    `json:"worlds"`
	Seed     uint64 `json:"seed"`
	Slots    int    `json:"slots"`
	SHA256   string `json:"sha256"`
}

// TestRollouts plays the rollouts whose bits the Python package must give. In slot t agent n of all W A
// takes action (5t + 3n) mod U, or 0 if that is illegal. After every step the arrays that callers read are
// hashed, little-endian.
func TestRollouts(t *testing.T) {
	const name = "testdata/rollouts.json"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var all []rollout
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("no rollouts")
	}
	for i := range all {
		got := all[i].play(t)
		if got != all[i].SHA256 && !*update {
			t.Errorf("%s: hash %s, want %s", all[i].Scenario, got, all[i].SHA256)
		}
		all[i].SHA256 = got
	}
	if *update {
		data, err := json.MarshalIndent(all, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, append(data, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (r *rollout) play(t *testing.T) string {
	t.Helper()
	var s *sim.Scenario
	var err error
	if sim.IsPreset(r.Scenario) {
		s, err = sim.Load(r.Scenario)
	} else {
		s, err = sim.Parse([]byte(r.Scenario), "rollout")
	}
	if err != nil {
		t.Fatal(err)
	}
	w, err := sim.New(s, r.Worlds, r.Seed)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.New()
	actions := make([]int32, w.W*w.A)
	for slot := range r.Slots {
		for n := range actions {
			action := (5*slot + 3*n) % w.U
			actions[n] = int32(action) * int32(w.Mask[n*w.U+action])
		}
		if err := w.Step(actions); err != nil {
			t.Fatal(err)
		}
		hashWorlds(t, hash, w)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// hashWorlds adds the arrays that a caller reads after a step.
func hashWorlds(t *testing.T, hash io.Writer, w *sim.Worlds) {
	t.Helper()
	var b bytes.Buffer
	for _, values := range []any{
		w.Obs, w.Mask, w.Reward, w.HadTask, w.Terminated, w.Truncated, w.FinalObs, w.FinalMask,
		w.Task.Latency, w.Task.Action, w.Task.Completed,
	} {
		if err := binary.Write(&b, binary.LittleEndian, values); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := hash.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
}
