package sim

import (
	"testing"

	"pgregory.net/rapid"
)

// TestOptionsThatAreOffLeaveTheHash: a scenario without options has the same hash as before options
// existed, so that old states and checkpoints stay valid.
func TestOptionsThatAreOffLeaveTheHash(t *testing.T) {
	for name, want := range map[string]uint64{"paper": 0x5073f9116f41cedf, "population": 0x6692291c0e5944d} {
		s, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := hash(t, s); got != want {
			t.Errorf("%s has the hash %#x, want %#x", name, got, want)
		}
	}
}

// TestAsManyGPUsAsTasksNeverWait: G/G/infinity.
func TestAsManyGPUsAsTasksNeverWait(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyScenario(t)
		s.IEDs, s.Time.Slots = min(s.IEDs, 12), 6
		s.Compute.ServerGPUs = []int{maxGPUs}
		w, err := New(s, 1, rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			t.Fatal(err)
		}
		actions := make([]int32, w.A)
		for range 5 {
			anyActions(t, w, actions)
			if err := w.Step(actions); err != nil {
				t.Fatal(err)
			}
			for n, wait := range w.Task.QueueWait {
				if w.Task.Server[n] >= 0 && wait != 0 {
					t.Fatalf("IED %d waits %v s among %d GPUs", n, wait, maxGPUs)
				}
			}
		}
	})
}
