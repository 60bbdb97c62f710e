//go:build gpu && !cpu

package gpu

// #include <cuda.h>
import "C"

import (
	"errors"
	"fmt"

	"gorgonia.org/cu"

	"github.com/gmel-go/gmel/kernels"
)

// code is a CUresult or a cudaError_t, which share most of their numbers.
type code int32

func (c code) Error() string { return codeName(int32(c)) }

// check converts a result to an error.
func check(result C.CUresult) error { return checkCode(int32(result)) }

func checkCode(result int32) error {
	if result == 0 {
		return nil
	}
	return code(result)
}

// runtimeNames are errors of the runtime that the driver does not know.
var runtimeNames = map[int32]string{
	9: "cudaErrorInvalidConfiguration", 35: "cudaErrorInsufficientDriver", 98: "cudaErrorInvalidDeviceFunction",
}

func codeName(result int32) string {
	var name *C.char
	if C.cuGetErrorName(C.CUresult(result), &name) == C.CUDA_SUCCESS && name != nil {
		return C.GoString(name)
	}
	if name, ok := runtimeNames[result]; ok {
		return name
	}
	return fmt.Sprintf("CUDA error %d", result)
}

func isOutOfMemory(err error) bool {
	return errors.Is(err, cu.OutOfMemory) || errors.Is(err, code(C.CUDA_ERROR_OUT_OF_MEMORY))
}

// opError says which op of a program a fault belongs to.
func opError(p *kernels.Program, op int, err error) error {
	return fmt.Errorf("%s: %w", nameOf(p, op), err)
}

func nameOf(p *kernels.Program, op int) string {
	return fmt.Sprintf("program %q, op %d (%s)", p.Name, op, p.Describe(op))
}

// nameOfLaunch is the name of a launch of these ops.
func nameOfLaunch(p *kernels.Program, ops []int) string {
	if len(ops) == 1 {
		return nameOf(p, ops[0])
	}
	return fmt.Sprintf("%s, the first of %d ops in one launch", nameOf(p, ops[0]), len(ops))
}

// fail records err as the permanent fault of the device: work in progress is lost.
func (b *backend) fail(err error) error {
	if b.fault == nil {
		b.fault = fmt.Errorf("gpu: %s: %w", b.name, err)
	}
	return b.fault
}

// late is a fault that is found on waiting for the device. Kernels run one after the other, so the last one that has
// begun is the cause.
func (b *backend) late(err error) error {
	if err == nil {
		b.mark.clear()
		return nil
	}
	if b.fault != nil {
		return b.fault
	}
	where := ""
	if p, ops := b.mark.last(); p != nil {
		where = " in " + nameOfLaunch(p, ops)
	}
	return b.fail(fmt.Errorf("the device has failed%s: %w", where, err))
}

// earlier reports that the error of a launch is the fault of an earlier kernel, not of the launch itself.
func earlier(err error) bool {
	var c code
	if !errors.As(err, &c) {
		return false
	}
	switch c {
	case C.CUDA_ERROR_ECC_UNCORRECTABLE, C.CUDA_ERROR_ILLEGAL_ADDRESS, C.CUDA_ERROR_LAUNCH_TIMEOUT, C.CUDA_ERROR_ASSERT,
		C.CUDA_ERROR_HARDWARE_STACK_ERROR, C.CUDA_ERROR_ILLEGAL_INSTRUCTION, C.CUDA_ERROR_MISALIGNED_ADDRESS,
		C.CUDA_ERROR_INVALID_ADDRESS_SPACE, C.CUDA_ERROR_INVALID_PC, C.CUDA_ERROR_LAUNCH_FAILED:
		return true
	}
	return false
}

// started handles the error of a call that only starts work: the error may be a fault of earlier work.
func (b *backend) started(err error) error {
	if err == nil {
		return nil
	}
	return b.late(err)
}
