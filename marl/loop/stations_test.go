package loop

import (
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/train"
)

func steel(t *testing.T, perClass int) *dataset.Set {
	t.Helper()
	set, err := dataset.Steel(1, perClass, 8)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// Every station lacks its class, has as many images of each other one as is asked for, and shares none.
func TestDeal(t *testing.T) {
	set := steel(t, 12)
	s := Stations{Rare: 3, Common: 2}
	all, err := s.deal(set, set.Rows(), 5, 7)
	if err != nil {
		t.Fatal(err)
	}
	var given []int
	rare := []int{0, 1, 2, 3} // of five stations, since two of the six classes are everywhere
	for i, own := range all {
		if want := rare[i%4]; own.missing != want {
			t.Errorf("station %d lacks %d, want %d", i, own.missing, want)
		}
		for class, n := range set.Counts(own.rows) {
			want := 2
			if slices.Contains(rare, class) {
				want = 3
			}
			if class == own.missing {
				want = 0
			}
			if n != want {
				t.Errorf("station %d has %d images of class %d, want %d", i, n, class, want)
			}
		}
		given = append(given, own.rows...)
	}
	slices.Sort(given)
	if n := len(given); len(slices.Compact(given)) != n {
		t.Error("an image is at two stations")
	}
	other, err := s.deal(set, set.Rows(), 5, 8)
	if err != nil || slices.Equal(other[0].rows, all[0].rows) {
		t.Error("another seed deals the same images", err)
	}
}

// Named classes are taken in their order, common 0 deals all, and what cannot be dealt is an error of the user.
func TestDealAsAsked(t *testing.T) {
	set := steel(t, 12)
	s := Stations{Missing: []string{"patches"}, Rare: 3}
	if _, err := s.deal(set, set.Rows(), 2, 1); !train.IsUsage(err) || !strings.Contains(err.Error(), "patches") {
		t.Errorf("a class that every station lacks: %v", err)
	}
	s.Missing = []string{"patches", "crazing"}
	all, err := s.deal(set, set.Rows(), 2, 1)
	if err != nil || set.Counts(all[1].rows)[1] != 6 || set.Classes[all[0].missing] != "patches" {
		t.Errorf("%+v, %v", all, err)
	}
	s.Rare = 13
	if _, err := s.deal(set, set.Rows(), 2, 1); !train.IsUsage(err) {
		t.Errorf("more images than there are: %v", err)
	}
	s.Missing = []string{"rust"}
	if _, err := s.deal(set, set.Rows(), 2, 1); !train.IsUsage(err) || !strings.Contains(err.Error(), "stations.missing") {
		t.Errorf("an unknown class: %v", err)
	}
}

func TestBases(t *testing.T) {
	of, station := bases(10, 4, 2)
	if want := []int{0, 0, 1, 2, 2, 3, 3, 4, 5, 5}; !slices.Equal(of, want) {
		t.Errorf("bases of IEDs %v, want %v", of, want)
	}
	if want := []int{0, 0, 1, 2, 2, 3}; !slices.Equal(station, want) {
		t.Errorf("stations of bases %v, want %v", station, want)
	}
}

// Seeds of purposes and indices differ.
func TestDerive(t *testing.T) {
	seen := map[uint64]bool{}
	for seed := range uint64(3) {
		for purpose := forImages; purpose <= forPolicy; purpose++ {
			for index := range 50 {
				seen[derive(seed, purpose, index)] = true
			}
		}
	}
	if len(seen) != 3*forPolicy*50 {
		t.Errorf("%d seeds", len(seen))
	}
}
