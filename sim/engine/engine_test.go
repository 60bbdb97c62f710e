//go:build cgo

package engine

import (
	"fmt"
	"strings"
	"testing"
)

// game has everything that fields.h lists, with a number for each name.
func game() *Game {
	g := &Game{Worlds: 1}
	for name, x := range scalars {
		g.Scalars = append(g.Scalars, Scalar{name, values(x)})
	}
	names, all := tableNames()
	for _, name := range names {
		if all[name].ctype == "float" {
			g.Tables = append(g.Tables, Table{name, []float32{1}})
		} else {
			g.Tables = append(g.Tables, Table{name, []int32{1}})
		}
	}
	g.State, g.Outcomes = NewSlab(arraysOf(stateNames())), Planned(arraysOf(outcomeNames()))
	return g
}

func values(x entry) any {
	switch {
	case x.ctype == "int32_t":
		return 1
	case x.ctype == "uint32_t":
		return make([]uint32, x.count)
	case x.count > 1:
		return make([]float32, x.count)
	}
	return float32(1)
}

func arraysOf(all map[string]entry) (arrays []Array) {
	for name, x := range all {
		a := Array{Name: name, N: 1}
		switch x.ctype {
		case "float":
			a.Floats = new([]float32)
		case "int32_t":
			a.Ints = new([]int32)
		default:
			a.Flags = new([]bool)
		}
		arrays = append(arrays, a)
	}
	return arrays
}

// What Go and C do not agree on is a panic that names it.
func TestNewComparesWithC(t *testing.T) {
	New("base", game())
	scalar := func(g *Game, name string) *Scalar {
		for i := range g.Scalars {
			if g.Scalars[i].Name == name {
				return &g.Scalars[i]
			}
		}
		panic(name)
	}
	for want, spoil := range map[string]func(*Game){
		"nothing sets: per_wait":     func(g *Game) { scalar(g, "per_wait").Name = "per_weight" },
		"scalar agents is 1":         func(g *Game) { scalar(g, "agents").Value = float32(1) },
		"scalar slot is 1 of type f": func(g *Game) { scalar(g, "slot").Value = 1 },
		"scalar shadow is 2":         func(g *Game) { scalar(g, "shadow").Value = []float32{1} },
		"scalar key is 2 of type u":  func(g *Game) { scalar(g, "key").Value = []float32{1, 2} },
		"two scalars are named band": func(g *Game) { g.Scalars = append(g.Scalars, *scalar(g, "band")) },
		"table up_to is of int32_t":  func(g *Game) { g.Tables[0].Values = []int32{1} },
		"table up_to is <nil>":       func(g *Game) { g.Tables[0].Name = "up" },
		" tables, fields.h has ":     func(g *Game) { g.Tables = append(g.Tables, Table{"other", []int32{1}}) },
		"there is no array radio":    func(g *Game) { array(g.State, "radio").Name = "television" },
		"array free is of int32_t": func(g *Game) {
			a := array(g.State, "free")
			a.Ints, a.Floats = new([]int32), nil
		},
		"there is no array latency": func(g *Game) { array(g.Outcomes, "latency").Name = "delay" },
	} {
		if got := panics(func() {
			g := game()
			spoil(g)
			New("base", g)
		}); !strings.Contains(got, want) {
			t.Errorf("panic %q, want %q in it", got, want)
		}
	}
}

// An array of an option may be absent.
func TestArraysOfOptionsMayBeAbsent(t *testing.T) {
	g := game()
	array(g.State, "drift").Name = ""
	e := New("base", g)
	if got := *at[int64](e, stateNames()["drift"]); got != -1 {
		t.Errorf("place %d of an array that is not there, want -1", got)
	}
}

func array(s Slab, name string) *Array {
	for i := range s.arrays {
		if s.arrays[i].Name == name {
			return &s.arrays[i]
		}
	}
	panic(name)
}

// panics returns what f panics with.
func panics(f func()) (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	f()
	return ""
}
