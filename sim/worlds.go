package sim

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gmel-go/gmel/kernels/philox"
)

// Worlds steps W independent copies of a scenario together. Exported slices are
// owned by Worlds, have a fixed address and are overwritten by Reset, Step and
// UnmarshalBinary; callers read them.
//
// Shapes: W worlds, A agents (IEDs), O observation, U actions.
type Worlds struct {
	W, A, O, U int

	Obs  []float32 // [W, A, O] observation of the current slot
	Mask []float32 // [W, A, U] 1 = legal action; without a task only action 0

	Reward  []float32 // [W, A] r_i of the last step, 0 without a task; the omega mix is the learner's
	HadTask []bool    // [W, A] the IED decided about a task in the last step

	Terminated []bool // [W] last step ended the episode by the game's rules: never here
	Truncated  []bool // [W] last step reached the time limit; bootstrap through it

	// Observation and mask at the end of the episode that the last step finished,
	// valid where Truncated or Terminated: Obs and Mask already belong to the next.
	FinalObs  []float32 // [W, A, O]
	FinalMask []float32 // [W, A, U]

	// What became of the tasks of the last step. The slices are nil, so that reading them
	// fails at once, in worlds that do not record them (RecordTasks).
	Task Outcomes

	scenario *Scenario
	p        *params
	seed     uint64
	threads  int
	tasks    []func() // one per thread, made once so that Step allocates nothing
	done     sync.WaitGroup
	actions  []int32  // of the running Step
	outcomes Outcomes // the arrays of Task; the Go engine always needs them
	record   bool
	blind    bool    // Obs is not written
	numbered bool    // see NumberByNearest
	native   *native // the C engine, nil where the Go engine plays

	fetch  func() error // brings the state back from a device, nil where it is here
	astray error        // why a state could not be brought back

	slot    []int32 // [W] current slot
	episode []int32 // [W] finished episodes

	// Topology, drawn at reset.
	speed []float32 // [W, A] f_i, cycle/s
	cand  []int32   // [W, A, C] ES of the candidate
	gain  []float32 // [W, A, C] mean power gain
	los   []bool    // [W, A, C]

	// State at the start of the current slot; times in s from the slot start.
	now      []float32 // [W, A, C] power gain with this slot's fading
	compute  []float32 // [W, A] own compute backlog
	radio    []float32 // [W, A] own radio backlog
	free     []float32 // [W, M, P] backlog of each GPU: when it is free; places from G_m on stay 0
	load     []int32   // [W, M] n_m of the last slot
	cache    []int32   // [W, M, P, G] models in GPU memory, most recently used first
	model    []int32   // [W, A] task type of the current task, -1 without
	data     []float32 // [W, A] D, bit
	cycles   []float32 // [W, A] C, cycles
	deadline []float32 // [W, A] tau, s

	// State of the option arrivals; Q places per IED, the first `waiting` of them in use.
	age                                         []float32 // [W, A] how long the current task waited before this slot, s
	lost                                        []int32   // [W, A] tasks lost at the start of the slot
	lostS                                       []float32 // [W, A] sum of their deadlines
	phase                                       []int32   // [W, A] 1: the IED's chain is on
	waiting                                     []int32   // [W, A]
	waitModel                                   []int32   // [W, A, Q]
	waitData, waitCycles, waitDeadline, waitAge []float32 // [W, A, Q]

	interference []float32 // [W, M] I_m / P_IED of the last slot, option reuse_1

	// State of the option mobility.
	placeX, placeY, goalX, goalY []float32 // [W, A] m
	pace                         []float32 // [W, A] m/s
	rest                         []float32 // [W, A] s of rest left
	drift                        []float32 // [W, A, measured, 3] shadowing and line of sight of the near ESs

	scratches []scratch // one per thread
	player    *player   // see Native; nil until it is asked for
}

// Outcomes says what became of the tasks of the last step, one entry per IED.
// Without a task Model and Server are -1 and everything else is 0.
//
// The six parts of the latency are in the order in which they happen. Those of a
// failed task are cut at its deadline, so for every task they add up to Latency.
type Outcomes struct {
	Model      []int32   // [W, A] k
	DataBits   []float32 // [W, A] D
	Cycles     []float32 // [W, A] C
	ResultBits []float32 // [W, A] O_k
	Deadline   []float32 // [W, A] tau, s

	Action    []int32   // [W, A]
	Server    []int32   // [W, A] ES index, -1 local, M the cloud
	UplinkBps []float32 // [W, A] r_up, 0 local

	RadioWait []float32 // [W, A] s, in the IED's queue of tasks (Arrivals) and behind its earlier uploads
	Upload    []float32 // [W, A] s
	QueueWait []float32 // [W, A] s, behind earlier tasks at the ES or at the IED's own processor
	Switch    []float32 // [W, A] s, loading the model
	Compute   []float32 // [W, A] s
	Download  []float32 // [W, A] s

	Latency   []float32 // [W, A] T in s, tau for a failed task
	Completed []bool    // [W, A] T <= tau
	Energy    []float32 // [W, A] J: own processor, own radio and ES GPU

	// Tasks that no decision was made about, see Arrivals; nil without that option.
	Lost  []int32   // [W, A] how many at the start of the slot
	LostS []float32 // [W, A] the sum of their deadlines, s
}

