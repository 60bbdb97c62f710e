//go:build cgo

package main

import (
	"slices"
	"testing"
)

// drawn is the picture of a world.
func drawn(t *testing.T, s *session, world int) []byte {
	t.Helper()
	rgb, at, err := s.picture(world, false)
	if err != nil || at.Min.X != 0 || at.Min.Y != 0 || len(rgb) != 3*at.Dx()*at.Dy() || len(rgb) == 0 {
		t.Fatal(err, at, len(rgb))
	}
	return rgb
}

// A world that waits keeps its picture. Pictures change no number, and outcomes are arrays only for callers who asked for them.
func TestPictures(t *testing.T) {
	c := settings{scenario: "paper", seed: 3, worlds: 2, threads: 1, pictures: true}
	s := opened(t, c)
	c.pictures = false
	plain := opened(t, c)
	first := drawn(t, s, 1)
	for _, s := range []*session{s, plain} {
		if err := s.step(make([]int32, 60), []bool{true, false}); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(first, drawn(t, s, 1)) || slices.Equal(first, drawn(t, s, 0)) {
		t.Error("pictures are not those of the worlds that played")
	}
	for _, s := range []*session{s, plain} {
		playAll(t, s, "random", 1, 3)
	}
	if !slices.Equal(s.worlds.Obs, plain.worlds.Obs) || len(s.arrays) != len(plain.arrays) {
		t.Error("with pictures the worlds are others")
	}
	s.reset(3)
	if !slices.Equal(first, drawn(t, s, 1)) {
		t.Error("after a reset, the beginning is another picture")
	}
}

func TestPictureRefuses(t *testing.T) {
	c := settings{scenario: "ieds: 3", seed: 3, worlds: 2, threads: 1}
	if _, _, err := opened(t, c).picture(0, false); err == nil || err.Error() != "gmel: these worlds keep no pictures; make them with pictures" {
		t.Error(err)
	}
	c.pictures = true
	for _, world := range []int{-1, 2} {
		if _, _, err := opened(t, c).picture(world, false); err == nil {
			t.Errorf("world %d has a picture", world)
		}
	}
}
