//go:build gpu && !cpu

package gpu

import "runtime"

// thread is a goroutine that stays on one thread of the system, because a CUDA context is current
// for a thread.
type thread struct{ jobs chan func() }

func newThread() *thread {
	t := &thread{make(chan func())}
	go t.work()
	return t
}

func (t *thread) work() {
	runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
	for f := range t.jobs {
		f()
	}
}

// do runs f on the thread and waits for it.
func (t *thread) do(f func() error) error {
	result := make(chan error, 1)
	t.jobs <- func() { result <- f() }
	return <-result
}

// close ends the goroutine.
func (t *thread) close() { close(t.jobs) }
