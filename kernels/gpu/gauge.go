//go:build gpu && !cpu

package gpu

import (
	"fmt"
	"sync"

	"github.com/NVIDIA/go-nvml/pkg/nvml"
	"gorgonia.org/cu"

	"github.com/gmel-go/gmel/kernels"
)

// nvmlLoaded is NVIDIA's management library, loaded once and for as long as the process lives.
var nvmlLoaded = sync.OnceValues(func() (nvml.Interface, error) {
	library := nvml.New()
	if result := library.Init(); result != nvml.SUCCESS {
		return nil, noGauges(result)
	}
	return library, nil
})

func noGauges(result nvml.Return) error {
	return fmt.Errorf("gpu: utilisation and memory of the device are not told: NVIDIA's management library (libnvidia-ml.so.1) says %s", nvml.ErrorString(result))
}

// Gauges implements kernels.Gauged.
func (d driver) Gauges(device string) (g kernels.Gauges, err error) {
	if err := d.Probe(); err != nil {
		return g, err
	}
	library, err := nvmlLoaded()
	if err != nil {
		return g, err
	}
	name, err := busName(device)
	if err != nil {
		return g, err
	}
	handle, result := library.DeviceGetHandleByPciBusId(name)
	if result != nvml.SUCCESS {
		return g, noGauges(result)
	}
	busy, result := handle.GetUtilizationRates()
	if result != nvml.SUCCESS {
		return g, noGauges(result)
	}
	memory, result := handle.GetMemoryInfo()
	if result != nvml.SUCCESS {
		return g, noGauges(result)
	}
	return kernels.Gauges{Utilisation: float64(busy.Gpu) / 100, MemoryUsed: int64(memory.Used), MemoryTotal: int64(memory.Total)}, nil
}

// busName is the PCI address of a device: the two libraries number devices differently.
func busName(device string) (string, error) {
	i, err := choose(device)
	if err != nil {
		return "", err
	}
	d, err := cu.GetDevice(i)
	if err != nil {
		return "", err
	}
	var at [3]int
	for k, attribute := range []cu.DeviceAttribute{cu.PciDomainID, cu.PciBusID, cu.PciDeviceID} {
		if at[k], err = d.Attribute(attribute); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%08x:%02x:%02x.0", at[0], at[1], at[2]), nil
}
