package quality

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
)

// Features of sequences equal those of an independent implementation with NumPy (testdata/sequence.py).
func TestSequenceFeatures(t *testing.T) {
	text, err := os.ReadFile("testdata/sequences.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Sequences []struct {
			Times, Channels int
			Features        []float64
		}
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Sequences) != 3 {
		t.Fatalf("%d sequences", len(golden.Sequences))
	}
	for _, g := range golden.Sequences {
		f := SequenceFeatures(waves(g.Times, g.Channels))
		if len(f) != len(g.Features) {
			t.Fatalf("%d features, want %d", len(f), len(g.Features))
		}
		for i, want := range g.Features {
			if math.Abs(f[i]-want) > 1e-11 {
				t.Errorf("%d times, %d channels: feature %d is %.12g, want %.12g", g.Times, g.Channels, i, f[i], want)
			}
		}
	}
}

// waves is the sequence of the golden file.
func waves(times, channels int) Sequence {
	s := Sequence{Times: times, Channels: channels}
	for t := range times {
		for c := range channels {
			v := math.Sin(.31*float64((t+1)*(c+1)))/2 + .03*float64(c*t)/float64(times) + float64((5*t*t+3*c)%7)/40
			if c == 1 {
				v = .25
			}
			s.Values = append(s.Values, v)
		}
	}
	return s
}

func TestReversed(t *testing.T) {
	s := Sequence{Values: []float64{1, 2, 3, 4, 5, 6}, Times: 3, Channels: 2}
	if got := s.Reversed(); !slices.Equal(got.Values, []float64{5, 6, 3, 4, 1, 2}) || got.Times != 3 || got.Channels != 2 {
		t.Errorf("%+v", got)
	}
}
