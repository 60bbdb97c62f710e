package sim

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/sim/engine"
)

// playTasks is the number of tasks that a slot is cut into for the threads of a Program.
const playTasks = 16

// Native returns the worlds as an environment that Programs play without Go, nil on the Go
// engine. What the worlds show, Obs, Reward and the others, follows; Task must not be recorded
// (see RecordTasks), or Native is nil too. Programs and Step may take turns.
func (w *Worlds) Native() kernels.Native {
	if w.native == nil || w.record {
		return nil
	}
	if w.player == nil {
		w.player = &player{w.native.NewPlayer(playTasks), w}
	}
	return w.player
}

// player is the environment of Programs.
type player struct {
	*engine.Player
	worlds *Worlds
}

// Sizes returns W, A, O and U.
func (p *player) Sizes() (worlds, agents, obs, actions int) {
	return p.worlds.W, p.worlds.A, p.worlds.O, p.worlds.U
}

// Privileged implements kernels.Privileged: the C numbers of Servers, or none.
func (p *player) Privileged() int {
	if p.worlds.telling {
		return p.worlds.p.C
	}
	return 0
}

// Play plays a slot from Go, for backends that do not call C.
func (p *player) Play(x kernels.Slot) error {
	actions := p.Actions()
	for i, a := range x.Act {
		actions[i] = int32(a)
	}
	if err := p.worlds.Step(actions); err != nil {
		return err
	}
	p.Report(&x)
	return nil
}

// Image implements kernels.Portable.
func (p *player) Image() *kernels.Image {
	w := p.worlds
	if p.HostOnly() != "" {
		return nil
	}
	w.Home() // Step and MarshalBinary return its error
	return &kernels.Image{
		Kernel: "edge", Worlds: w.W, Params: w.native.Params(), Tables: w.native.Tables(), State: w.native.State(), Complete: w.native.Show,
	}
}

// HostOnly implements kernels.HostOnly.
func (p *player) HostOnly() string {
	if p.worlds.blind {
		return "no kernel leaves the observations out"
	}
	return p.worlds.home
}

// StayHome keeps the worlds on the host, because something there reads them between two steps of a Program; why says what. Call it
// before Programs are compiled.
func (w *Worlds) StayHome(why string) { w.home = why }

// OnDevice implements kernels.Portable.
func (p *player) OnDevice(fetch func() error) { p.worlds.fetch = fetch }

// Illegal implements kernels.Portable.
func (p *player) Illegal(agent, action int) error {
	w := p.worlds
	return fmt.Errorf("sim: world %d, IED %d: action %d is illegal; allowed are those that its mask shows", agent/w.A, agent%w.A, action)
}

// Home copies the worlds back from a device that plays them for a Program. Methods call it themselves;
// code that reads Obs, Reward and the other fields must call it first. An error is an error of the
// device; the worlds are then as they were before it played them.
func (w *Worlds) Home() error {
	if fetch := w.fetch; fetch != nil {
		w.fetch = nil
		w.fetchErr = fetch()
	}
	return w.fetchErr
}

// Ready implements kernels.Native.
func (p *player) Ready() error { return p.worlds.Home() }

// Fault explains the illegal action of a slot that failed.
func (p *player) Fault() error { return p.worlds.checkActions(p.Actions()) }