// scratch is the working memory of one thread.
type scratch struct {
	links  []link    // of the ESs that an IED measures
	start  []int32   // [M+1] first key of each ES
	keys   []uint64  // [A] tasks of the slot by ES and arrival; drawn IEDs by ES at the start of an episode
	inside []sharer  // up to A tasks that share an ES
	ready  []float32 // [K] when a model is loaded
	drift  []float32 // [measured, 3]
}

// maxBytes bounds the memory of all worlds, so that a slip of the keyboard ends in a sentence
// and not in the system's out-of-memory killer.
const maxBytes = 64e9

// New makes W worlds of the scenario and resets them. The scenario is copied.
// World w depends on the scenario, the seed and w only. The C engine plays where the binary has
// it, the Go engine elsewhere (see Engines); both give the same bits.
func New(s *Scenario, worlds int, seed uint64) (*Worlds, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	engine := engineGo
	if names := nativeEngines(); len(names) > 0 {
		engine = names[0]
	}
	return NewOn(engine, s, worlds, seed)
}

// engineGo is the name of the plain engine, the readable specification.
const engineGo = "go"

// Engines returns the names that NewOn knows in this binary on this processor, the fastest
// first: the C engine for each instruction set, if the binary has it, and "go".
func Engines() []string { return append(nativeEngines(), engineGo) }

// NewOn is New on the engine of that name.
func NewOn(engine string, s *Scenario, worlds int, seed uint64) (*Worlds, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if !slices.Contains(Engines(), engine) {
		return nil, fmt.Errorf("sim: no engine %q here; there are %s", engine, strings.Join(Engines(), ", "))
	}
	p := newParams(s)
	if err := p.loadArrivals(s); err != nil {
		return nil, err
	}
	if one := Bytes(s, 1); worlds < 1 || float64(worlds) > max(maxBytes/float64(one), 1) {
		return nil, fmt.Errorf("sim: %d worlds of %d IEDs are not allowed; allowed: 1 to %d (one takes %.3g MB, all at most %g GB)",
			worlds, p.A, max(int64(maxBytes)/one, 1), float64(one)/1e6, maxBytes/1e9)
	}
	w := &Worlds{W: worlds, A: p.A, O: p.O, U: p.U, scenario: s.Clone(), p: p, seed: seed}
	allocate(w.stateFields())
	if engine != engineGo {
		w.native = newNative(w, engine)
	}
	w.RecordTasks(true)
	w.SetThreads(1)
	w.Reset()
	return w, nil
}

// Engine returns the name of the engine that plays.
func (w *Worlds) Engine() string {
	if w.native == nil {
		return engineGo
	}
	return w.native.name
}

// RecordTasks says whether the following steps write Task, what became of every task. New
// worlds do; training, which reads rewards only, saves a part of the step without. Turning
// it on clears Task.
func (w *Worlds) RecordTasks(on bool) {
	if on == w.record {
		return
	}
	w.record = on
	if w.outcomes.Model == nil && (on || w.native == nil) {
		allocate(w.outcomeFields())
	}
	w.Task = Outcomes{}
	if on {
		w.forgetTasks()
		w.Task = w.outcomes
	}
}

// SetThreads makes Step use n goroutines (at least 1, at most W), each with a
// fixed range of worlds. Results do not depend on n.
func (w *Worlds) SetThreads(n int) {
	n = min(max(n, 1), w.W)
	w.threads = n
	w.tasks = make([]func(), n)
	if w.native != nil {
		w.native.setThreads(w, n)
		return
	}
	w.scratches = make([]scratch, n)
	for k := range n {
		s := &w.scratches[k]
		*s = scratch{links: make([]link, w.p.near.measured), start: make([]int32, w.p.M+1), keys: make([]uint64, w.A)}
		if w.p.moveSlots > 0 {
			s.drift = make([]float32, drifts*w.p.near.measured)
		}
		if w.p.sharing {
			s.inside, s.ready = make([]sharer, w.A), make([]float32, w.p.K)
		}
		lo, hi := k*w.W/n, (k+1)*w.W/n
		w.tasks[k] = func() {
			defer w.done.Done()
			for world := lo; world < hi; world++ {
				w.stepWorld(world, s)
			}
		}
	}
}

