package marl_test

import (
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/amarl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/sim"
)

// deviceBackend is a backend whose device can play environments.
type deviceBackend struct{ kernels.Backend }

const stateBytes = 5_000_000

func (deviceBackend) StateBytes(*kernels.Image) (int64, error) { return stateBytes, nil }

// limitedBackend is a backend whose device has its own memory; the launches of every Program allocate some of it.
type limitedBackend struct{ kernels.Backend }

func (limitedBackend) FreeMemory() int64                         { return 0 }
func (limitedBackend) ScratchOf(*kernels.Program) (int64, error) { return 1_000_000, nil }

// The plan counts the memory of the launches of all Programs, besides the arena.
func TestPlanCountsLaunches(t *testing.T) {
	c, s := tiny(1), mustLoad(t, "population:6")
	w, err := sim.New(s, c.Worlds, 1)
	if err != nil {
		t.Fatal(err)
	}
	var bytes [2]int64
	for i, backend := range []kernels.Backend{marltest.OpenBackend(t, "ref", 1), limitedBackend{marltest.OpenBackend(t, "ref", 1)}} {
		p, err := marl.Plan(c, marl.OffloadingFor(&c, w), backend, 1)
		if err != nil {
			t.Fatal(err)
		}
		bytes[i] = p.Memory().Bytes()
		if got := strings.Contains(p.Memory().String(), "launches 4 MB"); got != (i == 1) {
			t.Errorf("the plan is %s", p.Memory())
		}
	}
	if bytes[1]-bytes[0] != 4_000_000 {
		t.Errorf("%d bytes, and %d with launches", bytes[0], bytes[1])
	}
}

func mustLoad(t *testing.T, name string) *sim.Scenario {
	t.Helper()
	s, err := sim.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The plan counts worlds on the device, and the run says where they are played and why.
func TestPlanCountsWorldsOnTheDevice(t *testing.T) {
	for _, x := range []struct {
		neighbours int
		backend    kernels.Backend
		want       kernels.Residency
	}{
		{0, deviceBackend{marltest.OpenBackend(t, "ref", 1)}, kernels.Residency{Device: true, Bytes: stateBytes}},
		{0, marltest.OpenBackend(t, "ref", 1), kernels.Residency{}},
		{3, deviceBackend{marltest.OpenBackend(t, "ref", 1)}, kernels.Residency{Device: true, Bytes: stateBytes}},
	} {
		c := tiny(1)
		c.Attention().Neighbours = x.neighbours
		w, err := sim.New(mustLoad(t, "population:6"), c.Worlds, 1)
		if err != nil {
			t.Fatal(err)
		}
		env := marl.OffloadingFor(&c, w)
		if w.Native() == nil && x.want.Device {
			t.Skip("this binary has no C engine")
		}
		p, err := marl.Plan(c, env, x.backend, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Worlds(); got != x.want {
			t.Errorf("worlds %+v, want %+v", got, x.want)
		}
		text := p.Memory().String()
		if got := strings.Contains(text, "worlds 5 MB"); got != x.want.Device {
			t.Errorf("the plan is %s", text)
		}
		if err := p.Memory().Fit(stateBytes); x.want.Device && (err == nil || !strings.Contains(err.Error(), "5 MB of it are for worlds: lower train.worlds")) {
			t.Errorf("without room: %v", err)
		}
	}
}

// The planned size of a checkpoint is that of its data and of the padding between parameters, which is not written: less than 1 %
// more, for a memory that the run fills in part and for one that it fills.
func TestPlanKnowsTheCheckpoint(t *testing.T) {
	for _, replay := range []int{2000, 80} { // transitions; the run plays 88
		c, s := tiny(3), mustLoad(t, "population:6")
		c.Own.(*amarl.Config).Replay = replay
		w, err := sim.New(s, c.Worlds, 1)
		if err != nil {
			t.Fatal(err)
		}
		trainer, err := marl.NewTrainer(c, marl.OffloadingFor(&c, w), marltest.OpenBackend(t, "ref", 1), 1)
		if err != nil {
			t.Fatal(err)
		}
		defer trainer.Close()
		if err := trainer.Run(t.Context(), marl.Hooks{}); err != nil {
			t.Fatal(err)
		}
		state, err := trainer.State()
		if err != nil {
			t.Fatal(err)
		}
		bytes := int64(0)
		for _, x := range state.Tensors {
			bytes += 4 * int64(len(x.Data))
		}
		if planned, most := trainer.CheckpointSize().Bytes, trainer.CheckpointMemory().Bytes; bytes > planned || planned > bytes+bytes/100 || (planned == most) != (replay == 80) {
			t.Errorf("replay %d: %d bytes, planned %d, at most %d", replay, bytes, planned, most)
		}
	}
}
