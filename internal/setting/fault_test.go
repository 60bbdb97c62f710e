package setting

import (
	"errors"
	"testing"
)

// faults are texts and flags with their error sentences.
var faults = []struct{ yaml, set, want string }{
	// Keys.
	{"game:\n  sped: 1", "", "a.yaml:2: game.sped: unknown key; did you mean speed?"},
	{"game:\n  quite_other: 1", "", "a.yaml:2: game.quite_other: unknown key; there are deep, models, on, range, slots, small, speed, speeds"},
	{"seeed: 1", "", "a.yaml:1: seeed: unknown key; did you mean seed?"},
	{"slots: 1", "", "a.yaml:1: slots: unknown key; did you mean game.slots?"},
	{"gmae: {}", "", "a.yaml:1: gmae: unknown key; did you mean game?"},
	{"game: {models: [{shar: 1}]}", "", "a.yaml:1: game.models[0].shar: unknown key; did you mean share?"},
	{"game: {-: 1}", "", "a.yaml:1: game.-: unknown key; there are deep, models, on, range, slots, small, speed, speeds"},
	{"seed: 1\nseed: 2", "", "a.yaml:2: seed: the key is there twice"},
	{"game: {}\ngame: {}", "", "a.yaml:2: game: the key is there twice"},
	{"game:\n  slots: 1\n  slots: 1", "", "a.yaml:3: game.slots: the key is there twice"},
	{"game: {[1]: 2}", "", "a.yaml:1: game: a key must be a word"},
	{"old: 1", "", "a.yaml:1: old: it has moved to game.slots"},
	// Types.
	{"game: fast", "", `a.yaml:1: game: "fast" stands where settings are expected: speed, slots, small, on, range, speeds, deep, models`},
	{"- 1", "", "a.yaml:1: a list stands where settings are expected: seed, name, game"},
	{"game: {slots: many}", "", `a.yaml:1: game.slots: "many" is not a whole number`},
	{"game: {slots: 3.5}", "", `a.yaml:1: game.slots: "3.5" is not a whole number`},
	{"game: {slots: [3]}", "", "a.yaml:1: game.slots: a list is not a whole number"},
	{"game: {slots: {a: 3}}", "", "a.yaml:1: game.slots: a group of keys is not a whole number"},
	{"name: [a]", "", "a.yaml:1: name: a list is not a text"},
	{"game: {on: 1}", "", `a.yaml:1: game.on: "1" is not true or false`},
	{"game: {speed: 20 MHz}", "", `a.yaml:1: game.speed: "20 MHz" is not a number; write the number alone, in the unit that the key names`},
	{"game: {slots: 20s}", "", `a.yaml:1: game.slots: "20s" is not a whole number; write the number alone, in the unit that the key names`},
	{"game: {speeds: 3}", "", `a.yaml:1: game.speeds: "3" is not a list`},
	{"game: {range: [1]}", "", "a.yaml:1: game.range: a list of 1 is not two numbers [min, max]"},
	{"game: {range: 1}", "", `a.yaml:1: game.range: "1" is not two numbers [min, max]`},
	{"game:\n  range: [1,\n    x]", "", `a.yaml:3: game.range[1]: "x" is not a number`},
	{"seed: &x 7.5\ngame:\n  slots: *x", "", "a.yaml:1: seed: \"7.5\" is not a whole number from 0 to 2^64-1\na.yaml:3: game.slots: \"7.5\" is not a whole number"},
	{"game:\n  speeds: &x [1, a]\n  range: *x", "", "a.yaml:2: game.speeds[1]: \"a\" is not a number\na.yaml:2: game.range[1]: \"a\" is not a number"},
	// Missing values.
	{"seed:", "", "a.yaml:1: seed: a value is missing; allowed: a whole number from 0 to 2^64-1"},
	{"game: {speeds: [1, null]}", "", "a.yaml:1: game.speeds[1]: a value is missing; allowed: a number"},
	{"game: {speeds: ~}", "", "a.yaml:1: game.speeds: a value is missing; allowed: a list"},
	// Too large, not finite.
	{"seed: -1", "", `a.yaml:1: seed: "-1" is not a whole number from 0 to 2^64-1`},
	{"seed: 18446744073709551616", "", "a.yaml:1: seed: 18446744073709551616 is too large"},
	{"game: {slots: 9223372036854775808}", "", "a.yaml:1: game.slots: 9223372036854775808 is too large"},
	{"game: {slots: 1e300}", "", "a.yaml:1: game.slots: 1e300 is too large"},
	{"game: {small: 3000000000}", "", "a.yaml:1: game.small: 3000000000 is too large"},
	{"game: {speed: 1e400}", "", "a.yaml:1: game.speed: 1e400 is too large"},
	{"game: {speed: .nan}", "", "a.yaml:1: game.speed: NaN is not a finite number"},
	{"game: {speed: -.inf}", "", "a.yaml:1: game.speed: -Inf is not a finite number"},
	// YAML itself.
	{"game:\n  slots: [", "", "a.yaml:2: not YAML: did not find expected node content"},
	{"seed: 1\n---\nseed: 2", "", "a.yaml: one YAML document is allowed, and there is more after the first"},
	{"<<: 3", "", `a.yaml:1: <<: "3" cannot be merged; allowed: groups of keys`},
	{"game: {<<: [{slots: 3}, x]}", "", `a.yaml:1: game.<<: "x" cannot be merged; allowed: groups of keys`},
	// Flags.
	{"", "game.slots", "--set game.slots: want path=value, such as train.gamma=0.9"},
	{"", "=3", "--set =3: want path=value, such as train.gamma=0.9"},
	{"", "game.slots=[", "--set game.slots=[: not YAML: did not find expected node content"},
	{"", "game.slots=many", `--set game.slots=many: game.slots: "many" is not a whole number`},
	{"", "game.slots=", `--set game.slots=: game.slots: "" is not a whole number`},
	{"", "game.sped=1", "--set game.sped=1: game.sped: unknown key; did you mean speed?"},
	{"", "gmae.sped=1", "--set gmae.sped=1: gmae: unknown key; did you mean game?"},
	{"", "game.models[7].share=1", "--set game.models[7].share=1: game.models: no entry 7; there are 0 to 1"},
	{"", "game.slots.x=1", "--set game.slots.x=1: game.slots: there is nothing below it, so no x"},
	{"", "old=1", "--set old=1: old: it has moved to game.slots"},
	// Values.
	{"game:\n\n  slots: 0", "", "a.yaml:3: game.slots: 0 is not allowed; allowed: a whole number from 1 to 1000"},
	{"game: {slots: 0}", "game.speed=11", "--set game.speed=11: game.speed: 11 is not allowed; allowed: 0 to 10\na.yaml:1: game.slots: 0 is not allowed; allowed: a whole number from 1 to 1000"},
	{"game: {slots: 5}", "game.slots=0", "--set game.slots=0: game.slots: 0 is not allowed; allowed: a whole number from 1 to 1000"},
	{"game:\n  models:\n  - load: 1\n  - share: 1", "", "a.yaml:4: game.models[1].load: 0 is not allowed; allowed: a positive number"},
	// All faults, in the order of the text.
	{"game:\n  slots: x\n  b: 1\nzeed: 1", "game.on=2", "a.yaml:2: game.slots: \"x\" is not a whole number\n" +
		"a.yaml:3: game.b: unknown key; there are deep, models, on, range, slots, small, speed, speeds\n" +
		"a.yaml:4: zeed: unknown key; did you mean seed?\n--set game.on=2: game.on: \"2\" is not true or false"},
}

func TestFaults(t *testing.T) {
	for _, c := range faults {
		var sets []string
		if c.set != "" {
			sets = []string{c.set}
		}
		if _, _, err := refusing(c.yaml, sets); err == nil || err.Error() != c.want {
			t.Errorf("%q %v gives\n%v, want\n%s", c.yaml, sets, err, c.want)
		}
	}
}

// refusing is read with a key that has moved.
func refusing(text string, sets []string) (*general, *game, error) {
	r := NewReader()
	r.Refuse("old", "it has moved to game.slots")
	errs := []error{r.YAML([]byte(text), "a.yaml")}
	for _, s := range sets {
		errs = append(errs, r.Set(s))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, nil, err
	}
	top, g := document()
	r.Read(Section{Value: top})
	r.Read(Section{Name: "game", Value: g})
	return top, g, r.Check()
}
