package setting

import "reflect"

// Difference returns the path of the first setting in which two documents with the same
// sections differ, and both values; "" if they are equal.
func Difference(a, b []Section) (path string, x, y any) {
	for i := range min(len(a), len(b)) {
		if path, x, y = difference(a[i].Name, reflect.ValueOf(a[i].Value).Elem(), reflect.ValueOf(b[i].Value).Elem()); path != "" {
			break
		}
	}
	return path, x, y
}

func difference(path string, a, b reflect.Value) (string, any, any) {
	switch a.Kind() {
	case reflect.Struct:
		for _, key := range keysOf(a.Type()) {
			x, _ := fieldOf(a, key)
			y, _ := fieldOf(b, key)
			if p, x, y := difference(join(path, key), x, y); p != "" {
				return p, x, y
			}
		}
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			return path, a.Interface(), b.Interface()
		}
		for i := range a.Len() {
			if p, x, y := difference(entryOf(path, i), a.Index(i), b.Index(i)); p != "" {
				return p, x, y
			}
		}
	default:
		if !a.Equal(b) {
			return path, a.Interface(), b.Interface()
		}
	}
	return "", nil, nil
}
