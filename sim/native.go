//go:build cgo

package sim

// The C engine: one source for several instruction sets, chosen when worlds are made. This is
// the only file of the package that uses cgo and unsafe. C keeps no pointer between calls;
// all its memory is slices of Go that hold no pointers.

/*
#cgo CFLAGS: -std=c11 -O2 -Wall
#cgo LDFLAGS: -lm
#include "world_play.h"
#include <stdlib.h>

static void step_with(const world_isa *isa, const world_params *p, const uint32_t *tables, uint32_t *slab, uint32_t *tasks,
                      const int32_t *actions, uint32_t *scratch, int32_t lo, int32_t hi) {
	isa->step(p, tables, slab, tasks, actions, scratch, lo, hi);
}
static void reset_with(const world_isa *isa, const world_params *p, const uint32_t *tables, uint32_t *slab, uint32_t *scratch,
                       int32_t lo, int32_t hi) {
	isa->reset(p, tables, slab, scratch, lo, hi);
}
static void functions_with(const world_isa *isa, int32_t which, int32_t n, const float *x, float *y) {
	isa->functions(which, n, x, y);
}
static uintptr_t play_address(void) { return (uintptr_t)world_play; }
*/
import "C"

import (
	"runtime"
	"slices"
	"unsafe"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/philox"
)

// native is the C engine of one Worlds.
type native struct {
	name    string
	isa     *C.world_isa
	params  C.world_params
	tables  []uint32
	scratch [][]uint32 // one per thread
}

// nativeNames are the instruction sets, the fastest first. "base" is what every processor of the
// architecture has.
var nativeNames = []string{"avx512", "avx2", "base"}

func nativeEngines() (names []string) {
	for _, n := range nativeNames {
		if chooseISA("c/"+n) != nil {
			names = append(names, "c/"+n)
		}
	}
	return names
}

func chooseISA(engine string) *C.world_isa {
	name := C.CString(engine[len("c/"):])
	defer C.free(unsafe.Pointer(name))
	return C.world_choose(name)
}

// allocate makes the arrays of the fields in one slab.
func allocate(fields []field) {
	slab := make([]uint32, words(fields))
	for i := range fields {
		f := &fields[i]
		if f.n == 0 {
			continue
		}
		at := unsafe.Pointer(&slab[0])
		switch {
		case f.floats != nil:
			*f.floats = unsafe.Slice((*float32)(at), f.n)
		case f.ints != nil:
			*f.ints = unsafe.Slice((*int32)(at), f.n)
		default:
			*f.flags = unsafe.Slice((*bool)(at), f.n)
		}
		slab = slab[f.words():]
	}
}

// The order of the arrays in world.h.
var (
	nativeState = []string{"obs", "mask", "reward", "final_obs", "final_mask", "speed", "gain", "now", "compute", "radio",
		"free", "data", "cycles", "deadline", "slot", "episode", "cand", "load", "cache", "model", "had_task", "truncated", "los",
		"age", "lost_s", "wait_data", "wait_cycles", "wait_deadline", "wait_age", "wait_model", "waiting", "lost", "phase", "interference",
		"place_x", "place_y", "goal_x", "goal_y", "pace", "rest", "drift"}
	nativeTasks = []string{"data_bits", "task_cycles", "result_bits", "task_deadline", "uplink_bps", "radio_wait", "upload",
		"queue_wait", "switch", "task_compute", "download", "latency", "energy", "task_model", "action", "server", "completed",
		"task_lost", "task_lost_s"}
	nativeOptional = C.WORLD_AGE // arrays from here on, and those of lost tasks, exist with an option only
)

// place fills in where each named array begins in the slab of the fields, -1 for one of those from
// number `needed` on that is not there.
func place(to []C.int64_t, names []string, fields []field, needed int) {
	if len(to) != len(names) {
		panic("sim: world.h and native.go name different arrays")
	}
	at := map[string]int{}
	words := 0
	for i := range fields {
		at[fields[i].name] = words
		words += fields[i].words()
	}
	for i, name := range names {
		offset, ok := at[name]
		if !ok && i >= needed {
			offset = -1
		} else if !ok {
			panic("sim: no array " + name)
		}
		to[i] = C.int64_t(offset)
	}
}

