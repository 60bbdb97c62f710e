package sim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/sim/engine"
)

// Worlds steps W independent copies of a scenario together. It owns the exported
// slices, whose addresses are fixed. Reset, Step and UnmarshalBinary overwrite
// them; callers only read them.
//
// Shapes: W worlds, A agents (IEDs), O observation, U actions.
type Worlds struct {
	W, A, O, U int

	Obs  []float32 // [W, A, O] observation of the current slot
	Mask []float32 // [W, A, U] 1: legal action; without a task only action 0 is legal, see also coverage.go and level.go

	Reward  []float32 // [W, A] r_i of the last step, 0 without a task; a learner may mix rewards of agents
	HadTask []bool    // [W, A] the IED decided on a task in the last step

	Terminated []bool // [W] the last step ended the episode by the rules of the game; always false here
	Truncated  []bool // [W] the last step reached the time limit; learners bootstrap from FinalObs

	// Observation and mask at the end of the episode that the last step finished.
	// They are valid where Truncated or Terminated: there Obs and Mask already
	// belong to the next episode.
	FinalObs  []float32 // [W, A, O]
	FinalMask []float32 // [W, A, U]

	// What a critic may be told besides the observations; nil unless ShowServers is on. FinalServers is
	// valid where FinalObs is.
	Servers      []float32 // [W, A, C] the ES of each candidate, 0 to M-1; M for a candidate that the IED does not see
	FinalServers []float32 // [W, A, C]

	// Task holds the outcomes of the last step's tasks. In worlds that do not record them
	// (RecordTasks) its slices are nil, so that reading them fails at once.
	Task Outcomes

	scenario *Scenario
	p        *params
	slice    Slice
	seed     uint64
	threads  int
	tasks    []func() // one per thread, created once so that Step allocates nothing
	done     sync.WaitGroup
	actions  []int32  // argument of the running Step
	outcomes Outcomes // the arrays of Task; the Go engine needs them even if tasks are not recorded
	record   bool
	blind    bool           // Obs is not written
	numbered bool           // see NumberByNearest
	telling  bool           // see ShowServers
	home     string         // why no device may play the worlds; see StayHome
	native   *engine.Engine // the C engine, nil where the Go engine plays
	state    engine.Slab    // the memory of the state
	results  engine.Slab    // of outcomes

	fetch    func() error // copies the state back from a device; nil if no device has it
	fetchErr error        // why the state could not be copied back

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
	free     []float32 // [W, M, P] backlog of each GPU, the time until it is free; 0 from index G_m on
	load     []int32   // [W, M] n_m of the last slot
	cache    []int32   // [W, M, P, G] models in GPU memory, most recently used first
	model    []int32   // [W, A] model of the current task, -1 without a task
	data     []float32 // [W, A] D, bit
	cycles   []float32 // [W, A] C, cycles
	deadline []float32 // [W, A] tau, s

	optionState

	scratches []scratch // one per thread
	player    *player   // see Native; nil until it is asked for
}

// Outcomes describes the tasks of the last step, one entry per IED. Without a task
// Model and Server are -1 and everything else is 0.
//
// The six parts of the latency are in the order in which they occur. The parts of
// a failed task are cut at its deadline. So for every task they add up to Latency.
type Outcomes struct {
	Model      []int32   // [W, A] k
	DataBits   []float32 // [W, A] D
	Cycles     []float32 // [W, A] C
	ResultBits []float32 // [W, A] O_k
	Deadline   []float32 // [W, A] tau, s

	Action    []int32   // [W, A]
	Server    []int32   // [W, A] ES index, -1 local, M the cloud
	UplinkBps []float32 // [W, A] r_up, 0 local

	RadioWait []float32 // [W, A] s, waiting in the IED's task queue (Arrivals) and for its earlier uploads
	Upload    []float32 // [W, A] s
	QueueWait []float32 // [W, A] s, waiting for earlier tasks at the ES or at the IED's own processor
	Switch    []float32 // [W, A] s, loading the model
	Compute   []float32 // [W, A] s
	Download  []float32 // [W, A] s

	Latency   []float32 // [W, A] T in s, tau for a failed task
	Completed []bool    // [W, A] T <= tau
	Energy    []float32 // [W, A] J: own processor, own radio and ES GPU

	// Tasks lost before a decision, see Arrivals; nil without that option.
	Lost  []int32   // [W, A] number at the start of the slot
	LostS []float32 // [W, A] sum of their deadlines, s
}

