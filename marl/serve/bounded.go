package serve

import (
	"net"
	"sync"
)

// bounded is a listener with a bound on open connections. More wait in the queue of the operating system.
type bounded struct {
	net.Listener
	free   chan struct{} // one for each connection that may be opened
	closed chan struct{}
	close  func() error
}

func newBounded(l net.Listener, connections int) *bounded {
	b := &bounded{Listener: l, free: make(chan struct{}, connections), closed: make(chan struct{})}
	for range connections {
		b.free <- struct{}{}
	}
	b.close = sync.OnceValue(func() error {
		close(b.closed)
		return l.Close()
	})
	return b
}

// Accept implements net.Listener.
func (b *bounded) Accept() (net.Conn, error) {
	select {
	case <-b.free:
	case <-b.closed:
		return nil, net.ErrClosed
	}
	c, err := b.Listener.Accept()
	if err != nil {
		b.free <- struct{}{}
		return nil, err
	}
	return &counted{Conn: c, release: sync.OnceFunc(func() { b.free <- struct{}{} })}, nil
}

// Close implements net.Listener.
func (b *bounded) Close() error { return b.close() }

// counted is a connection of a bounded listener.
type counted struct {
	net.Conn
	release func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	defer c.release()
	return c.Conn.Close()
}
