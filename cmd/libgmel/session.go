//go:build cgo

package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/gmel-go/gmel/internal/limit"
	"github.com/gmel-go/gmel/sim"
	"github.com/gmel-go/gmel/sim/render"
)

// settings are gmel_config in Go.
type settings struct {
	scenario, engine string
	seed             uint64
	worlds, threads  int
	recordTasks      bool
	heldOut          bool // the part of an arrival trace for evaluation
	pictures         bool
}

// session is what a handle names: worlds whose arrays are pinned, because C and Python keep
// their addresses. Calls of several threads wait for each other.
type session struct {
	mu      sync.Mutex
	worlds  *sim.Worlds
	pins    runtime.Pinner
	arrays  map[string]array
	memory  [][]byte // of the state
	actions []int32  // of play
	viewers []*render.Viewer
}

func open(c *settings) (*session, error) {
	if c.threads < 1 {
		return nil, fmt.Errorf("gmel: %d threads are not allowed; allowed: a whole number from 1", c.threads)
	}
	scenario, err := loadText(c.scenario)
	if err != nil {
		return nil, err
	}
	if c.heldOut {
		scenario = scenario.HeldOut()
	}
	if err := room(scenario, c.worlds); err != nil {
		return nil, err
	}
	var w *sim.Worlds
	if c.engine == "" {
		w, err = sim.New(scenario, c.worlds, c.seed)
	} else {
		w, err = sim.NewOn(c.engine, scenario, c.worlds, c.seed)
	}
	if err != nil {
		return nil, err
	}
	w.SetThreads(c.threads)
	w.RecordTasks(c.recordTasks || c.pictures)
	s, err := newSession(w)
	if err == nil && c.pictures {
		s.watch(c.recordTasks)
	}
	return s, err
}

// room fails where the worlds do not fit into memory. Closed worlds count as taken until the Go runtime gives their
// memory back.
func room(s *sim.Scenario, worlds int) error {
	need, free := sim.Bytes(s, worlds), limit.Memory()
	if need < math.MaxInt64 {
		need += sim.TraceBytes(s)
	}
	if free > 0 && need > free {
		debug.FreeOSMemory()
		free = limit.Memory()
	}
	if free == 0 || need <= free {
		return nil
	}
	return fmt.Errorf("gmel: %d worlds of %d IEDs take %.3g MB of memory and %.3g MB are free; make fewer",
		worlds, s.IEDs, float64(need)/1e6, float64(free)/1e6)
}

func newSession(w *sim.Worlds) (*session, error) {
	state, err := w.Arrays()
	if err != nil {
		return nil, err
	}
	s := &session{worlds: w, arrays: arraysOf(w)}
	for _, a := range state {
		m := bytesOf(a)
		if s.memory = append(s.memory, m); len(m) > 0 {
			s.pins.Pin(unsafe.SliceData(m))
		}
	}
	for _, a := range s.arrays {
		s.pins.Pin(a.data)
	}
	return s, nil
}

// loadText reads a preset, a file or YAML. It takes text of several lines, or with a key and a value,
// for YAML, if there is no file of that name. Names of files in it are then relative to the working folder.
func loadText(text string) (*sim.Scenario, error) {
	yaml := strings.ContainsAny(text, "\n{") || strings.Contains(text, ": ")
	if _, err := os.Stat(text); err == nil || sim.IsPreset(text) || !yaml {
		return sim.Load(text)
	}
	return sim.Parse([]byte(text), "scenario") // a name without a folder
}

func (s *session) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pins.Unpin()
}

func (s *session) reset(seed uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.worlds.ResetTo(seed)
	s.forget()
}

func (s *session) restart(chosen []bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.worlds.Restart(chosen)
}

// step plays a slot in the chosen worlds, in all if chosen is nil.
func (s *session) step(actions []int32, chosen []bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.slot(actions, chosen)
}

func (s *session) slot(actions []int32, chosen []bool) error {
	s.before(chosen)
	var err error
	if chosen == nil {
		err = s.worlds.Step(actions)
	} else {
		err = s.worlds.StepSome(actions, chosen)
	}
	if err == nil {
		s.after(chosen)
	}
	return err
}

func (s *session) save() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.worlds.MarshalBinary()
}

func (s *session) load(state []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.forget()
	return s.worlds.UnmarshalBinary(state)
}

