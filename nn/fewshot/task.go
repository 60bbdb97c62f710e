package fewshot

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/nn/dataset"
)

// Task is a set with rare classes. Parts share no rows.
type Task struct {
	Set            *dataset.Set
	Training, Test []int // rows, ascending
	Rare           []int // classes, ascending
	Seed           uint64
}

// check reports what makes a task impossible, with at most k rows of each rare class in a draw.
func (t *Task) check(k int) error {
	train, test := t.Set.Counts(t.Training), t.Set.Counts(t.Test)
	switch {
	case len(t.Rare) == 0:
		return fmt.Errorf("fewshot: no class is rare; allowed: at least one of %q", t.Set.Classes)
	case len(t.Rare) >= len(t.Set.Classes):
		return fmt.Errorf("fewshot: all %d classes are rare; allowed: at most all but one", len(t.Set.Classes))
	}
	for class, name := range t.Set.Classes {
		if train[class] == 0 || test[class] == 0 {
			return fmt.Errorf("fewshot: the class %q has %d rows for training and %d for the test; allowed: at least one of each", name, train[class], test[class])
		}
		if slices.Contains(t.Rare, class) && (k < 1 || k > train[class]) {
			return fmt.Errorf("fewshot: k of %d for the rare class %q; allowed: 1 to %d, its rows for training", k, name, train[class])
		}
	}
	return nil
}

// isRare reports whether a class is rare.
func (t *Task) isRare(class int) bool { return slices.Contains(t.Rare, class) }

// draw is the rows of training in a draw, and the rows of rare classes that it leaves out and that share no group with its rows. Draws of
// a smaller k are among those of a larger one.
func (t *Task) draw(k, number int) (rows, unused []int, err error) {
	rows, err = t.Set.FewShot(t.Training, t.Rare, k, t.seed(forDraw, number, 0))
	if err != nil {
		return nil, nil, fmt.Errorf("fewshot: %w", err)
	}
	drawn := map[string]bool{}
	for _, row := range rows {
		drawn[t.group(row)] = true
	}
	for _, row := range t.Training {
		if !drawn[t.group(row)] {
			unused = append(unused, row)
		}
	}
	return rows, unused, nil
}

// group names the rows that stay together with a row.
func (t *Task) group(row int) string {
	if t.Set.Group == nil {
		return strconv.Itoa(row)
	}
	return t.Set.Group[row]
}

// groups are rows by their group, in the order of the first row of each.
func (t *Task) groups(rows []int) (list [][]int) {
	at := map[string]int{}
	for _, row := range rows {
		name := t.group(row)
		i, there := at[name]
		if !there {
			i = len(list)
			at[name], list = i, append(list, nil)
		}
		list[i] = append(list[i], row)
	}
	return list
}

// Purposes of random numbers: the last word of a counter.
const (
	forDraw       = 0x66657700 + iota
	forClassifier // (draw, seed)
	forFold       // (draw)
	forSource     // (draw, source)
	forAdapting   // (draw)
	forJudge      // (draw)
	forNoise      // (draw, source)
	forVariants   // ()
)

// seed is the seed of something of a draw.
func (t *Task) seed(purpose uint32, draw, n int) uint64 {
	w := philox.Block(philox.Key(t.Seed), [4]uint32{uint32(draw), uint32(n), 0, purpose})
	return uint64(w[0])<<32 | uint64(w[1])
}

// Digest is the SHA-256 of what a task consists of.
func (t *Task) Digest() string {
	h := sha256.New()
	s := t.Set
	fmt.Fprintf(h, "%v %q %v %v %v %v %d %v %v\n", s.Shape, s.Classes, s.Class, t.Training, t.Test, t.Rare, t.Seed, s.Low, s.High)
	if len(t.groups(t.Training)) < len(t.Training) { // they decide what is held back and what is unused
		fmt.Fprintf(h, "groups %q\n", s.Group)
	}
	var word [4]byte
	for _, v := range s.Values {
		binary.LittleEndian.PutUint32(word[:], math.Float32bits(v))
		h.Write(word[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}
