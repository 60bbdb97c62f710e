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
// they are. Every way to read a scenario normalises it, and so does New its copy.
func (s *Scenario) NormaliseShares() {
	total := s.totalShare()
	if off := math.Abs(total - 1); off < exactShares || off > s.shareRounding() {
		return
	}
	for k := range s.Tasks.Models {
		s.Tasks.Models[k].Share /= total
	}
}

func (s *Scenario) totalShare() float64 {
	total := 0.0
	for _, m := range s.Tasks.Models {
		total += m.Share
	}
	return total
}

// shareRounding is the largest error of the sum of shares that rounding explains.
func (s *Scenario) shareRounding() float64 {
	decimals := 0
	for _, m := range s.Tasks.Models {
		_, part, _ := strings.Cut(strconv.FormatFloat(m.Share, 'f', -1, 64), ".")
		decimals = max(decimals, len(part))
	}
	each := math.Pow(10, -float64(decimals)) / 2
	return min(float64(len(s.Tasks.Models))*each, roundedShares) + 1e-9 // the sum itself is rounded
}

func (s *Scenario) validateShares(c *setting.Checker) {
	total := s.totalShare()
	most := max(exactShares, s.shareRounding())
	c.Expect(math.Abs(total-1) < most, "tasks.models", fmt.Sprintf("the shares add up to %.9g", total),
		fmt.Sprintf("shares that add up to 1; rounding explains at most %.2g more or less", most))
}
