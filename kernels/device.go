package kernels

import (
	"fmt"
	"slices"
)

// Values of Options.Precision. Factors of gemm and of convolutions are rounded where they are read; what
// lies in the arena, such as parameters, and all other arithmetic, that of attention included, is fp32.
const (
	FP32 = "fp32"
	TF32 = "tf32" // factors rounded to 10 bits of mantissa, ties away from zero; sums in fp32
	BF16 = "bf16" // factors rounded to 7 bits of mantissa, ties to even; sums in fp32
)

// Precisions lists the values of Options.Precision.
func Precisions() []string { return []string{FP32, TF32, BF16} }

// PrecisionIndex is the place of the precision in Precisions; "" is FP32. An unknown one is an error of the backend name.
func (o Options) PrecisionIndex(name string) (int, error) {
	if o.Precision == "" {
		return slices.Index(Precisions(), FP32), nil
	}
	i := slices.Index(Precisions(), o.Precision)
	if i < 0 {
		return 0, fmt.Errorf("%s: there is no precision %q; there is: %v", name, o.Precision, Precisions())
	}
	return i, nil
}

// Device is one of the devices of a backend.
type Device struct {
	Name   string // as for Options.Device, such as "gpu:1"
	Model  string
	Memory int64  // bytes
	ISA    string // what its code is compiled for, such as "sm_90"
	Driver string // version of the software that drives it
}

// Limited is a Backend whose device has memory of its own.
type Limited interface {
	Backend
	// FreeMemory is what the device can still give, in bytes; 0 where that is not known.
	FreeMemory() int64
	// ScratchOf is what an Executable of p, once compiled, takes of it besides the arena, in bytes.
	ScratchOf(p *Program) (bytes int64, err error)
}

// For is the Info with the device and the instruction set that the options choose.
func (i Info) For(o Options) Info {
	at := slices.IndexFunc(i.Devices, func(d Device) bool { return d.Name == o.Device })
	if at >= 0 {
		i.Device, i.ISA = i.Devices[at].Model, i.Devices[at].ISA
	}
	if o.ISA != "" {
		i.ISA = o.ISA
	}
	return i
}

// ProcessorOnly says which option a backend on a processor does not have; nil: none is asked for.
func (o Options) ProcessorOnly(name string) error {
	switch {
	case o.Device != "":
		return fmt.Errorf("%s: there is no device %q; this backend runs on the processor, devices are of the backend gpu", name, o.Device)
	case o.Precision != "" && o.Precision != FP32:
		return fmt.Errorf("%s: there is no precision %q; this backend computes in fp32 only", name, o.Precision)
	case o.Debug:
		return fmt.Errorf("%s: there is no debug mode; it is of the backend gpu", name)
	}
	return nil
}
