package gmel_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestActorStandsAlone: what plays a policy on another machine needs few packages, and the standard library. They need neither cgo
// nor a device, so it builds for every target of Go.
func TestActorStandsAlone(t *testing.T) {
	needed := map[string]bool{}
	imported := map[string][]string{}
	for _, s := range sources(t) {
		if !s.test {
			imported[s.folder] = append(imported[s.folder], s.imports...)
		}
	}
	var visit func(folder string)
	visit = func(folder string) {
		for _, i := range imported[folder] {
			own, ok := strings.CutPrefix(i, module+"/")
			switch {
			case !ok && strings.Contains(strings.Split(i, "/")[0], ".") || i == "C":
				t.Errorf("%s imports %s", folder, i)
			case ok && !needed[own]:
				needed[own] = true
				visit(own)
			}
		}
	}
	visit("marl/actor")
	allowed := []string{"internal/safetensors", "kernels", "kernels/philox", "kernels/ref", "sim/feature"}
	if got := slices.Sorted(maps.Keys(needed)); !slices.Equal(got, allowed) {
		t.Errorf("marl/actor needs %v, want %v", got, allowed)
	}
}
