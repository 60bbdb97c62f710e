package marl

import (
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/sim"
)

// hotel is a backend whose device holds images.
type hotel struct{ kernels.Backend }

const roomBytes = 5_000_000

func (hotel) RoomFor(*kernels.Image) (int64, error) { return roomBytes, nil }

// The plan counts worlds on the device, and the run knows who plays them and why.
func TestPlanCountsWorldsOnTheDevice(t *testing.T) {
	for _, x := range []struct {
		neighbours int
		backend    kernels.Backend
		want       kernels.Stay
	}{
		{0, hotel{openBackend(t, "ref", 1)}, kernels.Stay{Device: true, Bytes: roomBytes}},
		{0, openBackend(t, "ref", 1), kernels.Stay{}},
		{3, hotel{openBackend(t, "ref", 1)}, kernels.Stay{Device: true, Bytes: roomBytes}},
	} {
		c := tiny(1)
		c.Neighbours = x.neighbours
		s, err := sim.Load("population:6")
		if err != nil {
			t.Fatal(err)
		}
		w, err := sim.New(s, c.Worlds, 1)
		if err != nil {
			t.Fatal(err)
		}
		env := OffloadingFor(&c, w)
		if w.Native() == nil && x.want.Device {
			t.Skip("this binary has no C engine")
		}
		p, err := Plan(c, env, x.backend, 1)
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
		if err := p.Memory().Fit(roomBytes); x.want.Device && (err == nil || !strings.Contains(err.Error(), "worlds take 5 MB of it: lower train.worlds")) {
			t.Errorf("without room: %v", err)
		}
	}
}
