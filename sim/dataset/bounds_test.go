package dataset

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/sim"
)

// TestBoundsAreThoseOfAScenario: a scenario at each bound is taken, and one beyond it refused.
func TestBoundsAreThoseOfAScenario(t *testing.T) {
	models := func(n int) string {
		return "tasks: {models: [" + strings.Repeat(fmt.Sprintf("{name: a, share: %.9g, data_mbit: [1, 2], gcycles: [1, 2], "+
			"gcycles_per_step: 1, result_mbit: 1, deadline_s: [1, 2], load_s: 0},", 1/float64(n)), n) + "]}"
	}
	task := func(data, gcycles, step float64) string {
		return fmt.Sprintf("tasks: {models: [{name: a, share: 1, data_mbit: [%g, 1], gcycles: [%g, 1], gcycles_per_step: %g, "+
			"result_mbit: 1, deadline_s: [1, 2], load_s: 0}]}", data, gcycles, step)
	}
	for key, c := range map[string]struct{ at, beyond string }{
		"servers":                      {fmt.Sprintf("servers: %d", mostServers), fmt.Sprintf("servers: %d", mostServers+1)},
		"tasks.models":                 {models(mostModels), models(mostModels + 1)},
		"hall.width_m":                 {fmt.Sprintf("hall: {width_m: %g}", mostHallM), fmt.Sprintf("hall: {width_m: %.0f}", mostHallM+1)},
		"compute.server_gpus[0]":       {fmt.Sprintf("compute: {server_gpus: [%d]}", mostProcessors), fmt.Sprintf("compute: {server_gpus: [%d]}", mostProcessors+1)},
		"tasks.arrivals.rate_per_slot": {poisson(mostArrivalRate, 1), poisson(mostArrivalRate+1, 1)},
		"tasks.arrivals.queue":         {poisson(1, mostQueue), poisson(1, mostQueue+1)},
		"tasks.models[0].data_mbit":    {task(leastMbit, 1, 1), task(leastMbit/2, 1, 1)},
		"tasks.models[0].gcycles":      {task(1, leastGcycles, leastGcycles), task(1, leastGcycles/2, leastGcycles)},
		"compute.ied_gcycles_per_s": {fmt.Sprintf("compute: {ied_gcycles_per_s: [%g, 1]}", leastGcyclesPerS),
			fmt.Sprintf("compute: {ied_gcycles_per_s: [%g, 1]}", leastGcyclesPerS/2)},
	} {
		if _, err := sim.Parse([]byte(c.at), "at"); err != nil {
			t.Errorf("%s: %v", key, err)
		}
		if _, err := sim.Parse([]byte(c.beyond), "beyond"); err == nil || !strings.Contains(err.Error(), key+": ") {
			t.Errorf("%s beyond its bound: %v", key, err)
		}
	}
}

func poisson(rate float64, queue int) string {
	return fmt.Sprintf("tasks: {arrivals: {process: poisson, rate_per_slot: %g, queue: %d}}", rate, queue)
}