// adopt sets the state to that of worlds with this seed, whose memory is like that of this session.
func (s *session) adopt(seed uint64, memory [][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	same := func(a, b []byte) bool { return len(a) == len(b) }
	if !slices.EqualFunc(memory, s.memory, same) {
		return errors.New("gmel: the memory belongs to worlds of another scenario or number")
	}
	s.worlds.ResetTo(seed)
	for i, m := range memory {
		copy(s.memory[i], m)
	}
	s.forget()
	return nil
}

// turn is the time after which play returns.
const turn = 100 * time.Millisecond

// play plays slots until they or its turn are over, and returns how many. Policies draw from the
// state of the worlds, so turns do not change what they do.
func (s *session) play(policy string, seed uint64, slots int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := sim.NewPolicy(policy, s.worlds.Scenario(), seed)
	if err != nil {
		return 0, err
	}
	if s.actions == nil {
		s.actions = make([]int32, s.worlds.W*s.worlds.A)
	}
	played := 0
	for begin := time.Now(); played < slots; played++ {
		if time.Since(begin) > turn {
			break
		}
		p.Act(s.worlds, s.actions)
		if err := s.slot(s.actions, nil); err != nil {
			return played, err
		}
	}
	return played, nil
}

// find returns the array of that name.
func (s *session) find(name string) (array, error) {
	a, ok := s.arrays[name]
	if !ok {
		return array{}, fmt.Errorf("gmel: no array %q in these worlds", name)
	}
	return a, nil
}

// array is one slice of the worlds.
type array struct {
	data  unsafe.Pointer
	kind  int // gmel_kind
	shape []int
}

// element are the types of gmel_kind, in its order.
type element interface{ float32 | int32 | bool }

func arrayOf[T element](s []T, shape ...int) array {
	kind := 0
	switch any(s).(type) {
	case []int32:
		kind = 1
	case []bool:
		kind = 2
	}
	return array{data: unsafe.Pointer(unsafe.SliceData(s)), kind: kind, shape: shape}
}

// bytesOf is the memory of a slice of an element.
func bytesOf(array any) []byte {
	switch s := array.(type) {
	case []float32:
		return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), 4*len(s))
	case []int32:
		return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), 4*len(s))
	case []bool:
		return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s))
	}
	panic(fmt.Sprintf("libgmel: an array of the state is a %T", array))
}

// taskPrefix begins the names of the outcomes.
const taskPrefix = "task_"

// arraysOf lists the arrays that callers read. The outcomes are there if they are recorded.
func arraysOf(w *sim.Worlds) map[string]array {
	all := map[string]array{
		"obs":        arrayOf(w.Obs, w.W, w.A, w.O),
		"mask":       arrayOf(w.Mask, w.W, w.A, w.U),
		"reward":     arrayOf(w.Reward, w.W, w.A),
		"had_task":   arrayOf(w.HadTask, w.W, w.A),
		"terminated": arrayOf(w.Terminated, w.W),
		"truncated":  arrayOf(w.Truncated, w.W),
		"final_obs":  arrayOf(w.FinalObs, w.W, w.A, w.O),
		"final_mask": arrayOf(w.FinalMask, w.W, w.A, w.U),
	}
	t := &w.Task
	if t.Model == nil {
		return all
	}
	for name, s := range map[string][]float32{
		"data_bits": t.DataBits, "cycles": t.Cycles, "result_bits": t.ResultBits, "deadline": t.Deadline,
		"uplink_bps": t.UplinkBps, "radio_wait": t.RadioWait, "upload": t.Upload, "queue_wait": t.QueueWait,
		"switch": t.Switch, "compute": t.Compute, "download": t.Download, "latency": t.Latency, "energy": t.Energy,
	} {
		all[taskPrefix+name] = arrayOf(s, w.W, w.A)
	}
	all[taskPrefix+"model"] = arrayOf(t.Model, w.W, w.A)
	all[taskPrefix+"action"] = arrayOf(t.Action, w.W, w.A)
	all[taskPrefix+"server"] = arrayOf(t.Server, w.W, w.A)
	all[taskPrefix+"completed"] = arrayOf(t.Completed, w.W, w.A)
	if t.Lost != nil {
		all[taskPrefix+"lost"] = arrayOf(t.Lost, w.W, w.A)
		all[taskPrefix+"lost_s"] = arrayOf(t.LostS, w.W, w.A)
	}
	return all
}
