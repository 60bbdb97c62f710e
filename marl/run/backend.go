package run

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
)

// openBackend opens the backend of the configuration; profile and debug are not part of the configuration.
func openBackend(c *marl.Config, profile, debug bool) (kernels.Backend, error) {
	o := backendOptions(c)
	o.Profile, o.Debug = profile, debug
	b, err := kernels.Open(c.Backend, o)
	if err != nil {
		return nil, train.Usagef("%s: %w", backendSettings(c), err)
	}
	return b, nil
}

func backendOptions(c *marl.Config) kernels.Options {
	return kernels.Options{Threads: c.Threads, ISA: c.ISA, Device: c.Device, Precision: c.Precision}
}

// backendSettings names the backend settings of the configuration.
func backendSettings(c *marl.Config) string {
	text := fmt.Sprintf("train.backend %q", c.Backend)
	for _, s := range []struct{ name, value string }{{"isa", c.ISA}, {"device", c.Device}, {"precision", c.Precision}} {
		if s.value != "" && s.value != kernels.FP32 {
			text += fmt.Sprintf(", train.%s %q", s.name, s.value)
		}
	}
	return text
}

// whoPlays says whether the device or the host plays the worlds; "" without a device.
func whoPlays(s kernels.Residency) string {
	switch {
	case s.Device:
		return "the device plays the worlds: the slots of a rollout are one graph"
	case s.Why != "":
		return "the host plays the worlds, slot by slot between graphs of the device: " + s.Why
	}
	return ""
}
