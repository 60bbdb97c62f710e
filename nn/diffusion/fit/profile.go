package fit

import (
	"errors"
	"fmt"
	"math"
)

// Profile is an average of all parameters up to an update: those after update tau have the weight tau^Exponent, scaled so
// that the weights add up to 1 (Karras et al., "Analyzing and improving the training dynamics of diffusion models" (EDM2),
// arXiv 2312.02696, equation 121). Its length is the standard deviation of the weights over the update.
type Profile struct{ Update, Exponent float64 }

// Lengths of averages. Those that are kept are the paper's (section 3.2). The longest has the exponent 0, which weighs all
// updates alike.
var (
	keptLengths   = [...]float64{0.05, 0.10}
	longestLength = math.Sqrt(1. / 12)
)

// ProfileOf is the average of a length, up to an update.
func ProfileOf(update int, length float64) (Profile, error) {
	if !(length > 0 && length <= longestLength) {
		return Profile{}, fmt.Errorf("an average of the length %g; allowed: above 0, up to %.3f", length, longestLength)
	}
	return Profile{float64(update), exponentOf(length)}, nil
}

// keptProfiles are the averages that a run keeps after an update.
func keptProfiles(update int) (list []Profile) {
	for _, length := range keptLengths {
		list = append(list, Profile{float64(update), exponentOf(length)})
	}
	return list
}

// exponentOf inverts lengthOf, which falls with the exponent and is below 1 / exponent.
func exponentOf(length float64) float64 {
	low, high := 0., 1/length
	for {
		middle := (low + high) / 2
		switch {
		case middle == low || middle == high:
			return low
		case lengthOf(middle) >= length:
			low = middle
		default:
			high = middle
		}
	}
}

// lengthOf is equation 123 of EDM2.
func lengthOf(exponent float64) float64 {
	return math.Sqrt((exponent + 1) / ((exponent + 2) * (exponent + 2) * (exponent + 3)))
}

// move is the part of the way to the parameters that the average goes in an update, counted from 1: 1 - beta of equation 127
// of EDM2. The first update replaces what was there.
func (p Profile) move(update int) float64 { return 1 - math.Pow(1-1/float64(update), p.Exponent+1) }

// dot is the integral of the product of two profiles, equation 151 of EDM2.
func (p Profile) dot(q Profile) float64 {
	if p.Update > q.Update {
		p, q = q, p
	}
	// The profile of the earlier p ends at its update, where that of q has (p.Update / q.Update)^q.Exponent of its peak.
	return (p.Exponent + 1) * (q.Exponent + 1) * math.Pow(p.Update/q.Update, q.Exponent) / ((p.Exponent + q.Exponent + 1) * q.Update)
}

// reconstruction returns the weights with which kept averages come nearest to a wanted one in the mean square, scaled to add up to 1
// (EDM2, algorithm 3), and the root mean square of what is missing, relative to the wanted one.
func reconstruction(kept []Profile, wanted Profile) (weights []float64, miss float64, err error) {
	n := len(kept)
	gram, right := make([][]float64, n), make([]float64, n)
	for i, p := range kept {
		gram[i], right[i] = make([]float64, n), p.dot(wanted)
		for j, q := range kept {
			gram[i][j] = p.dot(q)
		}
	}
	if weights, err = solve(gram, right); err != nil {
		return nil, 0, err
	}
	sum := 0.
	for _, w := range weights {
		sum += w
	}
	left := wanted.dot(wanted)
	for i := range weights {
		weights[i] /= sum
		left -= float64(2 * weights[i] * right[i])
		for j := range i {
			left += float64(2 * weights[i] * weights[j] * kept[i].dot(kept[j]))
		}
		left += float64(weights[i] * weights[i] * kept[i].dot(kept[i]))
	}
	return weights, math.Sqrt(max(0, left) / wanted.dot(wanted)), nil
}

// solve returns x with a x = b by Cholesky's factors of a symmetric positive definite a, in place. Products are rounded before
// they are added, so that every processor has the same bits.
func solve(a [][]float64, b []float64) ([]float64, error) {
	for j := range a {
		least := 1e-12 * a[j][j]
		for i := j; i < len(a); i++ {
			for k := range j {
				a[i][j] -= float64(a[i][k] * a[j][k])
			}
			if i == j {
				if !(a[j][j] > least) {
					return nil, errors.New("kept averages that cannot be told apart")
				}
				a[j][j] = math.Sqrt(a[j][j])
			} else {
				a[i][j] /= a[j][j]
			}
		}
	}
	x := make([]float64, len(b))
	for i := range b { // L y = b
		x[i] = b[i]
		for k := range i {
			x[i] -= float64(a[i][k] * x[k])
		}
		x[i] /= a[i][i]
	}
	for i := len(b) - 1; i >= 0; i-- { // L^T x = y
		for k := i + 1; k < len(b); k++ {
			x[i] -= float64(a[k][i] * x[k])
		}
		x[i] /= a[i][i]
	}
	return x, nil
}
