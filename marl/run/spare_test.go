package run

import (
	"bytes"
	"os"
	"testing"

	"github.com/gmel-go/gmel/nn/train"
)

// A run that is trained to its end keeps no transitions. Its table can be made again, to the byte.
func TestCompleteRunForgetsItsReplay(t *testing.T) {
	c := load(t, Sources{Algo: "amarl", Scenario: "population:20", Backend: "ref", Sets: []string{
		"table_episodes=2", "scenario.time.slots=10", "train.updates=2", "train.worlds=4", "train.warmup_slots=4", "train.eval_every=0",
		"train.eval_episodes=2", "amarl.replay=64", "amarl.batch=8", "amarl.hidden=16", "amarl.actor_hidden=16",
	}})
	t.Chdir(t.TempDir())
	r, err := Train(t.Context(), c, train.Options{Out: "run"})
	if err != nil {
		t.Fatal(err)
	}
	saved, _, err := r.Folder.Latest()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range saved.State.Tensors {
		if x.Name == "replay.obs" && len(x.Data) > 0 {
			t.Errorf("the checkpoint has %v observations", x.Shape)
		}
	}
	want, err := os.ReadFile("run/" + TableJSON)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove("run/" + TableJSON); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(t.Context(), "run", Sources{}, train.Options{}); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile("run/" + TableJSON); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the table made again differs, %v", err)
	}
}