// scratch is the working memory of one thread.
type scratch struct {
	links  []link    // links to the ESs that an IED measures
	start  []int32   // [M+1] first key of each ES
	keys   []uint64  // [A] tasks of the slot by ES and arrival; drawn IEDs by ES at the start of an episode
	inside []sharer  // tasks that share an ES, at most A
	ready  []float32 // [K] time at which a model is loaded
	drift  []float32 // [measured, 3]
}

// maxBytes bounds the memory of all worlds, so that a typing error gives an error message and does
// not wake the system's out-of-memory killer.
const maxBytes = 64e9

// New makes W worlds of the scenario and resets them. It copies the scenario. World w depends only on
// the scenario, the seed and w, so several processes can have slices of them (NewSlice). It uses the C engine if the binary has it, otherwise the Go engine
// (see Engines). Both give the same bits.
func New(s *Scenario, worlds int, seed uint64) (*Worlds, error) {
	return NewOn(Engines()[0], s, worlds, seed)
}

// engineGo is the name of the Go engine, which is the specification.
const engineGo = "go"

// Engines returns the names that NewOn accepts in this binary on this processor, fastest first: the C
// engine for each instruction set, if the binary has it, and "go".
func Engines() []string { return append(nativeEngines(), engineGo) }

// NewOn is New with a named engine.
func NewOn(name string, s *Scenario, worlds int, seed uint64) (*Worlds, error) {
	return newSlice(name, s, Slice{Worlds: worlds, All: worlds}, seed)
}

func newSlice(name string, s *Scenario, slice Slice, seed uint64) (*Worlds, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if !slices.Contains(Engines(), name) {
		return nil, fmt.Errorf("sim: no engine %q here; there are %s", name, strings.Join(Engines(), ", "))
	}
	s = s.Clone()
	s.NormaliseShares()
	p := newParams(s)
	if err := errors.Join(p.loadArrivals(s), p.loadPlaces(s)); err != nil {
		return nil, err
	}
	worlds := slice.Worlds
	if one := Bytes(s, 1); worlds < 1 || float64(worlds) > max(maxBytes/float64(one), 1) {
		return nil, fmt.Errorf("sim: %d worlds of %d IEDs are not allowed; allowed: 1 to %d (one takes %.3g MB, all at most %g GB)",
			worlds, p.A, max(int64(maxBytes)/one, 1), float64(one)/1e6, maxBytes/1e9)
	}
	w := &Worlds{W: worlds, A: p.A, O: p.O, U: p.U, scenario: s, p: p, slice: slice, seed: seed}
	w.state = engine.NewSlab(w.stateFields())
	if name != engineGo {
		w.native = newNative(w, name)
	}
	w.RecordTasks(true)
	w.SetThreads(1)
	w.Reset()
	return w, nil
}

// Engine returns the name of the engine.
func (w *Worlds) Engine() string {
	if w.native == nil {
		return engineGo
	}
	return nativePrefix + w.native.Name()
}

