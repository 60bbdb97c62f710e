//go:build ptx

package emu

/*
#include "cudart.h"
*/
import "C"

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync"
	"unsafe"

	"github.com/gmel-go/gmel/kernels/ptx"
)

// loaded are the modules that have been parsed, by the address of their fat binary, and the entries of kernels.
var loaded = struct {
	sync.Mutex
	modules map[unsafe.Pointer]*ptx.Module
	entries map[*C.cuda_kernel]*ptx.Entry
}{modules: map[unsafe.Pointer]*ptx.Module{}, entries: map[*C.cuda_kernel]*ptx.Entry{}}

// entryOf finds the PTX of a kernel.
func entryOf(k *C.cuda_kernel) (*ptx.Entry, error) {
	loaded.Lock()
	defer loaded.Unlock()
	if e := loaded.entries[k]; e != nil {
		return e, nil
	}
	m := loaded.modules[k.module]
	if m == nil {
		text, err := textOf(k.module)
		if err != nil {
			return nil, err
		}
		if m, err = ptx.Parse("module of "+C.GoString(k.name), text); err != nil {
			return nil, err
		}
		loaded.modules[k.module] = m
	}
	e, ok := m.Entry(C.GoString(k.name))
	if !ok {
		return nil, fmt.Errorf("%s has no entry %s", m.Name, C.GoString(k.name))
	}
	loaded.entries[k] = e
	return e, nil
}

// target is a kernel of the program, whose PTX is parsed when it is asked for.
type target struct{ kernel *C.cuda_kernel }

// targets are all kernels of the program.
func targets() (all []target) {
	for k := C.gmel_ptx_kernels(); k != nil; k = k.next {
		all = append(all, target{(*C.cuda_kernel)(k)})
	}
	return all
}

// name is the C++ name of the kernel.
func (t target) name() string { return Demangle(C.GoString(t.kernel.name)) }

func (t target) entry() (*ptx.Entry, error) { return entryOf(t.kernel) }

// The head of a fat binary, and of an entry in it.
const (
	fatMagic = 0xba55ed50
	fatHead  = 16 // magic 4, version 2, size of the head 2, size of all entries 8
	fatPTX   = 1
	fatEntry = 16 // kind 2, version 2, size of the head 4, size of the data 8
	textMark = ".version "
)

// textOf returns the PTX of a fat binary.
func textOf(binaryAt unsafe.Pointer) (string, error) {
	head := unsafe.Slice((*byte)(binaryAt), fatHead)
	if binary.LittleEndian.Uint32(head) != fatMagic {
		return "", fmt.Errorf("a module is no fat binary: it begins with %x", head)
	}
	from, size := int(binary.LittleEndian.Uint16(head[6:])), int(binary.LittleEndian.Uint64(head[8:]))
	rest := unsafe.Slice((*byte)(binaryAt), from+size)[from:]
	for len(rest) >= fatEntry {
		kind, at, n := binary.LittleEndian.Uint16(rest), int(binary.LittleEndian.Uint32(rest[4:])), int(binary.LittleEndian.Uint64(rest[8:]))
		data := rest[at : at+n]
		if kind == fatPTX {
			if !bytes.Contains(data, []byte(textMark)) {
				return "", fmt.Errorf("the PTX of a module is compressed; make test-ptx builds it as text")
			}
			text, _, _ := bytes.Cut(data, []byte{0})
			return string(text), nil
		}
		rest = rest[at+n:]
	}
	return "", fmt.Errorf("a module has no PTX")
}

// paramsOf copies the arguments of a kernel to where its entry has them.
func paramsOf(e *ptx.Entry, args *unsafe.Pointer) []byte {
	all := make([]byte, e.ParamBytes())
	for i, p := range e.Params() {
		at := unsafe.Slice(args, i+1)[i]
		copy(all[p.Offset:], unsafe.Slice((*byte)(at), p.Size))
	}
	return all
}
