//go:build gpu && !cpu

package gpu

// The libraries are found by LIBRARY_PATH and the headers by C_INCLUDE_PATH, which build/gpu/env sets.

/*
#cgo CFLAGS: -std=c11 -O2 -Wall
#cgo LDFLAGS: -lgmel_cuda -lcuda -lcudart_static -lstdc++ -lm -ldl -lrt -lpthread
#include <cuda.h>
#include "driver/driver.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"gorgonia.org/cu"

	"github.com/gmel-go/gmel/kernels"
)

func init() { kernels.Register("gpu", driver{}) }

// library is a hash of the kernels that are linked in. `make gpu` sets it, so that the Go tool links
// anew when they have changed.
var library string

type driver struct{}

// instead is what a machine without a usable GPU can do.
const instead = "compute on the processor: --backend cpu, as in `gmel train --backend cpu`"

// start loads the driver of NVIDIA, once.
var start = sync.OnceValue(func() error {
	var result C.int
	switch C.gmel_driver_load(&result) {
	case C.GMEL_DRIVER_READY:
		return checkVersion(cu.Version())
	case C.GMEL_DRIVER_ABSENT:
		return errors.New("gpu: no driver of an NVIDIA GPU is installed here; " + instead)
	}
	if result == C.CUDA_ERROR_NO_DEVICE {
		return errNoDevice
	}
	return fmt.Errorf("gpu: the driver of the NVIDIA GPU does not start (%s); %s", codeName(int32(result)), instead)
})

var errNoDevice = errors.New("gpu: there is no NVIDIA GPU here; " + instead)

// checkVersion refuses a driver that is older than the kernels' runtime.
func checkVersion(has int) error {
	if has/1000 >= C.CUDA_VERSION/1000 {
		return nil
	}
	return fmt.Errorf("gpu: the driver knows CUDA %s, this program needs CUDA %s: install a newer driver, or %s",
		versionText(has), versionText(C.CUDA_VERSION), instead)
}

func versionText(v int) string { return fmt.Sprintf("%d.%d", v/1000, v%1000/10) }

// Probe implements kernels.Prober.
func (driver) Probe() error {
	if err := start(); err != nil {
		return err
	}
	if n, err := cu.NumDevices(); err != nil || n == 0 {
		return errNoDevice
	}
	return nil
}

// Info lists the devices.
func (d driver) Info() kernels.Info {
	i := kernels.Info{Name: "gpu", Threads: 1}
	if d.Probe() != nil {
		return i
	}
	n, _ := cu.NumDevices()
	for at := range n {
		if x, err := describe(at); err == nil {
			i.Devices = append(i.Devices, x)
		}
	}
	if len(i.Devices) > 0 {
		i.Device, i.ISA, i.ISAs = i.Devices[0].Model, i.Devices[0].ISA, []string{i.Devices[0].ISA}
	}
	return i
}

func deviceName(i int) string { return fmt.Sprintf("gpu:%d", i) }

func describe(i int) (kernels.Device, error) {
	d, err := cu.GetDevice(i)
	if err != nil {
		return kernels.Device{}, err
	}
	model, err1 := d.Name()
	memory, err2 := d.TotalMem()
	isa, err3 := isaOf(d)
	x := kernels.Device{Name: deviceName(i), Model: model, Memory: memory, ISA: isa, Driver: "CUDA " + versionText(cu.Version())}
	return x, errors.Join(err1, err2, err3)
}

func isaOf(d cu.Device) (string, error) {
	major, err := d.Attribute(cu.ComputeCapabilityMajor)
	if err != nil {
		return "", err
	}
	minor, err := d.Attribute(cu.ComputeCapabilityMinor)
	if err == nil && major < leastMajor {
		err = fmt.Errorf("it is an sm_%d%d; the kernels need sm_%d0 or newer", major, minor, leastMajor)
	}
	return fmt.Sprintf("sm_%d%d", major, minor), err
}

// leastMajor is the oldest architecture that scripts/gpu-library compiles for.
const leastMajor = 8

// choose finds the device that Options.Device names.
func choose(name string) (int, error) {
	n, err := cu.NumDevices()
	if err != nil {
		return 0, err
	}
	if name == "" {
		return 0, nil
	}
	number, ok := strings.CutPrefix(name, "gpu:")
	if i, err := strconv.Atoi(number); ok && err == nil && i >= 0 && i < n {
		return i, nil
	}
	var names []string
	for i := range n {
		names = append(names, deviceName(i))
	}
	return 0, fmt.Errorf("gpu: there is no device %q; there is: %s", name, strings.Join(names, ", "))
}
