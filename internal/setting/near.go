package setting

// Nearest returns the candidate that differs least from a word, or "" if none is near: at most one
// letter in three may differ, plus one.
func Nearest(word string, candidates []string) string {
	best, least := "", 1+len(word)/3
	for _, c := range candidates {
		if n := distance(word, c); n <= least && (best == "" || n < least) {
			best, least = c, n
		}
	}
	return best
}

// distance is the Levenshtein distance: the number of insertions, deletions and substitutions of bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
