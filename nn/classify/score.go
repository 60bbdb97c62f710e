package classify

// Confusion counts answers: [true class][answer].
type Confusion [][]int

// Confuse counts the answers for samples of known classes, 0 to classes-1.
func Confuse(truth, answers []int, classes int) Confusion {
	c := make(Confusion, classes)
	for i := range c {
		c[i] = make([]int, classes)
	}
	for i, class := range truth {
		c[class][answers[i]]++
	}
	return c
}

// Accuracy is the share of right answers; 0 without samples.
func (c Confusion) Accuracy() float64 {
	right, all := 0, 0
	for class, answers := range c {
		right += answers[class]
		for _, n := range answers {
			all += n
		}
	}
	return float64(right) / float64(max(1, all))
}

// F1 is the harmonic mean of precision and recall of a class, 2 TP / (2 TP + FP + FN); 0 if none of its samples is
// recognised.
func (c Confusion) F1(class int) float64 {
	truth, answered := 0, 0
	for other := range c {
		truth += c[class][other]
		answered += c[other][class]
	}
	return 2 * float64(c[class][class]) / float64(max(1, truth+answered))
}

// MacroF1 is the mean of F1 over the classes that have samples.
func (c Confusion) MacroF1() float64 {
	sum, n := 0.0, 0
	for class, answers := range c {
		samples := 0
		for _, k := range answers {
			samples += k
		}
		if samples > 0 {
			sum, n = sum+c.F1(class), n+1
		}
	}
	return sum / float64(max(1, n))
}
