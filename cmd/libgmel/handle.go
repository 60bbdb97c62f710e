//go:build cgo

package main

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"sync"
)

// handles are the open sessions. A handle is a random number, so that one that was closed or comes
// from another process is an error and never another session.
var handles = struct {
	sync.Mutex
	open map[uintptr]*session
}{open: map[uintptr]*session{}}

var errHandle = errors.New("gmel: the handle belongs to no worlds of this process, or they are closed")

// register returns a new handle of the session.
func register(s *session) uintptr {
	handles.Lock()
	defer handles.Unlock()
	for {
		var b [8]byte
		rand.Read(b[:])
		h := uintptr(binary.NativeEndian.Uint64(b[:]))
		if _, taken := handles.open[h]; h != 0 && !taken {
			handles.open[h] = s
			return h
		}
	}
}

// withSession calls f with the session of a handle.
func withSession(h uintptr, f func(*session) error) error {
	handles.Lock()
	s := handles.open[h]
	handles.Unlock()
	if s == nil {
		return errHandle
	}
	return f(s)
}

// release closes the session of a handle after the calls that use it.
func release(h uintptr) error {
	return withSession(h, func(s *session) error {
		handles.Lock()
		delete(handles.open, h)
		handles.Unlock()
		s.close()
		return nil
	})
}
