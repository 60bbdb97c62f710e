package diffusion

import (
	"fmt"
	"strings"
)

// samplers are those that need no other choice than their levels.
var samplers = []struct {
	name string
	plan func(levels []Level) Plan
}{
	{"ddim", func(l []Level) Plan { return DDIM(l, 0) }},
	{"heun", Heun},
	{"ipndm", IPNDM},
	{"dpm++", DPMSolver},
	{"unipc", func(l []Level) Plan { return UniPC(l, 2) }},
	{"ddpm", DDPM},
	{"consistency", Consistency},
}

// Samplers are the names that SamplerByName knows.
func Samplers() (names []string) {
	for _, s := range samplers {
		names = append(names, s.name)
	}
	return names
}

// SamplerByName returns the plan of a sampler: ddim (without noise), heun, ipndm, dpm++ (2M), unipc (order 2), ddpm or
// consistency. The levels must pass CheckLevels.
func SamplerByName(name string, levels []Level) (Plan, error) {
	for _, s := range samplers {
		if s.name == name {
			return s.plan(levels), nil
		}
	}
	return nil, fmt.Errorf("diffusion: sampler %q; allowed: %s", name, strings.Join(Samplers(), ", "))
}
