package header

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/marl/actor"
)

// vector is an observation and what the policy makes of it.
type vector struct {
	Obs, Legal, Outputs string
	Action              int
}

// goldenVectors is their number in a header, and goldenSeed the seed of their observations.
const (
	goldenVectors = 32
	goldenSeed    = 1
)

// golden are observations spread around those of training by two deviations, so that some are clipped, with random masks.
func golden(p *actor.Policy) []vector {
	rng := rand.New(philox.NewSource(goldenSeed, 0))
	player, obs := actor.NewPlayer(p), make([]float32, len(p.Mean))
	outputs := make([]float32, len(p.Contract.Interface.Actions))
	legal := make([]bool, len(outputs))
	list := make([]vector, goldenVectors)
	for i := range list {
		for j, mean := range p.Mean {
			obs[j] = mean + float32(2*rng.NormFloat64())/max(p.Scale[j], 1e-3)
		}
		for j := range legal {
			legal[j] = j == 0 || rng.IntN(4) > 0
		}
		player.Outputs(obs, outputs)
		list[i] = vector{Obs: array(obs), Action: actor.Choose(outputs, legal)}
		list[i].Legal, list[i].Outputs = vectorText(legal, outputs)
	}
	return list
}

// vectorText lists a mask, and the bits of outputs.
func vectorText(legal []bool, outputs []float32) (mask, bits string) {
	var m, b []string
	for j, v := range outputs {
		flag := "0"
		if legal[j] {
			flag = "1"
		}
		m, b = append(m, flag), append(b, fmt.Sprintf("0x%08xU", math.Float32bits(v)))
	}
	return strings.Join(m, ", "), strings.Join(b, ", ")
}
