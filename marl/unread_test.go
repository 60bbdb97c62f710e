package marl_test

import (
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
)

// On-policy algorithms value the successor state of a slot but need no mask of it; the others keep both in their replay.
func TestSuccessorsThatAlgorithmsRead(t *testing.T) {
	mask := []int{kernels.StepNextMask}
	for algo, want := range map[string][]int{
		"amarl-ppo": mask, "ippo": mask, "mappo": mask, "maa2c": mask,
		"amarl": nil, "isac": nil, "selfish": nil, "maddpg": nil, "d3qn": nil, "vdn": nil, "qmix": nil,
	} {
		slot := slotOf(t, frozenConfig(algo, false, 0))
		step := slices.IndexFunc(slot.Descs, func(d kernels.Desc) bool { return d.Op == kernels.OpStep })
		var got []int
		for _, u := range slot.Unread {
			if u.Op != step {
				t.Errorf("%s: op %d is the step, %+v is unread", algo, step, u)
			}
			got = append(got, u.Arg)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: arguments %d of the step are unread, want %d", algo, got, want)
		}
	}
}

// slotOf is the Program of a slot.
func slotOf(t *testing.T, c marl.Config) *kernels.Program {
	t.Helper()
	programs := untrained(t, c).Programs()
	at := slices.IndexFunc(programs, func(p *kernels.Program) bool { return p.Name == "slot" })
	if at < 0 {
		t.Fatalf("no Program of a slot among %d", len(programs))
	}
	return programs[at]
}
