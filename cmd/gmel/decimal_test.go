package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// A leading zero changes no number, at any flag and in any way to write one; texts stay as they are.
func TestLeadingZeros(t *testing.T) {
	app := newApp(nil, nil)
	for in, want := range map[string]string{
		"simulate --seed 010": "simulate --seed 10", "simulate --seed=08": "simulate --seed=8", "simulate -seed 007": "simulate -seed 7",
		"simulate --episodes 000": "simulate --episodes 0", "bench sim --ieds 0100 --ieds=0x10": "bench sim --ieds 100 --ieds=0x10",
		"train --out 010 --seed 1": "train --out 010 --seed 1", "train --set seed=010": "train --set seed=010", "simulate --seed": "simulate --seed",
	} {
		if got := decimal(app, strings.Fields(in)); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s became %s", in, got)
		}
	}
	var ten, octal bytes.Buffer
	for _, x := range []struct {
		seed string
		out  *bytes.Buffer
	}{{"10", &ten}, {"010", &octal}} {
		if code := execute([]string{"gmel", "config", "--seed", x.seed}, x.out, x.out); code != exitOK {
			t.Fatal(x.out)
		}
	}
	if !strings.Contains(ten.String(), "\nseed: 10\n") || octal.String() != ten.String() {
		t.Error(&octal)
	}
}

// The rewriting goes by names, so a name of a whole number is no text elsewhere. It may be a real number, for
// which 010 is ten in any case.
func TestWholeFlagsAreNumbers(t *testing.T) {
	app := newApp(nil, nil)
	whole := wholeFlags(app.Commands)
	var check func(commands []*cli.Command)
	check = func(commands []*cli.Command) {
		for _, c := range commands {
			for _, f := range c.Flags {
				switch f.(type) {
				case *cli.StringFlag, *cli.StringSliceFlag, *cli.BoolFlag:
					if whole[f.Names()[0]] {
						t.Errorf("%s: --%s", c.Name, f.Names()[0])
					}
				}
			}
			check(c.Subcommands)
		}
	}
	check(app.Commands)
}
