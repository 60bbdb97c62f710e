package ptx

import (
	"fmt"
	"strconv"
	"strings"
)

// kind is a type of PTX: its class, one of "bsufp" (bits, signed, unsigned, float, predicate), and its width.
type kind struct {
	class byte
	bits  int
}

var kinds = map[string]kind{"pred": {'p', 1}}

func init() {
	for _, bits := range []int{8, 16, 32, 64} {
		for _, class := range "bsuf" {
			if class != 'f' || bits > 8 {
				kinds[fmt.Sprintf("%c%d", class, bits)] = kind{byte(class), bits}
			}
		}
	}
}

// size is in bytes.
func (k kind) size() int { return max(k.bits/8, 1) }

// wide reports that registers of this kind are in the bank of 64 bits.
func (k kind) wide() bool { return k.bits == 64 }

// mask cuts a number to the width of k.
func (k kind) mask() uint64 {
	if k.bits == 64 {
		return ^uint64(0)
	}
	return 1<<max(k.bits, 8) - 1
}

// parseNumber reads an immediate: an integer in decimal, octal, hexadecimal or binary, or the bits of a float after 0f or 0d.
func parseNumber(text string, k kind) (uint64, error) {
	lower := strings.ToLower(text)
	switch {
	case strings.HasPrefix(lower, "0f"):
		return strconv.ParseUint(lower[2:], 16, 32)
	case strings.HasPrefix(lower, "0d"):
		bits, err := strconv.ParseUint(lower[2:], 16, 64)
		if k == kinds["f32"] {
			return 0, fmt.Errorf("%s is a number of 64 bits", text)
		}
		return bits, err
	}
	digits := strings.TrimSuffix(lower, "u")
	if n, err := strconv.ParseInt(digits, 0, 64); err == nil {
		return uint64(n) & k.mask(), nil
	}
	n, err := strconv.ParseUint(digits, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("%s is neither a name nor a number", text)
	}
	return n & k.mask(), nil
}
