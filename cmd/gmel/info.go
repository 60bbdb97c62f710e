package main

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
	"github.com/urfave/cli/v2"
)

// machineInfo is what gmel info reports.
type machineInfo struct {
	Go       string        `json:"go"`
	Platform string        `json:"platform"`
	Cores    int           `json:"cores"`
	Auto     string        `json:"auto"` // the backend that train.backend = auto selects
	Backends []backendInfo `json:"backends"`
	Presets  []string      `json:"presets"`
	Policies []string      `json:"policies"`

	References []string `json:"references"` // policies that know more than an IED can
}

type backendInfo struct {
	Name    string   `json:"name"`
	Device  string   `json:"device"`
	ISA     string   `json:"isa"`
	ISAs    []string `json:"isas"`
	Threads int      `json:"threads"`

	Devices []deviceInfo `json:"devices,omitempty"`
	Missing string       `json:"missing,omitempty"` // why the backend cannot be opened here
}

type deviceInfo struct {
	Name   string `json:"name"` // for --device
	Model  string `json:"model"`
	Memory int64  `json:"memory_bytes"`
	ISA    string `json:"isa"`
	Driver string `json:"driver"`

	Gauges *gaugesInfo `json:"gauges,omitempty"`
	Silent string      `json:"no_gauges,omitempty"` // why there are none
}

// gaugesInfo is the driver's readings of a device, over all processes that use it.
type gaugesInfo struct {
	Utilisation float64 `json:"utilisation"` // 0 to 1
	MemoryUsed  int64   `json:"memory_used_bytes"`
	MemoryTotal int64   `json:"memory_total_bytes"`
}

func infoCommand() *cli.Command {
	return &cli.Command{
		Name:  "info",
		Usage: "print backends, devices and instruction sets of this machine",
		Flags: []cli.Flag{jsonFlag()},
		Action: func(c *cli.Context) error {
			m, err := describeMachine()
			if err != nil {
				return err
			}
			if c.Bool("json") {
				return printJSON(c.App.Writer, m)
			}
			return printText(c.App.Writer, m.text())
		},
	}
}

func describeMachine() (machineInfo, error) {
	m := machineInfo{
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Cores: runtime.GOMAXPROCS(0),
		Presets: sim.Presets(), Policies: sim.Policies(), References: sim.References(),
	}
	auto, err := kernels.Describe("auto")
	if err != nil {
		return m, err
	}
	m.Auto = auto.Name
	for _, name := range kernels.Backends() {
		i, err := kernels.Describe(name)
		if err != nil {
			return m, err
		}
		m.Backends = append(m.Backends, describeBackend(i))
	}
	return m, nil
}

func describeBackend(i kernels.Info) backendInfo {
	b := backendInfo{Name: i.Name, Device: i.Device, ISA: i.ISA, ISAs: i.ISAs, Threads: i.Threads}
	for _, d := range i.Devices {
		b.Devices = append(b.Devices, describeDevice(i.Name, d))
	}
	if err := kernels.Probe(i.Name); err != nil {
		b.Missing = err.Error()
	}
	return b
}

func describeDevice(backend string, d kernels.Device) deviceInfo {
	x := deviceInfo{Name: d.Name, Model: d.Model, Memory: d.Memory, ISA: d.ISA, Driver: d.Driver}
	g, err := kernels.ReadGauges(backend, d.Name)
	if err != nil {
		x.Silent = strings.TrimPrefix(err.Error(), backend+": ")
		return x
	}
	x.Gauges = (*gaugesInfo)(&g)
	return x
}

func (m machineInfo) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "platform   %s, %s, %s\n", m.Platform, m.Go, train.Counted(int64(m.Cores), "core"))
	for _, x := range m.Backends {
		auto := ""
		if x.Name == m.Auto {
			auto = " (auto)"
		}
		fmt.Fprintf(&b, "backend    %s%s: %s\n", x.Name, auto, x.text())
		for _, d := range x.Devices {
			fmt.Fprintf(&b, "device     %s: %s, %.1f GiB, %s, driver %s\n", d.Name, d.Model, float64(d.Memory)/(1<<30), d.ISA, d.Driver)
			fmt.Fprintf(&b, "gauges     %s: %s\n", d.Name, d.gauges())
		}
	}
	fmt.Fprintf(&b, "presets    %s\n", strings.Join(m.Presets, " "))
	fmt.Fprintf(&b, "policies   %s\n", strings.Join(m.Policies, " "))
	fmt.Fprintf(&b, "references %s\n", strings.Join(m.References, " "))
	return b.String()
}

func (d *deviceInfo) gauges() string {
	if d.Gauges == nil {
		return d.Silent
	}
	return kernels.Gauges(*d.Gauges).String()
}

func (x *backendInfo) text() string {
	if x.Missing != "" {
		return strings.TrimPrefix(x.Missing, x.Name+": ")
	}
	return fmt.Sprintf("%s, instruction set %s of %s, %s", x.Device, x.ISA, strings.Join(x.ISAs, " "), train.Counted(int64(x.Threads), "thread"))
}
