package marl

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/gmel-go/gmel/sim"
)

// grouped is the offloading game with the IEDs of a world in another order: by their nearest ES, ties by
// their number, as it was when the episode began. Networks are the same for all IEDs, so the order
// changes nothing but who is beside whom, which Config.Neighbours needs.
type grouped struct {
	w                                  *sim.Worlds
	order                              []int32 // [W, A] the IED at a place
	actions                            []int32 // [W, A] by IED
	nearest                            []int32 // [W, A] by IED
	obs, mask, reward, finObs, finMask []float32
	active                             []bool
}

func newGrouped(w *sim.Worlds) *grouped {
	w.RecordTasks(false)
	n := w.W * w.A
	g := &grouped{
		w: w, order: make([]int32, n), actions: make([]int32, n), nearest: make([]int32, n), obs: make([]float32, n*w.O), mask: make([]float32, n*w.U),
		reward: make([]float32, n), finObs: make([]float32, n*w.O), finMask: make([]float32, n*w.U), active: make([]bool, n),
	}
	w.Nearest(g.nearest)
	for world := range w.W {
		g.sort(world)
	}
	g.show()
	return g
}

// sort orders the IEDs of a world whose episode begins.
func (g *grouped) sort(world int) {
	at := world * g.w.A
	order := g.order[at:][:g.w.A]
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(g.nearest[at+int(a)], g.nearest[at+int(b)]) })
}

// show copies what the worlds show.
func (g *grouped) show() {
	rows(g, g.obs, g.w.Obs, g.w.O)
	rows(g, g.mask, g.w.Mask, g.w.U)
}

// rows copies rows of a width from the order of the worlds to that of the places.
func rows[T any](g *grouped, to, from []T, width int) {
	for i, ied := range g.order {
		first := i - i%g.w.A
		copy(to[i*width:][:width], from[(first+int(ied))*width:])
	}
}

func (g *grouped) Step(actions []int32) error {
	for i, ied := range g.order {
		g.actions[i-i%g.w.A+int(ied)] = actions[i]
	}
	if err := g.w.Step(g.actions); err != nil {
		return err
	}
	rows(g, g.reward, g.w.Reward, 1)
	rows(g, g.active, g.w.HadTask, 1)
	if slices.Contains(g.w.Truncated, true) || slices.Contains(g.w.Terminated, true) {
		rows(g, g.finObs, g.w.FinalObs, g.w.O)
		rows(g, g.finMask, g.w.FinalMask, g.w.U)
		g.w.Nearest(g.nearest)
		for world := range g.w.W {
			if g.w.Truncated[world] || g.w.Terminated[world] {
				g.sort(world)
			}
		}
	}
	g.show()
	return nil
}

// Homebound implements kernels.Homebound.
func (*grouped) Homebound() string { return "train.neighbours reorders the IEDs in Go" }

func (g *grouped) Sizes() (int, int, int, int) { return g.w.W, g.w.A, g.w.O, g.w.U }
func (g *grouped) Obs() []float32              { return g.obs }
func (g *grouped) Mask() []float32             { return g.mask }
func (g *grouped) Reward() []float32           { return g.reward }
func (g *grouped) Active() []bool              { return g.active }
func (g *grouped) Terminated() []bool          { return g.w.Terminated }
func (g *grouped) Truncated() []bool           { return g.w.Truncated }
func (g *grouped) FinalObs() []float32         { return g.finObs }
func (g *grouped) FinalMask() []float32        { return g.finMask }

// MarshalBinary is the order, then the worlds.
func (g *grouped) MarshalBinary() ([]byte, error) {
	worlds, err := g.w.MarshalBinary()
	if err != nil {
		return nil, err
	}
	order, err := binary.Append(nil, binary.LittleEndian, g.order)
	return append(order, worlds...), err
}

func (g *grouped) UnmarshalBinary(data []byte) error {
	n, err := binary.Decode(data, binary.LittleEndian, g.order)
	if err != nil {
		return fmt.Errorf("marl: the order of the IEDs: %w", err)
	}
	for i, ied := range g.order {
		if ied < 0 || int(ied) >= g.w.A {
			return fmt.Errorf("marl: the order of the IEDs has IED %d at place %d", ied, i)
		}
	}
	if err := g.w.UnmarshalBinary(data[n:]); err != nil {
		return err
	}
	g.show()
	return nil
}