// RecordTasks turns the recording of task outcomes in Task on or off for the following steps. It is
// on in new worlds. Training reads only rewards, and its steps are faster without recording. Turning
// it on clears Task.
func (w *Worlds) RecordTasks(on bool) {
	if on == w.record {
		return
	}
	w.record = on
	if w.outcomes.Model == nil && (on || w.native == nil) {
		w.results = engine.NewSlab(w.outcomeFields())
	}
	if w.native != nil && on {
		w.native.Record(w.results)
	} else if w.native != nil {
		w.native.Record(engine.Slab{})
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
		w.setNativeThreads(n)
		return
	}
	w.scratches = make([]scratch, n)
	for k := range n {
		s := &w.scratches[k]
		*s = w.newScratch()
		lo, hi := k*w.W/n, (k+1)*w.W/n
		w.tasks[k] = func() {
			defer w.done.Done()
			for world := lo; world < hi; world++ {
				w.stepWorld(world, s)
			}
		}
	}
}

// setNativeThreads gives every thread its share of the worlds on the C engine.
func (w *Worlds) setNativeThreads(n int) {
	w.native.SetThreads(n)
	for k := range n {
		lo, hi := k*w.W/n, (k+1)*w.W/n
		w.tasks[k] = func() {
			defer w.done.Done()
			w.native.Step(k, w.actions, lo, hi)
		}
	}
}

func (w *Worlds) newScratch() scratch {
	s := scratch{links: make([]link, w.p.near.measured), start: make([]int32, w.p.M+1), keys: make([]uint64, w.A)}
	if w.p.moveSlots > 0 {
		s.drift = make([]float32, drifts*w.p.near.measured)
	}
	if w.p.sharing {
		s.inside, s.ready = make([]sharer, w.A), make([]float32, w.p.K)
	}
	return s
}

// ResetTo sets another seed and resets the worlds.
func (w *Worlds) ResetTo(seed uint64) {
	w.seed = seed
	w.Reset()
}

// Reset starts episode 0 in every world and clears the results of the last step.
func (w *Worlds) Reset() {
	w.Home() // the state on a device is not needed any more
	w.fetchErr = nil
	w.forget()
	clear(w.episode)
	if w.native != nil {
		w.native.Set(w.seedScalar())
		w.native.Reset()
		return
	}
	for world := range w.W {
		w.startEpisode(world, &w.scratches[0])
	}
}

// forget clears the results of the last step.
func (w *Worlds) forget() {
	clear(w.Reward)
	clear(w.HadTask)
	clear(w.Terminated)
	clear(w.Truncated)
	clear(w.FinalObs)
	clear(w.FinalMask)
	clear(w.FinalServers)
	if w.record {
		w.forgetTasks()
	}
}

// forgetTasks sets the outcome of every IED to "no task".
func (w *Worlds) forgetTasks() {
	w.Task = w.outcomes
	for world := range w.W {
		w.clearOutcomes(world*w.A, (world+1)*w.A)
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
		w.cache[world*p.M*p.P*p.G+j] = int32(j % p.G) // the first G models; model 0 is the most recently used
	}
	w.startOptions(world)
	w.beginSlot(world)
}

// Step plays one slot in every world with the given actions [W, A]: 0 is local, c
// is candidate c; with services an action is also a level (level.go). A world that reaches its time limit is reset at once (see
// FinalObs). An illegal action is an error and changes nothing.
func (w *Worlds) Step(actions []int32) error {
	if err := w.Home(); err != nil {
		return err
	}
	actions, keep := w.splitActions(actions)
	if err := w.checkActions(actions); err != nil {
		return err
	}
	keep()
	w.actions = w.takeLevels(actions)
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

// Episodes returns the number of finished episodes of world i.
func (w *Worlds) Episodes(i int) int {
	w.Home()
	return int(w.episode[i])
}

// Scenario returns a copy of the scenario.
func (w *Worlds) Scenario() *Scenario { return w.scenario.Clone() }

// moment returns the current slot of a world, for random draws.
func (w *Worlds) moment(world int) moment {
	return moment{
		key: philox.Key(w.seed), world: uint32(w.slice.First + world),
		slot: uint32(w.slot[world]), episode: uint32(w.episode[world]),
	}
}

// LastSlot returns the episode, and the slot in it, that the last Step played in
// world i. Both are -1 before the first Step after Reset.
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
