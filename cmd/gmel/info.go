package main

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/sim"
	"github.com/urfave/cli/v2"
)

// machineInfo is what gmel info reports.
type machineInfo struct {
	Go       string        `json:"go"`
	Platform string        `json:"platform"`
	Cores    int           `json:"cores"`
	Backends []backendInfo `json:"backends"` // the first is train.backend = auto
	Presets  []string      `json:"presets"`
	Policies []string      `json:"policies"`
}

type backendInfo struct {
	Name    string   `json:"name"`
	Device  string   `json:"device"`
	ISA     string   `json:"isa"`
	ISAs    []string `json:"isas"`
	Threads int      `json:"threads"`
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
		Presets: sim.Presets(), Policies: sim.Policies(),
	}
	for _, name := range kernels.Backends() {
		i, err := kernels.Describe(name)
		if err != nil {
			return m, err
		}
		m.Backends = append(m.Backends, backendInfo(i))
	}
	return m, nil
}

func (m machineInfo) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "platform   %s, %s, %d cores\n", m.Platform, m.Go, m.Cores)
	for i, x := range m.Backends {
		auto := ""
		if i == 0 {
			auto = " (auto)"
		}
		fmt.Fprintf(&b, "backend    %s%s: %s, instruction set %s of %s, %d threads\n",
			x.Name, auto, x.Device, x.ISA, strings.Join(x.ISAs, " "), x.Threads)
	}
	fmt.Fprintf(&b, "presets    %s\n", strings.Join(m.Presets, " "))
	fmt.Fprintf(&b, "policies   %s\n", strings.Join(m.Policies, " "))
	return b.String()
}
