package kernels

// Call is a number of runs of an Executable.
type Call struct {
	Executable Executable
	Times      int
}

// Sequencer is a Backend that makes calls that follow each other faster at once than one by one.
type Sequencer interface {
	Backend
	// Sequence makes the calls over the arena b in their order, like Executable.Run.
	Sequence(b Buffer, calls []Call) error
}

// RunAll makes calls over the arena b in their order, at once where the backend is a Sequencer.
func RunAll(backend Backend, b Buffer, calls ...Call) error {
	if s, ok := backend.(Sequencer); ok {
		return s.Sequence(b, calls)
	}
	return InOrder(b, calls)
}

// InOrder makes calls one by one. The first error ends it.
func InOrder(b Buffer, calls []Call) error {
	for _, c := range calls {
		if err := c.Executable.Run(b, c.Times); err != nil {
			return err
		}
	}
	return nil
}
