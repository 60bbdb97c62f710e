package comm

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Process is a rank of a group whose ranks are processes, which a launcher of MPI has started.
//
// Each process tells the others several times in its patience whether it waits for one of them. So a process that has stopped
// or is out of reach is noticed, also while nothing is exchanged.
type Process struct {
	*collective
	*hub
	stop chan int // the exit code, to leave
	left chan error
}

// hub is the link of a Process.
type hub struct {
	*watch
	rank int

	mu        sync.Mutex // of all below, and of calls of the library
	library   library
	sending   []parcel
	receiving []parcel
	lines     [][]transfer // messages that are here, by the rank that has sent them
	heard     []time.Duration
	replied   []bool // ranks that have left
	ticked    time.Time
	nextBeat  time.Duration

	clock atomic.Int64 // time in which this process has run; it stands still while the process is suspended
	asks  atomic.Bool  // this process was asked to stop

	ask   sync.Once
	asked chan struct{} // closed when a process was asked to stop
}

// parcel is a message between this process and another rank.
type parcel struct {
	transfer
	rank, tag int
}

// Kinds of messages.
const (
	tagData = iota
	tagBeat
	tagFailure
	tagOver
)

// mostBeat is the longest time between two signs of life.
const mostBeat = time.Second

// tick is how often a process that waits for nothing looks after messages.
const tick = time.Millisecond

// Start joins the processes that a launcher has started. One for which others wait longer than patience, or which shows no sign
// of life for so long, is named and ends the group.
func Start(patience time.Duration) (*Process, error) { return start(openLibrary, patience) }

// start is Start with any library.
func start(open func() (library, error), patience time.Duration) (*Process, error) {
	opened := make(chan error)
	p := &Process{stop: make(chan int), left: make(chan error, 1)}
	go p.tend(open, patience, opened)
	if err := <-opened; err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("comm: this host has no name: %w", err)
	}
	hosts, err := p.Collect([]byte(host))
	if err != nil {
		return nil, err
	}
	names := make([]string, len(hosts))
	for r := range hosts {
		names[r] = string(hosts[r])
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hosts = names
	return p, nil
}

// tend opens the library and looks after messages, until the process leaves: all on one thread of the system.
func (p *Process) tend(open func() (library, error), patience time.Duration, opened chan<- error) {
	runtime.LockOSThread()
	lib, err := open()
	if err != nil {
		opened <- err
		return
	}
	p.hub = newHub(lib, patience)
	p.collective = &collective{link: p.hub, rank: lib.rank(), size: lib.size()}
	opened <- nil
	looks := time.NewTicker(tick)
	defer looks.Stop()
	for {
		select {
		case code := <-p.stop:
			p.left <- lib.leave(code)
			return
		case <-looks.C:
			p.look()
		}
	}
}

// look looks after messages.
func (h *hub) look() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.advance()
}

func newHub(lib library, patience time.Duration) *hub {
	ranks := lib.size()
	h := &hub{
		watch: newWatch(ranks, patience), rank: lib.rank(), library: lib, lines: make([][]transfer, ranks),
		heard: make([]time.Duration, ranks), replied: make([]bool, ranks), ticked: time.Now(), asked: make(chan struct{}),
	}
	h.now = func() time.Duration { return time.Duration(h.clock.Load()) }
	return h
}

// Library is the MPI library and its version.
func (p *Process) Library() string { return p.library.name() }

// Abort implements Member.
func (h *hub) Abort(cause error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.end(cause)
}

// Ask tells all processes that this one was asked to stop.
func (h *hub) Ask() {
	h.asks.Store(true)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.nextBeat = 0
	h.advance()
}

// Asked is closed when a process was asked to stop.
func (h *hub) Asked() <-chan struct{} { return h.asked }

// send implements link.
func (h *hub) send(to int, x []float32) error {
	room := func() (bool, error) {
		if h.onTheWay(to) >= queued {
			return false, nil
		}
		err := h.post(to, tagData, x)
		return err == nil, err
	}
	return h.wait(h.patience, nil, room)
}

