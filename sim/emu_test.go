//go:build emu

package sim

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/sim/engine/cuda"
)

// TestDeviceGivesTheSameBits plays random scenarios on the emulated CUDA kernel, in every order of
// threads, and on an engine of the host. State and results must be equal after every slot.
// GMEL_SLOTS sets the number of slots, summed over worlds; GMEL_SEED chooses other scenarios.
func TestDeviceGivesTheSameBits(t *testing.T) {
	slots, first := environ(t, "GMEL_SLOTS", 1000), environ(t, "GMEL_SEED", 1)
	info, err := kernels.Describe("emu")
	if err != nil {
		t.Fatal(err)
	}
	played, combined, options := 0, 0, map[string]int{}
	for seed := uint64(first); (played < slots || combined < 30 || combined < 100 && len(options) < optionCount) && !t.Failed(); seed++ {
		d := dice{rand.New(rand.NewPCG(seed, 7))}
		s := d.scenario(t)
		for s.IEDs > 300 && d.IntN(4) > 0 { // large scenarios take long and are drawn often
			s = d.scenario(t)
		}
		played += compareDevice(t, d, s, seed, info.ISAs[seed%uint64(len(info.ISAs))])
		on := optionsOf(s)
		for _, o := range on {
			options[o]++
		}
		if len(on) > 1 {
			combined++
		}
	}
	t.Logf("%d slots of worlds; options %v, %d times several", played, options, combined)
	if len(options) < optionCount && !t.Failed() {
		t.Errorf("options that were never on: only %v were", options)
	}
}

// device holds worlds that a Program of one op plays.
type device struct {
	worlds *Worlds
	desc   kernels.Desc
	run    kernels.Executable
	buf    kernels.Buffer
	arena  []float32
	unread []int // arguments that the device leaves as they are
}

func newDevice(t *testing.T, w *Worlds, order string, unread ...int) *device {
	t.Helper()
	backend, err := kernels.Open("emu", kernels.Options{ISA: order})
	if err != nil {
		t.Fatal(err)
	}
	w.RecordTasks(false)
	if w.Native().(kernels.Portable).Image() == nil {
		t.Fatal("the worlds stay on the host")
	}
	d := &device{worlds: w, desc: kernels.StepOf(0, w.Native()), unread: unread}
	spec, _ := kernels.SpecOf(d.desc.Op)
	for i, a := range spec.Args {
		d.desc.Arg[i] = int64(len(d.arena))
		d.arena = append(d.arena, make([]float32, a.Len(&d.desc))...)
	}
	p := &kernels.Program{Name: "slot", Descs: []kernels.Desc{d.desc}, Arena: int64(len(d.arena)), Environments: []kernels.Environment{w.Native()}}
	for _, a := range unread {
		p.Unread = append(p.Unread, kernels.Unread{Arg: a})
	}
	if d.run, err = backend.Compile(p); err != nil {
		t.Fatal(err)
	}
	if d.buf, err = backend.Alloc(len(d.arena)); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *device) step(actions []int32) error {
	for i, a := range actions {
		d.arena[i] = float32(a)
	}
	if err := d.buf.Upload(0, d.arena[:len(actions)]); err != nil {
		return err
	}
	if err := d.run.Run(d.buf, 1); err != nil {
		return err
	}
	return d.buf.Download(d.arena, 0)
}

// arg is an argument of the slot.
func (d *device) arg(i int) []float32 {
	spec, _ := kernels.SpecOf(kernels.OpStep)
	return d.arena[d.desc.Arg[i]:][:spec.Args[i].Len(&d.desc)]
}

// differs plays the same actions with the host's worlds and names a result that differs.
func (d *device) differs(t *testing.T, host *Worlds) string {
	t.Helper()
	want := make([][]float32, kernels.MaxArgs)
	for i := range want {
		want[i] = slices.Clone(d.arg(i))
	}
	if err := host.Native().Play(kernels.SlotOf(func(i int) []float32 { return want[i] })); err != nil {
		t.Fatal(err)
	}
	spec, _ := kernels.SpecOf(kernels.OpStep)
	for i, a := range spec.Args {
		if slices.Contains(d.unread, i) {
			clear(want[i]) // as in the beginning
		}
		if !slices.Equal(want[i], d.arg(i)) {
			return a.Name
		}
	}
	return ""
}