// ResetTo makes the worlds those of another seed and resets them.
func (w *Worlds) ResetTo(seed uint64) {
	w.seed = seed
	w.Reset()
}

// Reset starts episode 0 in every world and forgets the last step.
func (w *Worlds) Reset() {
	w.Home() // the device's state is of no use any more
	w.astray = nil
	w.forget()
	clear(w.episode)
	if w.native != nil {
		w.native.reset(w)
		return
	}
	for world := range w.W {
		w.startEpisode(world, &w.scratches[0])
	}
}

// forget clears what describes the last step.
func (w *Worlds) forget() {
	clear(w.Reward)
	clear(w.HadTask)
	clear(w.Terminated)
	clear(w.Truncated)
	clear(w.FinalObs)
	clear(w.FinalMask)
	if w.record {
		w.forgetTasks()
	}
}

// forgetTasks sets the outcome of every IED to "no task".
func (w *Worlds) forgetTasks() {
	w.Task = w.outcomes
	for world := range w.W {
		w.clearOutcomes(world)
	}
}

// startEpisode begins the episode w.episode[world] at slot 0.
func (w *Worlds) startEpisode(world int, s *scratch) {
	p := w.p
	w.slot[world] = 0
	w.drawTopology(world, s)
	clear(w.compute[world*p.A:][:p.A])
	clear(w.radio[world*p.A:][:p.A])
	clear(w.free[world*p.M*p.P:][:p.M*p.P])
	clear(w.load[world*p.M:][:p.M])
	for j := range p.M * p.P * p.G {
		w.cache[world*p.M*p.P*p.G+j] = int32(j % p.G) // the first G models, model 0 most recently used
	}
	if p.reuse {
		clear(w.interference[world*p.M:][:p.M])
	}
	if p.queue > 0 {
		w.clearQueues(world)
	}
	w.beginSlot(world)
}

// Step plays one slot in every world with the given actions [W, A]: 0 is local,
// c is candidate c. A world at its time limit is reset at once (see FinalObs).
// An illegal action is an error and leaves everything as it was.
func (w *Worlds) Step(actions []int32) error {
	if err := w.Home(); err != nil {
		return err
	}
	if err := w.checkActions(actions); err != nil {
		return err
	}
	w.actions = actions
	if w.native == nil {
		w.Task = w.outcomes // the Go engine's working memory
	}
	w.done.Add(w.threads)
	for _, task := range w.tasks[1:] {
		go task()
	}
	w.tasks[0]()
	w.done.Wait()
	w.actions = nil
	if !w.record {
		w.Task = Outcomes{}
	}
	return nil
}

func (w *Worlds) checkActions(actions []int32) error {
	if len(actions) != w.W*w.A {
		return fmt.Errorf("sim: %d actions for %d worlds of %d IEDs, want %d", len(actions), w.W, w.A, w.W*w.A)
	}
	n := w.illegal(actions)
	if n < 0 {
		return nil
	}
	allowed := "0 (no task)"
	if w.model[n] >= 0 {
		allowed = fmt.Sprintf("0 (local) to %d (candidates)", w.U-1)
	}
	return fmt.Errorf("sim: world %d, IED %d: action %d is illegal; allowed: %s", n/w.A, n%w.A, actions[n], allowed)
}

// illegal returns the first agent whose action is not allowed, -1 if all are.
func (w *Worlds) illegal(actions []int32) int {
	if w.native != nil {
		return w.native.illegal(w, actions)
	}
	for n, a := range actions {
		if a != 0 && (a < 0 || int(a) >= w.U || w.model[n] < 0) {
			return n
		}
	}
	return -1
}

// Episodes returns the number of finished episodes of world i.
func (w *Worlds) Episodes(i int) int {
	w.Home()
	return int(w.episode[i])
}

// Scenario returns a copy of the scenario.
func (w *Worlds) Scenario() *Scenario { return w.scenario.Clone() }

// moment names the current slot of a world for the generator.
func (w *Worlds) moment(world int) moment {
	return moment{
		key: philox.Key(w.seed), world: uint32(world),
		slot: uint32(w.slot[world]), episode: uint32(w.episode[world]),
	}
}

// LastSlot returns the episode and the slot in it that the last Step played in
// world i; both -1 before the first Step after Reset.
func (w *Worlds) LastSlot(i int) (episode, slot int) {
	w.Home()
	switch {
	case w.Truncated[i] || w.Terminated[i]:
		return int(w.episode[i]) - 1, w.p.slots - 1
	case w.slot[i] == 0:
		return -1, -1
	}
	return int(w.episode[i]), int(w.slot[i]) - 1
}
