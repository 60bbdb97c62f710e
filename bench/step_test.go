package bench

import (
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// Repeated steps on the same numbers lower the loss of critic and actor.
func TestStepsLowerTheLoss(t *testing.T) {
	backend, err := kernels.Open("ref", kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	for _, c := range []Case{Critic(3, 7, 16), AMARLActor(4, 3, 16)} {
		r, err := c.Open(backend)
		if err != nil {
			t.Fatal(err)
		}
		first := lossOf(t, r)
		if err := r.Run(30); err != nil {
			t.Fatal(err)
		}
		if last := lossOf(t, r); !(last < first) {
			t.Errorf("%s: the loss went from %g to %g in 30 steps", c.Name, first, last)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// lossOf is the loss before the step that it takes.
func lossOf(t *testing.T, r Running) float32 {
	t.Helper()
	if err := r.Run(1); err != nil {
		t.Fatal(err)
	}
	return find(t, r.State, "loss").Data[0]
}

func find(t *testing.T, from func() ([]Array, error), name string) Array {
	t.Helper()
	arrays, err := from()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(arrays, func(a Array) bool { return a.Name == name })
	if at < 0 {
		t.Fatalf("no %s", name)
	}
	return arrays[at]
}

// What an update will draw are rows of the replay and legal actions; drawing changes nothing. That they are
// the update's own shows where another implementation is given them.
func TestDraws(t *testing.T) {
	backend, err := kernels.Open("ref", kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	r, err := openUpdate(backend, 4, 3, 8)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	u := r.(*update)
	rows, next := find(t, u.draws, "rows"), find(t, u.draws, "next")
	if again := find(t, u.draws, "rows"); !slices.Equal(again.Data, rows.Data) {
		t.Error("drawing has changed something")
	}
	memory, n := u.trainer.Workshop().Memory(), u.trainer.Workshop().Sizes
	masks := find(t, func() ([]Array, error) { return u.kept(func(name string) string { return name }) }, "replay/next_mask")
	for i, a := range next.Data {
		row := int(rows.Data[i/n.Agents])
		if row >= memory.Filled() || masks.Data[(row*n.Agents+i%n.Agents)*n.Actions+int(a)] == 0 {
			t.Errorf("action %g of row %d is illegal", a, row)
		}
	}
	if err := u.Run(1); err != nil {
		t.Fatal(err)
	}
	if after := find(t, u.draws, "rows"); slices.Equal(after.Data, rows.Data) {
		t.Error("the next update would draw the same rows")
	}
}