// compareDevice plays a scenario and returns the number of slots, summed over worlds.
func compareDevice(t *testing.T, d dice, s *Scenario, seed uint64, order string) int {
	t.Helper()
	worlds, numbered := 1+d.IntN(max(1, min(6, 400/s.IEDs))), d.flag()
	slice := Slice{First: int(seed % 3 * 5), Worlds: worlds, All: worlds + 10}
	spec, err := NewSlice(s, slice, seed)
	if err != nil {
		t.Fatal(err)
	}
	guest, err := NewSlice(s, slice, seed)
	if err != nil {
		t.Fatal(err)
	}
	spec.RecordTasks(false)
	number := func() {
		spec.NumberByNearest(numbered)
		guest.NumberByNearest(numbered)
	}
	number()
	spec.ShowServers(seed%2 == 0)
	guest.ShowServers(seed%2 == 0)
	dev := newDevice(t, guest, order, [][]int{nil, {kernels.StepNextMask}, {kernels.StepNextObs}, {kernels.StepNextObs, kernels.StepNextMask}}[seed/2%4]...)
	defer dev.run.Close()
	actions := make([]int32, spec.W*spec.A)
	steps := s.Time.Slots + d.IntN(s.Time.Slots+3)
	restoreAt, renumberAt := d.IntN(steps), d.IntN(4*steps)
	for step := range steps {
		if step == renumberAt { // the change must reach the device
			numbered = !numbered
			number()
		}
		d.act(spec, actions)
		if err := dev.step(actions); err != nil {
			t.Fatal(err)
		}
		if name := dev.differs(t, spec); name != "" {
			t.Errorf("seed %d, order %s, numbered %t, slot %d: %s in the arena differs", seed, order, numbered, step, name)
			return 0
		}
		if d.IntN(2) > 0 && step != restoreAt {
			continue // the state stays on the device
		}
		if want := marshal(t, spec); !bytes.Equal(want, marshal(t, guest)) {
			t.Errorf("seed %d, order %s, %d worlds, numbered %t, slot %d of\n%s: %s differs",
				seed, order, worlds, numbered, step, s.YAML(), difference(spec, guest))
			return 0
		} else if step == restoreAt {
			guest.ResetTo(99)
			if err := guest.UnmarshalBinary(want); err != nil {
				t.Fatal(err)
			}
		}
	}
	return steps * worlds
}

// nearestFirst plays an episode, on the device and on the host, in which all IEDs send to their nearest
// ES. Both must agree. It returns the host's worlds at the beginning of the next episode.
func nearestFirst(t *testing.T, s *Scenario) *Worlds {
	t.Helper()
	var both [2]*Worlds
	for i := range both {
		w, err := New(s, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		w.RecordTasks(false)
		both[i] = w
	}
	host, guest := both[0], both[1]
	dev, actions := newDevice(t, guest, ""), make([]int32, host.A)
	defer dev.run.Close()
	for slot := range s.Time.Slots {
		for i := range actions {
			actions[i] = min(1, host.model[i]+1)
		}
		if err := dev.step(actions); err != nil {
			t.Fatal(err)
		}
		if name := dev.differs(t, host); name != "" {
			t.Errorf("slot %d: %s in the arena differs", slot, name)
		}
	}
	if !bytes.Equal(marshal(t, host), marshal(t, guest)) {
		t.Error("the worlds differ")
	}
	return host
}

// TestDeviceServesTheLastOfMostServers serves the tasks of the last ES, whose keys are the largest numbers. With as many links as are
// allowed, keys have all 64 bits: 14 for the ES, 31 for the arrival, 19 for the IED.
func TestDeviceServesTheLastOfMostServers(t *testing.T) {
	for _, c := range []struct {
		ieds, servers, slots int
		discipline           string
	}{{20, maxServers, 4, ""}, {20, maxServers, 4, DisciplineSharing}, {maxLinks / 10000, 10000, 1, ""}} {
		s := paper(t, func(s *Scenario) {
			s.IEDs, s.Servers, s.Time.Slots, s.Tasks.Probability, s.Compute.Discipline = c.ieds, c.servers, c.slots, 1, c.discipline
			s.Hall.ServerPositions = append(make([]Point, s.Servers-1), Point{s.Hall.WidthM / 2, s.Hall.DepthM / 2})
		})
		w := nearestFirst(t, s)
		if last := int32(c.servers - 1); !slices.Contains(w.cand, last) {
			t.Errorf("no IED has ES %d, so this tests nothing", last)
		}
	}
}

// TestDeviceSortsMoreThanSharedMemoryHolds sorts keys of tasks, without options and with batches, which mark keys.
func TestDeviceSortsMoreThanSharedMemoryHolds(t *testing.T) {
	for _, most := range []int{0, 16} {
		nearestFirst(t, paper(t, func(s *Scenario) {
			s.IEDs, s.Servers, s.Time.Slots, s.Compute.Batch.Max = 30000, 200, 2, most
		}))
	}
}

// TestDeviceRefusesIllegalActions: the error names the IED, and the worlds stay as they were.
func TestDeviceRefusesIllegalActions(t *testing.T) {
	w, err := New(paper(t, nil), 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	dev := newDevice(t, w, "")
	before, actions := marshal(t, w), make([]int32, w.W*w.A)
	defer dev.run.Close()
	for i := range actions {
		actions[i] = int32(w.U) // in every world, so that none moves on
	}
	if err := dev.step(actions); err == nil || !strings.Contains(err.Error(), "action 5 is illegal") {
		t.Errorf("error %v", err)
	}
	if err := w.Home(); err != nil || !bytes.Equal(before, marshal(t, w)) {
		t.Errorf("the worlds moved on, or: %v", err)
	}
	if err := dev.step(make([]int32, w.W*w.A)); err != nil {
		t.Errorf("the next slot: %v", err)
	}
}
