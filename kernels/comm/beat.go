package comm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// libraryError is an error of the library, after which it is not used any more.
type libraryError struct{ error }

func (e *libraryError) Unwrap() error { return e.error }

// advance looks after all messages. The caller has locked mu.
func (h *hub) advance() {
	h.count()
	if h.broken() {
		return
	}
	err := h.deliver()
	if err == nil {
		err = h.sweep()
	}
	if err == nil {
		err = h.beat()
	}
	if err != nil {
		h.end(&libraryError{err})
	}
}

// broken reports whether the library has failed.
func (h *hub) broken() bool { return h.failed() && errors.As(h.cause, new(*libraryError)) }

// count counts the time in which this process has run. A longer gap between two looks is no time in which others were silent:
// this process, and perhaps all of them, was suspended.
func (h *hub) count() {
	now := time.Now()
	h.clock.Add(int64(min(now.Sub(h.ticked), h.interval())))
	h.ticked = now
}

// interval is the time between two signs of life.
func (h *hub) interval() time.Duration { return min(h.patience/8, mostBeat) }

// post sends a message without waiting until it has left.
func (h *hub) post(to, tag int, x []float32) error {
	t, err := h.library.send(to, tag, x)
	if err != nil {
		return &libraryError{err}
	}
	h.sending = append(h.sending, parcel{t, to, tag})
	return nil
}

// say sends a message to all other ranks, as far as that works.
func (h *hub) say(tag int, x []float32) {
	for r := range h.seen {
		if r != h.rank {
			_ = h.post(r, tag, x)
		}
	}
}

// sweep forgets messages that have left.
func (h *hub) sweep() error {
	kept := h.sending[:0]
	for _, m := range h.sending {
		done, err := m.done()
		if err != nil {
			return err
		}
		if done {
			m.free()
		} else {
			kept = append(kept, m)
		}
	}
	h.sending = kept
	return nil
}

// deliver receives what has come, in the order in which each rank has sent it.
func (h *hub) deliver() error {
	for {
		from, tag, t, err := h.library.receive()
		if err != nil {
			return err
		}
		if t == nil {
			break
		}
		h.receiving = append(h.receiving, parcel{t, from, tag})
	}
	var kept []parcel
	for _, m := range h.receiving {
		if slices.ContainsFunc(kept, func(k parcel) bool { return k.rank == m.rank }) {
			kept = append(kept, m)
			continue
		}
		done, err := m.done()
		if err != nil {
			return err
		}
		if !done {
			kept = append(kept, m)
			continue
		}
		h.heard[m.rank] = h.now()
		h.hear(m)
	}
	h.receiving = kept
	return nil
}

// hear handles a message that is here.
func (h *hub) hear(m parcel) {
	if m.tag == tagData {
		h.lines[m.rank] = append(h.lines[m.rank], m.transfer)
		return
	}
	defer m.free()
	switch m.tag {
	case tagBeat:
		h.understand(m.rank, m.floats())
	case tagFailure:
		h.fail(h.failureIn(bytesOf(m.floats())))
	case tagOver:
		h.replied[m.rank] = true
		if m.rank == 0 {
			h.finish()
		}
	}
}

// beat gives a sign of life when it is time for one, and looks for ranks that give none.
func (h *hub) beat() error {
	now := h.now()
	if now < h.nextBeat {
		return nil
	}
	h.nextBeat = now + h.interval()
	own := &h.seen[h.rank]
	since := now - time.Duration(own.last.Load())
	for r := range h.seen {
		if r == h.rank || h.replied[r] || h.beating(r) {
			continue
		}
		if err := h.post(r, tagBeat, []float32{truth(own.waiting.Load()), float32(since.Seconds()), truth(h.asks.Load())}); err != nil {
			return err
		}
	}
	h.listen(now)
	return nil
}

// beating reports whether an earlier sign of life for a rank has not left.
func (h *hub) beating(to int) bool {
	return slices.ContainsFunc(h.sending, func(m parcel) bool { return m.rank == to && m.tag == tagBeat })
}

// understand takes note of a sign of life.
func (h *hub) understand(rank int, x []float32) {
	h.noteAt(rank, x[0] != 0, h.now()-time.Duration(float64(x[1])*float64(time.Second)))
	if x[2] != 0 {
		h.ask.Do(func() { close(h.asked) })
	}
}

func truth(b bool) float32 {
	if b {
		return 1
	}
	return 0
}

// listen ends the group if a rank gives no sign of life, and names all that have given none for half of that time: by then they
// count as outside of exchanges.
func (h *hub) listen(now time.Duration) {
	var quiet []int
	lost := false
	for r, heard := range h.heard {
		if r == h.rank || h.replied[r] || now-heard <= h.patience/2 {
			continue
		}
		h.noteAt(r, false, heard)
		quiet = append(quiet, r)
		lost = lost || now-heard > h.patience
	}
	if lost {
		h.end(h.silence(quiet))
	}
}

// failure is a cause on its way to other processes.
type failure struct {
	Silent *SilentError
	Rank   int
	Text   string
}

// end ends the group on all ranks. The caller has locked mu.
func (h *hub) end(cause error) {
	if !h.fail(cause) {
		return
	}
	if h.broken() {
		return // the library cannot tell the others
	}
	f := failure{Rank: h.rank, Text: cause.Error()}
	if silent, ok := cause.(*SilentError); ok {
		f.Silent = silent
	}
	data, err := json.Marshal(f)
	if err != nil { // a time and texts have a form in JSON
		return
	}
	h.say(tagFailure, floatsOf(data))
}

// failureIn is the cause that another rank tells.
func (h *hub) failureIn(data []byte) error {
	var f failure
	// The text may be followed by zeros.
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&f); err != nil {
		return fmt.Errorf("comm: a failure that cannot be read: %w", err)
	}
	if f.Silent != nil {
		return f.Silent
	}
	return errors.New(h.nameOf(f.Rank) + ": " + f.Text)
}

// nameOf names a rank and its host, which is not known before all have told theirs.
func (h *hub) nameOf(rank int) string {
	if h.hosts == nil {
		return fmt.Sprintf("rank %d", rank)
	}
	return fmt.Sprintf("rank %d (%s)", rank, h.hosts[rank])
}
