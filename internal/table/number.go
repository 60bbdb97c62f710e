package table

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Number returns the value of a column. It refuses the row and returns 0 if the value is not a number
// from lo to hi.
func (t *Reader) Number(column string, lo, hi float64) float64 {
	v, cause := t.parse(t.Text(column))
	if cause != "" || !(v >= lo && v <= hi) {
		t.Refuse(column, fmt.Sprintf("%g to %g%s", lo, hi, cause))
		return 0
	}
	return v
}

// Whole is Number for whole numbers. They may be written as 3.0 or 3e0.
func (t *Reader) Whole(column string, lo, hi int) int {
	v, cause := t.parse(t.Text(column))
	if cause != "" || !(v >= float64(lo) && v <= float64(hi)) || v != float64(int(v)) {
		t.Refuse(column, fmt.Sprintf("a whole number from %d to %d%s", lo, hi, cause))
		return 0
	}
	return int(v)
}

// Value returns the number in a column, NaN where there is none. It refuses nothing.
func (t *Reader) Value(column string) float64 {
	v, cause := t.parse(t.Text(column))
	if cause != "" {
		return math.NaN()
	}
	return v
}

// parse reads a number with the file's decimal mark. A cause says why there is none.
func (t *Reader) parse(text string) (v float64, cause string) {
	i := strings.IndexAny(text, ".,")
	if i < 0 {
		return parsed(text)
	}
	mark := text[i]
	if cause := t.misused(text, mark); cause != "" {
		return 0, cause
	}
	if mark == ',' {
		text = text[:i] + "." + text[i+1:]
	}
	if v, cause = parsed(text); cause == "" {
		t.mark = mark
	}
	return v, cause
}

func parsed(text string) (v float64, cause string) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, ", in digits"
	}
	return v, ""
}

// misused says why the first mark of a number is not its decimal mark.
func (t *Reader) misused(text string, mark byte) (cause string) {
	switch {
	case strings.Count(text, ".")+strings.Count(text, ",") > 1:
		return ", without thousands separators"
	case mark == ',' && !t.comma:
		return ", with a decimal point; a decimal comma needs semicolons between the columns"
	case t.mark != 0 && t.mark != mark:
		return fmt.Sprintf(", with the decimal mark of the numbers before, %q", t.mark)
	}
	return ""
}
