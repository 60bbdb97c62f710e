package setting

import (
	"reflect"
	"testing"
)

// values are texts and their effect on the defaults.
var values = map[string]func(*general, *game){
	"":              func(*general, *game) {},
	"# nothing":     func(*general, *game) {},
	"\ufeffseed: 7": func(d *general, _ *game) { d.Seed = 7 }, // a byte order mark
	"\xff\xfes\x00e\x00e\x00d\x00:\x00 \x007\x00\r\x00\n\x00": func(d *general, _ *game) { d.Seed = 7 }, // UTF-16, as Notepad saves it
	"\xfe\xff\x00s\x00e\x00e\x00d\x00:\x00 \x007":             func(d *general, _ *game) { d.Seed = 7 },
	"game:":                         func(*general, *game) {},
	"game: {deep: }":                func(*general, *game) {},
	"name: no":                      func(d *general, _ *game) { d.Name = "no" },
	"name: 010":                     func(d *general, _ *game) { d.Name = "010" },
	"name: 2026-01-01":              func(d *general, _ *game) { d.Name = "2026-01-01" },
	`name: ""`:                      func(*general, *game) {},
	"seed: 18446744073709551615":    func(d *general, _ *game) { d.Seed = 1<<64 - 1 },
	"seed: 010":                     func(d *general, _ *game) { d.Seed = 10 },
	"seed: 08":                      func(d *general, _ *game) { d.Seed = 8 },
	"seed: 000":                     func(d *general, _ *game) { d.Seed = 0 },
	"seed: 0x10":                    func(d *general, _ *game) { d.Seed = 16 },
	"seed: 0o10":                    func(d *general, _ *game) { d.Seed = 8 },
	"seed: 0b10":                    func(d *general, _ *game) { d.Seed = 2 },
	"seed: 1_000":                   func(d *general, _ *game) { d.Seed = 1000 },
	"seed: 1e3":                     func(d *general, _ *game) { d.Seed = 1000 },
	"seed: -0":                      func(d *general, _ *game) { d.Seed = 0 },
	`game: {slots: "7"}`:            func(_ *general, g *game) { g.Slots = 7 },
	"game: {slots: +7}":             func(_ *general, g *game) { g.Slots = 7 },
	"game: {slots: 07.0}":           func(_ *general, g *game) { g.Slots = 7 },
	"game: {small: -2147483648}":    func(_ *general, g *game) { g.Small = -1 << 31 },
	"game: {speed: 010}":            func(_ *general, g *game) { g.Speed = 10 },
	"game: {speed: .5}":             func(_ *general, g *game) { g.Speed = 0.5 },
	"game: {speed: 5e-1}":           func(_ *general, g *game) { g.Speed = 0.5 },
	"game: {on: yes}":               func(_ *general, g *game) { g.On = true },
	"game: {on: false}":             func(_ *general, g *game) {},
	"game: {range: [1, 2]}":         func(_ *general, g *game) { g.Range = pair{1, 2} },
	"game: {speeds: []}":            func(_ *general, g *game) { g.Speeds = []float64{} },
	"game: {models: [{load: 3}]}":   func(_ *general, g *game) { g.Models = []model{{0, 3}} },
	"game: {deep: {width: 3}}":      func(_ *general, g *game) { g.Deep.Width = 3 },
	"seed: &x 7\ngame: {slots: *x}": func(d *general, g *game) { d.Seed, g.Slots = 7, 7 },
	"<<: {seed: 9, game: {slots: 9}}\nseed: 3":                    func(d *general, g *game) { d.Seed, g.Slots = 3, 9 },
	"game: {<<: [{slots: 4}, {slots: 5, speed: 5}], on: true}":    func(_ *general, g *game) { g.Slots, g.Speed, g.On = 4, 5, true },
	"game: {models: [&m {share: 1, load: 2}, {<<: *m, load: 3}]}": func(_ *general, g *game) { g.Models = []model{{1, 2}, {1, 3}} },
}

func TestValues(t *testing.T) {
	for text, want := range values {
		top, g, _, err := read(text)
		wantTop, wantGame := document()
		want(wantTop, wantGame)
		if err != nil || !reflect.DeepEqual(top, wantTop) || !reflect.DeepEqual(g, wantGame) {
			t.Errorf("%q gives %+v %+v, %v", text, top, g, err)
		}
	}
}
