package setting

import "reflect"

// KindOf is the kind of the value that a document with these sections has at a path; reflect.Invalid if it has none.
func KindOf(sections []Section, path string) reflect.Kind {
	d := &decoder{reader: NewReader()}
	for _, s := range sections {
		rest := parts(path)
		if s.Name != "" && (len(rest) == 0 || rest[0] != s.Name) {
			continue
		}
		if s.Name != "" {
			rest = rest[1:]
		}
		v, problem := reflect.ValueOf(s.Value).Elem(), ""
		for len(rest) > 0 && problem == "" {
			v, _, problem = d.step(v, "", rest[0])
			rest = rest[1:]
		}
		if problem == "" {
			return v.Kind()
		}
	}
	return reflect.Invalid
}
