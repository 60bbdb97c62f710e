package kernels

import (
	"errors"
	"fmt"
)

// Gauges are the driver's current readings of a device, over all processes that use it.
type Gauges struct {
	Utilisation float64 // share of the driver's last period in which a kernel ran, 0 to 1
	MemoryUsed  int64   // bytes
	MemoryTotal int64   // bytes
}

// String is short enough for a progress line.
func (g Gauges) String() string {
	return fmt.Sprintf("device %.0f %%, %.3g of %.3g GB", 100*g.Utilisation, float64(g.MemoryUsed)/1e9, float64(g.MemoryTotal)/1e9)
}

// Gauged is a Driver whose devices have gauges.
type Gauged interface {
	// Gauges reads the gauges of a device, named as in Options.Device; an error says in one sentence why there are none.
	Gauges(device string) (Gauges, error)
}

// ErrNoGauges is the error of a backend without a device.
var ErrNoGauges = errors.New("kernels: the backend has no gauges")

// ReadGauges reads the gauges of a registered backend's device.
func ReadGauges(backend, device string) (Gauges, error) {
	d, err := driver(backend)
	if err != nil {
		return Gauges{}, err
	}
	if g, ok := d.(Gauged); ok {
		return g.Gauges(device)
	}
	return Gauges{}, ErrNoGauges
}
