package setting

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// setScalar reads a text into v; the problem is "" if that is possible. The type of v determines how the
// text is read: quotes and the type that YAML guesses do not matter, so a name may be no, 1e3 or
// 2026-01-01.
func setScalar(text string, v reflect.Value) (problem string) {
	ok, fits := true, true
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		var b bool
		if b, ok = boolean(text); ok {
			v.SetBool(b)
		}
	case reflect.Int, reflect.Int64, reflect.Int32:
		var i int64
		if i, ok, fits = whole(text); fits && !v.OverflowInt(i) {
			v.SetInt(i)
		} else {
			fits = false
		}
	case reflect.Uint, reflect.Uint64, reflect.Uint32:
		var u uint64
		if u, ok, fits = natural(text); fits && !v.OverflowUint(u) {
			v.SetUint(u)
		} else {
			fits = false
		}
	case reflect.Float64, reflect.Float32:
		return setNumber(text, v)
	default:
		panic(fmt.Sprintf("setting: a field of type %s cannot be read", v.Type())) // a programmer's fault
	}
	switch {
	case !ok:
		return strconv.Quote(text) + " is not " + kindName(v.Kind()) + unitHint(text, v.Kind())
	case !fits:
		return text + " is too large"
	}
	return ""
}

// setNumber reads a floating-point number, which must be finite.
func setNumber(text string, v reflect.Value) (problem string) {
	f, ok := number(text)
	switch {
	case !ok:
		return strconv.Quote(text) + " is not a number" + unitHint(text, v.Kind())
	case math.IsNaN(f) || math.IsInf(f, 0) && strings.ContainsAny(text, "iI"):
		return fmt.Sprintf("%g is not a finite number", f)
	case v.OverflowFloat(f) || math.IsInf(f, 0):
		return text + " is too large"
	}
	v.SetFloat(f)
	return ""
}

func kindName(k reflect.Kind) string {
	switch k {
	case reflect.Bool:
		return "true or false"
	case reflect.Float64, reflect.Float32:
		return "a number"
	case reflect.Uint, reflect.Uint64, reflect.Uint32:
		return "a whole number from 0 to 2^64-1"
	case reflect.String:
		return "a text"
	}
	return "a whole number"
}

// unitHint explains a number with a unit after it.
func unitHint(text string, k reflect.Kind) string {
	text = strings.TrimSpace(text)
	alone := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/%µ ")
	if _, ok := number(alone); !ok || alone == text || k == reflect.Bool {
		return ""
	}
	return "; write the number alone, in the unit that the key names"
}
