package machine_test

import (
	"testing"

	G "gorgonia.org/gorgonia"
	"pgregory.net/rapid"

	_ "github.com/gmel-go/gmel/kernels/cpu"
	"github.com/gmel-go/gmel/nn/machine"
)

// The C interpreter and the reference must produce the same bits.
func TestBackendsAgreeBitForBit(t *testing.T) {
	ref, cpu := open(t, "ref"), open(t, "cpu")
	for name, make := range graphs {
		t.Run(name, func(t *testing.T) {
			b := make(t, G.Float32)
			want := values(t, b, build(t, b, machine.On(ref)))
			bits(t, "cpu", values(t, b, build(t, b, machine.On(cpu), machine.Poison())), want)
			for items := 1; items <= 3; items++ {
				want := values(t, b, build(t, b, machine.On(ref), machine.Tile(items)))
				bits(t, "cpu, tiled", values(t, b, build(t, b, machine.On(cpu), machine.Poison(), machine.Tile(items))), want)
			}
		})
	}
	rapid.Check(t, func(rt *rapid.T) {
		b := random(rt, G.Float32)
		want := values(t, b, build(t, b, machine.On(ref)))
		bits(rt, "cpu", values(t, b, build(t, b, machine.On(cpu), machine.Poison())), want)
		items := rapid.IntRange(1, 3).Draw(rt, "items")
		want = values(t, b, build(t, b, machine.On(ref), machine.Tile(items)))
		bits(rt, "cpu, tiled", values(t, b, build(t, b, machine.On(cpu), machine.Poison(), machine.Tile(items))), want)
	})
}
