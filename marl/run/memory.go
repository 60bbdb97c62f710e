package run

import (
	"cmp"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
)

// placed adds what is on the host to what is on a backend, unless that has memory of its own.
func placed(b kernels.Backend, device, host train.Memory) (on, beside train.Memory) {
	if _, apart := b.(kernels.Limited); apart {
		return device, host
	}
	return train.Memory{Parts: slices.Concat(device.Parts, host.Parts)}, train.Memory{}
}

// fit is an error if the memory on a backend, or that on the host beside it, is not free.
func fit(b kernels.Backend, on, beside train.Memory) error {
	return cmp.Or(on.Fit(train.FreeMemory(b)), beside.Fit(train.FreeMemory(nil)))
}

// worldsMemory is what worlds take on the host; setting decides on their number.
func worldsMemory(s *sim.Scenario, worlds int, setting string) train.Memory {
	return train.Memory{Parts: append(traceMemory(s, "the rows of the arrival trace"), train.MemoryPart{What: "the worlds", Bytes: sim.Bytes(s, worlds), Setting: setting})}
}

// traceMemory is what worlds take for their arrival trace, nothing without one.
func traceMemory(s *sim.Scenario, what string) (parts []train.MemoryPart) {
	if bytes := sim.TraceBytes(s); bytes > 0 {
		parts = append(parts, train.MemoryPart{What: what, Bytes: bytes, Setting: "the number of rows in scenario.tasks.arrivals.trace_file"})
	}
	return parts
}

// evaluationMemory is what a comparison of policies takes on the host: worlds, and the results of every episode of
// every policy. Setting decides on the number of episodes.
func evaluationMemory(s *sim.Scenario, episodes int, setting string) train.Memory {
	policies := int64(len(sim.Policies()) + 2) // and the learned one, sampled and greedy
	return train.Memory{Parts: append(traceMemory(s, "the rows of the trace of an evaluation"),
		train.MemoryPart{What: "the worlds of an evaluation", Bytes: sim.Bytes(s, sim.DefaultWorlds(episodes)), Setting: setting + " below 64, or scenario.ieds"},
		train.MemoryPart{What: "the results of the episodes", Bytes: train.Times(policies*2*sim.EpisodeBytes, episodes), Setting: setting},
	)}
}
