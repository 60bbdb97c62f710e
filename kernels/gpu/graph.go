//go:build gpu && !cpu

package gpu

/*
#include <cuda.h>

static CUresult instantiate(CUgraphExec *exec, CUgraph graph) { return cuGraphInstantiateWithFlags(exec, graph, 0); }
*/
import "C"

import (
	"errors"
	"unsafe"

	"gorgonia.org/cu"
)

// What gorgonia.org/cu lacks: capture of a stream and launch of a graph.

// graph is a list of launches that is enqueued at once.
type graph struct{ exec C.CUgraphExec }

// capture makes a graph of the work that enqueue puts on the stream, without executing it.
func capture(s cu.Stream, enqueue func() error) (g graph, err error) {
	stream := C.CUstream(unsafe.Pointer(s.C()))
	if err := check(C.cuStreamBeginCapture(stream, C.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL)); err != nil {
		return g, err
	}
	err = enqueue()
	var made C.CUgraph
	ended := check(C.cuStreamEndCapture(stream, &made)) // always, or the stream would stay in capture
	if err == nil {
		err = ended
	}
	if made == nil {
		return g, err
	}
	defer C.cuGraphDestroy(made)
	if err == nil {
		err = check(C.instantiate(&g.exec, made))
	}
	return g, err
}

func (g graph) launch(s cu.Stream) error {
	return check(C.cuGraphLaunch(g.exec, C.CUstream(unsafe.Pointer(s.C()))))
}

func destroyAll(graphs []graph) error {
	var errs []error
	for _, g := range graphs {
		if g.exec != nil {
			errs = append(errs, check(C.cuGraphExecDestroy(g.exec)))
		}
	}
	return errors.Join(errs...)
}