func newNative(w *Worlds, engine string) *native {
	n := &native{name: engine, isa: chooseISA(engine)}
	n.setScalars(w.p)
	n.setTables(w.p)
	place(n.params.field[:], nativeState, w.stateFields(), nativeOptional)
	place(n.params.task[:], nativeTasks, w.outcomeFields(), C.TASK_LOST)
	return n
}

func cbool(b bool) C.int32_t {
	if b {
		return 1
	}
	return 0
}

func (n *native) setScalars(p *params) {
	c := &n.params
	c.agents, c.servers, c.candidates, c.models = C.int32_t(p.A), C.int32_t(p.M), C.int32_t(p.C), C.int32_t(p.K)
	c.cache, c.obs, c.actions, c.slots, c.gpus = C.int32_t(p.G), C.int32_t(p.O), C.int32_t(p.U), C.int32_t(p.slots), C.int32_t(p.P)
	c.flags, c.load_times, c.server_speeds, c.episodic = cbool(p.flags), cbool(p.loadTimes), cbool(p.serverSpeeds), cbool(p.episodic)
	n.setOptions(p)
	c.fixed_key = [2]C.uint32_t{C.uint32_t(p.fixedKey[0]), C.uint32_t(p.fixedKey[1])}
	for i := range c.nlos_a { // the largest counts, so the last line may stand several times
		l := p.nlos[min(i, len(p.nlos)-1)]
		c.nlos_a[i], c.nlos_b[i] = C.float(l.a), C.float(l.b)
	}
	t := &p.near
	c.measured, c.cells_x, c.cells_y = C.int32_t(t.measured), C.int32_t(t.cellsX), C.int32_t(t.cellsY)
	for _, s := range []struct {
		to   *C.float
		from float32
	}{
		{&c.slot, p.slot}, {&c.arrival, p.arrival}, {&c.los_a, p.los.a}, {&c.los_b, p.los.b}, {&c.los_decay, p.losDecay},
		{&c.shadow[0], p.shadow[0]}, {&c.shadow[1], p.shadow[1]}, {&c.height2, p.height2}, {&c.width, p.width}, {&c.depth, p.depth},
		{&c.per_cell_x, t.perCellX}, {&c.per_cell_y, t.perCellY}, {&c.band, p.band}, {&c.snr_up, p.snrUp}, {&c.snr_down, p.snrDown},
		{&c.max_se, p.maxSE}, {&c.specular, p.specular}, {&c.scatter, p.scatter}, {&c.speed_lo, p.speedLo}, {&c.speed_span, p.speedSpan},
		{&c.kappa, p.kappa}, {&c.gpu_w, p.gpuW}, {&c.ied_w, p.iedW}, {&c.penalty, p.penalty}, {&c.energy_weight, p.energyWeight},
		{&c.per_data, p.perData}, {&c.per_cycle, p.perCycle}, {&c.per_second, p.perSecond}, {&c.per_speed, p.perSpeed},
		{&c.per_agent, p.perAgent}, {&c.per_server_speed, p.perServerSpeed}, {&c.per_load, p.perLoad}, {&c.per_wait, p.perWait},
		{&c.max_wait, p.maxWait}, {&c.gain_scale, gainScale}, {&c.gain_shift, gainShift}, {&c.gain_low, gainLow},
	} {
		*s.to = C.float(s.from)
	}
}

