//go:build cgo

package main

import (
	"errors"
	"fmt"
	"image"
	"image/draw"
	"maps"
	"strings"

	"github.com/gmel-go/gmel/sim/render"
)

// watch makes a viewer for every world. The outcomes of tasks, which viewers need, stay hidden from callers that did not ask for
// them.
func (s *session) watch(recordTasks bool) {
	scenario := s.worlds.Scenario()
	for i := range s.worlds.W {
		s.viewers = append(s.viewers, render.NewViewer(scenario, scenario.Name, i))
	}
	if !recordTasks {
		maps.DeleteFunc(s.arrays, func(name string, _ array) bool { return strings.HasPrefix(name, taskPrefix) })
	}
}

func plays(chosen []bool, world int) bool {
	return chosen == nil || world < len(chosen) && chosen[world]
}

// before is called before a step of the chosen worlds, and after is called after it.
func (s *session) before(chosen []bool) {
	for i, v := range s.viewers {
		if plays(chosen, i) {
			v.Before(s.worlds)
		}
	}
}

func (s *session) after(chosen []bool) {
	for i, v := range s.viewers {
		if plays(chosen, i) {
			v.After(s.worlds)
		}
	}
}

// forget is called where the worlds have a state that no step made.
func (s *session) forget() {
	for _, v := range s.viewers {
		v.Forget()
	}
}

// picture returns the red, green and blue bytes of the picture of a world's last slot, or of its next one, row after row, and its
// size.
func (s *session) picture(world int, next bool) ([]byte, image.Rectangle, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.viewers == nil {
		return nil, image.Rectangle{}, errors.New("gmel: these worlds keep no pictures; make them with pictures")
	}
	if world < 0 || world >= len(s.viewers) {
		return nil, image.Rectangle{}, fmt.Errorf("gmel: world %d is not here; allowed: 0 to %d", world, len(s.viewers)-1)
	}
	show := s.viewers[world].Draw
	if next {
		show = s.viewers[world].DrawNext
	}
	img := show(s.worlds)
	at := image.Rectangle{Max: img.Bounds().Size()}
	opaque := image.NewRGBA(at)
	draw.Draw(opaque, at, img, img.Bounds().Min, draw.Src)
	rgb := make([]byte, 0, 3*at.Dx()*at.Dy())
	for i := 0; i < len(opaque.Pix); i += 4 {
		rgb = append(rgb, opaque.Pix[i:i+3]...)
	}
	return rgb, at, nil
}
