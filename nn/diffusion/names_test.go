package diffusion

import (
	"strings"
	"testing"
)

// Every name gives a plan that ends without noise, with as many evaluations as its method has.
func TestSamplerByName(t *testing.T) {
	levels := append(Karras(5, 0.002, 80, 7), Clean)
	for _, name := range Samplers() {
		p, err := SamplerByName(name, levels)
		want := 5
		if name == "heun" {
			want = 9
		}
		if err != nil || len(p) != want || p[len(p)-1].To != Clean {
			t.Errorf("%s has %d evaluations, want %d; %v", name, len(p), want, err)
		}
	}
	if _, err := SamplerByName("euler", levels); err == nil || !strings.Contains(err.Error(), `sampler "euler"; allowed: ddim, heun`) {
		t.Error(err)
	}
}