// setTables lays the tables out in the order of world.h.
func (n *native) setTables(p *params) {
	var models [C.TABLE_SERVER_X][]float32
	last := 0
	for k, m := range p.models {
		if m.upTo > 1.5 {
			last = k
		}
	}
	for k, m := range p.models {
		if k > last {
			m.upTo = 2 // nobody gets there; the C engine counts the limits that a draw exceeds
		}
		for i, v := range [...]float32{m.upTo, m.dataLo, m.dataSpan, m.stepsLo, m.stepsCount, m.cyclesPerStep, m.result,
			m.deadlineLo, m.deadlineSpan, m.load} {
			models[i] = append(models[i], v)
		}
	}
	var x, y []float32
	for _, s := range p.servers {
		x, y = append(x, s[0]), append(y, s[1])
	}
	for i, t := range append(models[:], x, y, p.serverSpeed) {
		setTable(n, i, t)
	}
	setTable(n, C.TABLE_NEAR, p.near.list)
	setTable(n, C.TABLE_SERVER_RANK, p.rank)
	setTable(n, C.TABLE_GPUS, p.gpus)
	setTable(n, C.TABLE_BATCH_TIME, p.batchTime[:])
	setTable(n, C.TABLE_ARRIVAL_CDF, slices.Concat(p.arrivalCDF[0][:], p.arrivalCDF[1][:]))
	n.setTrace(p)
}

// setTrace lays the trace of arrivals out, array by array.
func (n *native) setTrace(p *params) {
	var ied, model []int32
	var data, cycles, deadline []float32
	for _, r := range p.trace {
		ied, model = append(ied, r.ied), append(model, r.model)
		data, cycles, deadline = append(data, r.data), append(cycles, r.cycles), append(deadline, r.deadline)
	}
	setTable(n, C.TABLE_TRACE_START, p.traceStart)
	setTable(n, C.TABLE_TRACE_IED, ied)
	setTable(n, C.TABLE_TRACE_MODEL, model)
	setTable(n, C.TABLE_TRACE_DATA, data)
	setTable(n, C.TABLE_TRACE_CYCLES, cycles)
	setTable(n, C.TABLE_TRACE_DEADLINE, deadline)
}

func setTable[T int32 | float32](n *native, which int, t []T) {
	n.params.table[which] = C.int64_t(len(n.tables))
	n.tables = append(n.tables, unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(t))), len(t))...)
}

// setOptions sets the scalars of the options.
func (n *native) setOptions(p *params) {
	c := &n.params
	c.queue, c.markov, c.traced, c.reuse = C.int32_t(p.queue), cbool(p.markov), cbool(p.trace != nil), cbool(p.reuse)
	c.cloud, c.batch_max, c.sharing, c.move_slots = cbool(p.cloudSpeed > 0), C.int32_t(p.batchMax), cbool(p.sharing), C.int32_t(p.moveSlots)
	c.per_queue, c.start_on = C.float(p.perQueue), C.float(p.startOn)
	c.switch_to = [2]C.float{C.float(p.switchTo[0]), C.float(p.switchTo[1])}
	c.cloud_speed, c.backhaul, c.delay = C.float(p.cloudSpeed), C.float(p.backhaul), C.float(p.delay)
	c.move_s, c.pace_lo, c.pace_span = C.float(p.moveS), C.float(p.paceLo), C.float(p.paceSpan)
	c.pause, c.forget = C.float(p.pause), C.float(p.forget)
}

// setSeed follows the seed, which UnmarshalBinary may change.
func (n *native) setSeed(seed uint64) {
	key := philox.Key(seed)
	n.params.key = [2]C.uint32_t{C.uint32_t(key[0]), C.uint32_t(key[1])}
}

func (n *native) setBlind(on bool) { n.params.blind = cbool(on) }

func (n *native) setNumbered(on bool) { n.params.numbered = cbool(on) }

// setThreads gives every thread working memory and its share of the worlds.
func (n *native) setThreads(w *Worlds, threads int) {
	n.scratch = make([][]uint32, threads)
	for k := range threads {
		n.scratch[k] = make([]uint32, C.world_scratch_words(&n.params))
		lo, hi := C.int32_t(k*w.W/threads), C.int32_t((k+1)*w.W/threads)
		w.tasks[k] = func() {
			defer w.done.Done()
			C.step_with(n.isa, &n.params, word(n.tables), slabOf(w), tasksOf(w), (*C.int32_t)(&w.actions[0]), word(n.scratch[k]), lo, hi)
		}
	}
}

