package loop

import (
	"cmp"
	"slices"

	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/train"
)

// Purposes of random numbers. Each has a seed of its own, derived from one of the loop's.
const (
	forImages = iota + 1
	forCell
	forSamples
	forClassifier
	forWorlds
	forPolicy
)

// derive is the seed of a purpose and an index.
func derive(seed uint64, purpose, index int) uint64 {
	b := philox.Block(philox.Key(seed), [4]uint32{uint32(purpose), uint32(index), 0, loopCounter})
	return uint64(b[0]) | uint64(b[1])<<32
}

// loopCounter marks the blocks of derive; no other draw has this last word.
const loopCounter = 0x4c4f4f50

// station owns images.
type station struct {
	missing int   // the class that it lacks
	rows    []int // its images, ascending
}

// missing are the classes that stations lack, in the order of stations.
func (s *Stations) missing(set *dataset.Set, trained []int, stations int) (classes []int, err error) {
	for _, name := range s.Missing {
		class, err := set.ClassNamed(name)
		if err != nil {
			return nil, train.Usagef("stations.missing: %w", err)
		}
		classes = append(classes, class)
	}
	if len(classes) > 0 {
		return classes, nil
	}
	counts := set.Counts(trained)
	for class := range set.Classes {
		classes = append(classes, class)
	}
	slices.SortStableFunc(classes, func(a, b int) int { return cmp.Compare(counts[a], counts[b]) })
	n := min(stations, len(classes)-2)
	if n < 1 {
		return nil, train.Usagef("stations.missing: the set has %d classes, and two of them should be everywhere; allowed: a set of at least three, or names of classes", len(classes))
	}
	return classes[:n], nil
}

// deal gives every station its images. No image is at two stations.
func (s *Stations) deal(set *dataset.Set, trained []int, stations int, seed uint64) ([]station, error) {
	missing, err := s.missing(set, trained, stations)
	if err != nil {
		return nil, err
	}
	all := make([]station, stations)
	for i := range all {
		all[i].missing = missing[i%len(missing)]
	}
	for class := range set.Classes {
		rows := shuffled(set, trained, class, seed)
		share, takers := s.share(len(rows), slices.Contains(missing, class), class, all)
		if len(takers) == 0 {
			return nil, train.Usagef("stations.missing: all stations would lack the class %q; allowed: at least two classes, and a scenario of at least two ESs", set.Classes[class])
		}
		if share < 1 || share*len(takers) > len(rows) {
			return nil, train.Usagef("stations: %d images of the class %q for each of %d stations, and %d may be trained on; allowed: fewer, or more images",
				share, set.Classes[class], len(takers), len(rows))
		}
		for k, i := range takers {
			all[i].rows = append(all[i].rows, rows[k*share:(k+1)*share]...)
		}
	}
	for i := range all {
		slices.Sort(all[i].rows)
	}
	return all, nil
}

// share is how many images of a class each of some stations gets.
func (s *Stations) share(images int, rare bool, class int, all []station) (share int, takers []int) {
	for i := range all {
		if all[i].missing != class {
			takers = append(takers, i)
		}
	}
	switch {
	case rare:
		return s.Rare, takers
	case s.Common == 0:
		return images / max(1, len(takers)), takers
	}
	return s.Common, takers
}

// shuffled are the rows of a class in an order that follows from the seed.
func shuffled(set *dataset.Set, rows []int, class int, seed uint64) (list []int) {
	for _, row := range rows {
		if set.Class[row] == class {
			list = append(list, row)
		}
	}
	slices.SortStableFunc(list, func(a, b int) int {
		return cmp.Compare(derive(seed, forImages, a), derive(seed, forImages, b))
	})
	return list
}

// bases groups IEDs. Each station has an equal part of them, with consecutive numbers, and its bases have size of these each. of is the base
// of each IED, station that of each base.
func bases(ieds, stations, size int) (of, station []int) {
	last, first := -1, 0
	for i := range ieds {
		s := i * stations / ieds
		if s != last {
			last, first = s, i
		}
		if (i-first)%size == 0 {
			station = append(station, s)
		}
		of = append(of, len(station)-1)
	}
	return of, station
}
