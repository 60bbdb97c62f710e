package kernels

import (
	"fmt"
	"slices"
)

// Values of Options.Precision. The factors of gemm and of convolutions are rounded when they are read, and so are those of
// attention where a device has kernels for it: queries, keys, values, weights and slopes of scores, with sums in any order. The
// arena (parameters, for example) and all other arithmetic stay in fp32.
const (
	FP32 = "fp32"
	TF32 = "tf32" // factors rounded to 10 bits of mantissa, ties away from zero; sums in fp32
	BF16 = "bf16" // factors rounded to 7 bits of mantissa, ties to even; sums in fp32
)

// Precisions lists the values of Options.Precision.
func Precisions() []string { return []string{FP32, TF32, BF16} }

// PrecisionIndex is the index of the precision in Precisions; "" is FP32. The error of an unknown one names the backend.
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
	Name   string // the value of Options.Device, such as "gpu:1"
	Model  string
	Memory int64  // bytes
	ISA    string // the target of its code, such as "sm_90"
	Driver string // version of the software that drives it
}

// Limited is a Backend whose device has memory of its own.
type Limited interface {
	Backend
	// FreeMemory is the memory that the device can still allocate, in bytes; 0 if unknown.
	FreeMemory() int64
	// ScratchOf is the memory that an Executable of p allocates besides the arena, in bytes.
	ScratchOf(p *Program) (bytes int64, err error)
}

// For is the Info with the device and the instruction set that the options select.
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

// ProcessorOnly is the error of an option that only backends with a device have; nil if none is set.
func (o Options) ProcessorOnly(name string) error {
	switch {
	case o.Device != "":
		return fmt.Errorf("%s: there is no device %q; this backend runs on the processor, only the backend gpu has devices", name, o.Device)
	case o.Precision != "" && o.Precision != FP32:
		return fmt.Errorf("%s: there is no precision %q; this backend computes in fp32 only", name, o.Precision)
	case o.Debug:
		return fmt.Errorf("%s: there is no debug mode; only the backend gpu has one", name)
	}
	return nil
}
