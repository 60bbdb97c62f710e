package kernels

import "fmt"

// Environment is played by OpStep: W worlds of A agents. Its state is not in the arena.
type Environment interface {
	// Sizes returns the worlds W, agents A, floats O of an observation and actions U.
	Sizes() (worlds, agents, obs, actions int)
	// Play plays one slot in every world. It must not keep the slices.
	Play(s Slot) error
}

// Privileged is an Environment that tells more than its agents observe. Only critics may read it (Pinto et al.,
// "Asymmetric actor critic for image-based robot learning", RSS 2018).
type Privileged interface {
	Environment
	// Privileged returns P, the floats that it tells about each agent besides the observation.
	Privileged() int
}

// Native is an Environment that C code can play without Go.
type Native interface {
	Environment
	// Native returns the address of
	//
	//	int32_t play(void *self, int64_t task, float *const slot[SLOT_END])
	//
	// its self, both C memory, and the number of tasks that make a slot. Tasks may run at once on
	// any threads; the result must not depend on that. slot has the tensors of [Slot] in the order of slot.h. A
	// result other than 0 is a fault that Fault explains.
	Native() (play, self uintptr, tasks int)
	// Ready must be called before play: it copies the state back if a device has it.
	Ready() error
	// Fault is the error of a slot that failed.
	Fault() error
}

// Slot is what an environment takes and gives in one slot: Act is read, all else written. If the environment is
// Privileged, [W, A, P] follows [W, A, O] in Obs and in NextObs.
type Slot struct {
	Act []float32 // [W, A]

	Obs, Mask         []float32 // [W, A, O], [W, A, U] for the next decision; after the end of an episode, that of the new one
	NextObs, NextMask []float32 // the successor state of the slot: the final state if the episode ended, else equal to Obs and Mask
	Reward            []float32 // [W, A]
	Active            []float32 // [W, A] 1 if the agent had a decision to make, else 0
	Ended             []float32 // [W, A] how the episode of the world ended, one of the three below
}

// Tensors are the fields in the order of the arguments of OpStep, which is that of slot.h.
func (s *Slot) Tensors() [MaxArgs]*[]float32 {
	return [...]*[]float32{&s.Act, &s.Obs, &s.Mask, &s.NextObs, &s.NextMask, &s.Reward, &s.Active, &s.Ended}
}

// SlotOf makes a Slot of the arguments of an OpStep.
func SlotOf(arg func(i int) []float32) (s Slot) {
	for i, t := range s.Tensors() {
		*t = arg(i)
	}
	return s
}

// Values of Slot.Ended, those of slot.h.
const (
	GoesOn     = 0 // the episode has not ended
	Terminated = 1 // by the rules: nothing follows
	Truncated  = 2 // by a time limit: the successor state has a value
)

// Indices into Desc.Dim of OpStep.
const (
	StepEnvironment = iota
	StepWorlds
	StepAgents
	StepObs
	StepActions
	StepPrivileged
)

// Indices into Desc.Arg of OpStep: the successor states.
const (
	StepNextObs  = 3
	StepNextMask = 4
)

// StepOf is an OpStep of the environment with this number in its Program. It has no arguments yet.
func StepOf(number int, env Environment) Desc {
	w, a, o, u := env.Sizes()
	d := Desc{Op: OpStep, Dim: [MaxDims]int64{int64(number), int64(w), int64(a), int64(o), int64(u)}}
	if p, ok := env.(Privileged); ok {
		d.Dim[StepPrivileged] = int64(p.Privileged())
	}
	return d
}

// checkStep checks an OpStep against the environments of the Program.
func (p *Program) checkStep(d *Desc) error {
	at := d.Dim[StepEnvironment]
	if at >= int64(len(p.Environments)) {
		return fmt.Errorf("step of environment %d; the program has %d", at, len(p.Environments))
	}
	want := StepOf(int(at), p.Environments[at])
	if d.Dim != want.Dim {
		sizes := func(d *Desc) []int64 { return d.Dim[StepWorlds : StepPrivileged+1] }
		return fmt.Errorf("step with worlds, agents, observation, actions, privileged floats %d of an environment with %d", sizes(d), sizes(&want))
	}
	return nil
}
