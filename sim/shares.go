package sim

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
)

// exactShares is how far the sum of shares may be from 1 without any cause but floating-point numbers.
const exactShares = 1e-6

// roundedShares is the largest error of the sum of shares that counts as rounding. A larger one is rather a mistake, in however
// few decimals the shares are written.
const roundedShares = 0.01

// NormaliseShares divides the shares of the models by their sum if they add up to 1 but for rounding: to the d decimals that the
// longest of them has, each may be off by 10^-d / 2. Shares that add up to 1 within 1e-6, and those that Validate refuses, stay as
// they are. Hot spots may have less than all IEDs, so their shares are divided only if they add up to more than 1. Every way to
// read a scenario normalises it, and so does New its copy.
func (s *Scenario) NormaliseShares() {
	s.modelShares().normalise()
	if spots := s.spotShares(); spots.total() > 1 {
		spots.normalise()
	}
}

// shares are parts of a whole.
type shares []*float64

func (s *Scenario) modelShares() (all shares) {
	for k := range s.Tasks.Models {
		all = append(all, &s.Tasks.Models[k].Share)
	}
	return all
}

func (s *Scenario) spotShares() (all shares) {
	for k := range s.Hall.HotSpots {
		all = append(all, &s.Hall.HotSpots[k].Share)
	}
	return all
}

// normalise divides shares by their sum if rounding explains it.
func (s shares) normalise() {
	total := s.total()
	if off := math.Abs(total - 1); off < exactShares || off > s.rounding() {
		return
	}
	for _, share := range s {
		*share /= total
	}
}

func (s shares) total() float64 {
	total := 0.0
	for _, share := range s {
		total += *share
	}
	return total
}

// rounding is the largest error of the sum that rounding explains.
func (s shares) rounding() float64 {
	decimals := 0
	for _, share := range s {
		_, part, _ := strings.Cut(strconv.FormatFloat(*share, 'f', -1, 64), ".")
		decimals = max(decimals, len(part))
	}
	each := math.Pow(10, -float64(decimals)) / 2
	return min(float64(len(s))*each, roundedShares) + 1e-9 // the sum itself is rounded
}

// most is the largest error of the sum that is allowed.
func (s shares) most() float64 { return max(exactShares, s.rounding()) }

func (s *Scenario) validateShares(c *setting.Checker) {
	models := s.modelShares()
	total, most := models.total(), models.most()
	c.Expect(math.Abs(total-1) < most, "tasks.models", fmt.Sprintf("the shares add up to %.9g", total),
		fmt.Sprintf("shares that add up to 1; rounding explains at most %.2g more or less", most))
}
