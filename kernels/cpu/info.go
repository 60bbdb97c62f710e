//go:build cgo

package cpu

/*
#include <stdlib.h>
#include "interpreter.h"
*/
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"unsafe"

	"github.com/gmel-go/gmel/kernels"
)

type driver struct{}

// isas lists all instruction sets, best first.
var isas = []string{"avx512", "avx2", "sse2", "neon", "scalar"}

func findISA(name string) *C.isa {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	return C.gmel_isa_find(s)
}

// available lists the instruction sets of this processor, best first.
func available() []string {
	var names []string
	for _, n := range isas {
		if findISA(n) != nil {
			names = append(names, n)
		}
	}
	return names
}

func chooseISA(name string) (*C.isa, error) {
	have := available()
	if name == "" {
		name = have[0]
	}
	if isa := findISA(name); isa != nil {
		return isa, nil
	}
	return nil, fmt.Errorf("cpu: this processor cannot run instruction set %q; it can run: %s", name, strings.Join(have, ", "))
}

// defaultThreads respects the limits of the process: affinity, cgroup, GOMAXPROCS.
func defaultThreads() int { return min(runtime.GOMAXPROCS(0), maxThreads) }

// Info describes the processor.
func (driver) Info() kernels.Info {
	have := available()
	return kernels.Info{Name: "cpu", Device: model(), ISA: have[0], ISAs: have, Threads: defaultThreads()}
}

// model is the name of the processor if Linux reports it.
func model() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(text)) {
			if name, ok := strings.CutPrefix(line, "model name"); ok {
				return strings.TrimSpace(strings.TrimLeft(name, "\t :"))
			}
		}
	}
	return runtime.GOARCH
}
