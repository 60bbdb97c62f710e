package comm

// library is what a Process uses of MPI. No call waits for another process, and only one is made at a time. The first and the
// last one are made by the same thread.
type library interface {
	name() string // and version
	rank() int
	size() int
	// send begins to send a copy of x.
	send(to, tag int, x []float32) (transfer, error)
	// receive begins to receive the next message that has come; nil: none has. Messages of a rank come in the order in which
	// they were sent.
	receive() (from, tag int, t transfer, err error)
	// abort ends all processes at once, with this exit code.
	abort(code int)
	// leave waits until all processes leave, and ends this one with an exit code.
	leave(code int) error
}

// transfer is a message on its way.
type transfer interface {
	// done reports whether the message has left, or is here. It is not called again after that.
	done() (bool, error)
	// floats are those of a message that is here, until free.
	floats() []float32
	free()
}
