package setting

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Numbers mean the same in every file and flag: 010 is 10 (not the octal 8 of YAML 1.1),
// 0x10 is 16, 1_000 is 1000, and 1e3 is a whole number.

// integer is a whole number, decimal or with the prefix of a base.
var integer = regexp.MustCompile(`^[-+]?(0[xX][0-9a-fA-F][0-9a-fA-F_]*|0[oO][0-7][0-7_]*|0[bB][01][01_]*|[0-9][0-9_]*)$`)

// decimal is a number with a point or an exponent.
var decimal = regexp.MustCompile(`^[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?$`)

// exact is the bound below which every whole float64 is exact.
const exact = 1 << 53

// boolean reads the words of YAML 1.1 and 1.2.
func boolean(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "y":
		return true, true
	case "false", "no", "off", "n":
		return false, true
	}
	return false, false
}

// magnitude reads a whole number without its sign. fits: it is below 2^64.
func magnitude(text string) (u uint64, negative, ok, fits bool) {
	if !integer.MatchString(text) {
		f, whole := number(text)
		whole = whole && f == math.Trunc(f)
		fits = math.Abs(f) <= exact
		if whole && fits {
			u = uint64(math.Abs(f))
		}
		return u, f < 0, whole, whole && fits
	}
	digits := strings.ReplaceAll(strings.TrimLeft(text, "-+"), "_", "")
	base := 0
	if strings.Trim(digits, "0123456789") == "" {
		base = 10
	}
	u, err := strconv.ParseUint(digits, base, 64)
	return u, text[0] == '-', true, err == nil
}

// natural reads a whole number from 0.
func natural(text string) (u uint64, ok, fits bool) {
	u, negative, ok, fits := magnitude(text)
	return u, ok && (!negative || fits && u == 0), fits
}

// whole reads a whole number.
func whole(text string) (i int64, ok, fits bool) {
	u, negative, ok, fits := magnitude(text)
	switch {
	case !ok || !fits:
		return 0, ok, false
	case negative && u <= 1<<63:
		return -int64(u), true, true
	case u > math.MaxInt64:
		return 0, true, false
	}
	return int64(u), true, true
}

// number reads a number in any notation; it is infinite if it overflows a float64.
func number(text string) (f float64, ok bool) {
	if integer.MatchString(text) {
		if u, negative, _, fits := magnitude(text); fits && negative && u > 0 {
			return -float64(u), true
		} else if fits {
			return float64(u), true
		}
	}
	if decimal.MatchString(text) {
		f, _ = strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
		return f, true
	}
	switch strings.ToLower(strings.Replace(text, ".", "", 1)) {
	case "nan":
		return math.NaN(), true
	case "inf", "+inf":
		return math.Inf(1), true
	case "-inf":
		return math.Inf(-1), true
	}
	return 0, false
}
