package aggregate

import (
	"math"
	"slices"
)

// Scores has the scores of runs by task: [tasks][runs]. Tasks may have different numbers of runs; every task needs one.
type Scores [][]float64

// Statistic is a number that summarises one or more groups of scores.
type Statistic func(groups ...Scores) float64

// IQM is the interquartile mean of the scores of the first group: the mean of all scores of all tasks without the lowest and the
// highest quarter, each rounded down to whole scores. Few outliers do not move it, and it uses more scores than the median.
func IQM(groups ...Scores) float64 {
	all := slices.Concat(groups[0]...)
	slices.Sort(all)
	cut := len(all) / 4
	return mean(all[cut : len(all)-cut])
}

// Improvement is the probability that a random run of the first group scores higher than a random run of the second one on
// a random task; ties count half. It is the Mann-Whitney statistic divided by the number of pairs. The groups have the same tasks.
func Improvement(groups ...Scores) float64 {
	x, y := groups[0], groups[1]
	var tasks []float64
	for task := range x {
		wins := 0.0
		for _, a := range x[task] {
			for _, b := range y[task] {
				switch {
				case a > b:
					wins++
				case a == b:
					wins += 0.5
				}
			}
		}
		tasks = append(tasks, wins/float64(len(x[task])*len(y[task])))
	}
	return mean(tasks)
}

// Above returns the statistic of a performance profile: the share of the first group's scores above tau.
func Above(tau float64) Statistic {
	return func(groups ...Scores) float64 {
		above, n := 0, 0
		for _, runs := range groups[0] {
			for _, score := range runs {
				n++
				if score > tau {
					above++
				}
			}
		}
		return float64(above) / float64(n)
	}
}

// mean is NaN without a value.
func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// percentile interpolates linearly between the order statistics of sorted values, the seventh definition of Hyndman and Fan,
// "Sample quantiles in statistical packages", The American Statistician 50(4), 1996. part is from 0 to 1.
func percentile(sorted []float64, part float64) float64 {
	at := part * float64(len(sorted)-1)
	below := int(math.Floor(at))
	if below+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	share := at - float64(below)
	return sorted[below] + share*(sorted[below+1]-sorted[below])
}