func (n *native) reset(w *Worlds) {
	n.setSeed(w.seed)
	C.reset_with(n.isa, &n.params, word(n.tables), slabOf(w), word(n.scratch[0]), 0, C.int32_t(w.W))
}

// illegal returns the first agent whose action is not allowed, -1 if all are.
func (n *native) illegal(w *Worlds, actions []int32) int {
	return int(C.world_illegal((*C.int32_t)(&actions[0]), (*C.int32_t)(&w.model[0]), C.int64_t(len(actions)), C.int32_t(w.U)))
}

func word(s []uint32) *C.uint32_t { return (*C.uint32_t)(&s[0]) }

// slabOf is the beginning of the state, whose first array is Obs.
func slabOf(w *Worlds) *C.uint32_t { return (*C.uint32_t)(unsafe.Pointer(&w.Obs[0])) }

// tasksOf is the beginning of the outcomes, nil where they are not recorded.
func tasksOf(w *Worlds) *C.uint32_t {
	if !w.record {
		return nil
	}
	return (*C.uint32_t)(unsafe.Pointer(&w.outcomes.DataBits[0]))
}

// nativeFunction computes log2, exp2, sin or cos (0 to 3; the last two of turns) on an engine.
func nativeFunction(engine string, which int, x, y []float32) {
	C.functions_with(chooseISA(engine), C.int32_t(which), C.int32_t(len(x)), (*C.float)(&x[0]), (*C.float)(&y[0]))
}

// player is the environment of Programs. Its stage, in C memory, has the addresses of Go memory
// that is pinned as long as the worlds are.
type player struct {
	worlds  *Worlds
	actions []int32 // [W, A]
	stage   *C.world_stage
	tasks   int
}

func newPlayer(w *Worlds) *player {
	n, words := w.native, int(C.world_scratch_words(&w.native.params))
	p := &player{worlds: w, actions: make([]int32, w.W*w.A), tasks: min(w.W, playTasks)}
	scratch := make([]uint32, words*p.tasks)
	p.stage = (*C.world_stage)(C.malloc(C.sizeof_world_stage))
	var pin runtime.Pinner
	for _, x := range []any{&n.params, &n.tables[0], &w.Obs[0], &scratch[0], &p.actions[0]} {
		pin.Pin(x)
	}
	*p.stage = C.world_stage{
		isa: n.isa, params: &n.params, tables: word(n.tables), slab: slabOf(w), scratch: word(scratch), scratch_words: C.int64_t(words),
		actions: (*C.int32_t)(&p.actions[0]), worlds: C.int32_t(w.W), tasks: C.int32_t(p.tasks),
	}
	stage := p.stage
	runtime.AddCleanup(w, func(pin *runtime.Pinner) {
		pin.Unpin()
		C.free(unsafe.Pointer(stage))
	}, &pin)
	return p
}

// Image implements kernels.Portable.
func (p *player) Image() *kernels.Image {
	w := p.worlds
	if p.Homebound() != "" {
		return nil
	}
	w.Home() // an error stays, and Step or MarshalBinary return it
	n := w.native
	return &kernels.Image{
		Kernel: "edge", Worlds: w.W,
		Params: unsafe.Slice((*byte)(unsafe.Pointer(&n.params)), unsafe.Sizeof(n.params)),
		Tables: n.tables,
		State:  unsafe.Slice((*uint32)(unsafe.Pointer(slabOf(w))), words(w.stateFields())),
	}
}

// Native implements kernels.Native.
func (p *player) Native() (play, self uintptr, tasks int) {
	return uintptr(C.play_address()), uintptr(unsafe.Pointer(p.stage)), p.tasks
}