// onTheWay is the number of messages to a rank that have not left.
func (h *hub) onTheWay(to int) (n int) {
	for _, m := range h.sending {
		if m.rank == to && m.tag == tagData {
			n++
		}
	}
	return n
}

// receive implements link.
func (h *hub) receive(from int, x []float32) error { return h.wait(h.patience, nil, h.taking(from, x)) }

// await implements link.
func (h *hub) await(from int, x []float32) error { return h.wait(0, h.closed, h.taking(from, x)) }

// taking takes the next message of a rank, if there is one.
func (h *hub) taking(from int, x []float32) func() (bool, error) {
	return func() (bool, error) {
		line := h.lines[from]
		if len(line) == 0 {
			return false, nil
		}
		h.lines[from] = line[1:]
		defer line[0].free()
		return true, take(x, line[0].floats(), from, h.rank)
	}
}

// wait tries something until it is done, the group has failed, over is closed, or patience has passed. Its error ends the group.
func (h *hub) wait(patience time.Duration, over <-chan struct{}, try func() (bool, error)) error {
	h.note(h.rank, true)
	defer h.note(h.rank, false)
	begin := h.now()
	for tries := 0; ; tries++ {
		done, err := h.attempt(try)
		switch {
		case h.failed():
			return h.aborted()
		case done || err != nil:
			return err
		case isClosed(over):
			return ErrOver
		case patience > 0 && h.now()-begin > patience:
			h.Abort(h.silent())
			return h.aborted()
		}
		rest(tries)
	}
}

func (h *hub) attempt(try func() (bool, error)) (done bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.advance()
	if h.failed() {
		return false, nil
	}
	if done, err = try(); err != nil {
		h.end(err)
	}
	return done, err
}

// rest waits a little before the next look at messages: most come soon, and the others must not cost a processor that ranks share.
func rest(tries int) {
	const soon = 50
	if tries < soon {
		runtime.Gosched()
		return
	}
	time.Sleep(min(time.Duration(tries)*time.Microsecond/4, tick))
}

// End leaves the group and ends this process with an exit code; it returns only if that fails. Rank 0 ends the group in good
// order, and the others wait for that. If a rank is silent or the network has failed, End ends all processes at once.
func (p *Process) End(code int) error {
	if p.farewell() {
		p.stop <- code
		return <-p.left
	}
	if !p.Speaks() {
		time.Sleep(p.patience) // the one that does ends this process, too
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.library.abort(code)
	return nil
}

// Speaks reports whether this process tells the user how the run ends: rank 0 or, if that is silent, the first one that is not.
func (p *Process) Speaks() bool {
	var silent *SilentError
	if p.failed() {
		errors.As(p.cause, &silent)
	}
	for r := range p.hub.rank {
		if silent == nil || !slices.Contains(silent.Ranks, r) {
			return false
		}
	}
	return true
}

// farewell waits until all ranks have heard that all is done. It reports false if some cannot.
func (p *Process) farewell() bool {
	said := time.Duration(-1)
	for ; ; time.Sleep(tick) {
		p.mu.Lock()
		if said < 0 && (p.hub.rank == 0 || isClosed(p.closed)) {
			said = p.now()
			p.say(tagOver, nil)
		}
		p.advance()
		done := said >= 0 && len(p.sending) == 0 && p.allReplied()
		late := p.now()-max(said, p.heard[0]) > p.patience // after the word of rank 0, or its last sign of life
		p.mu.Unlock()
		if done {
			return true
		}
		if late || p.unreachable() {
			return false
		}
	}
}

// allReplied reports whether all others have said that they leave: then no message is on its way to this process.
func (h *hub) allReplied() bool {
	for r, replied := range h.replied {
		if r != h.rank && !replied {
			return false
		}
	}
	return true
}
