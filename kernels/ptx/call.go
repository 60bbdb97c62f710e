package ptx

import (
	"fmt"
	"slices"
	"strings"
)

// call puts the body of a function in the place of "call (results), name, (arguments)". Its parameters become other names of the
// caller's variables.
func (a *assembler) call(in instruction, rest string) error {
	name, actual, err := parseCall(rest)
	if err != nil {
		return err
	}
	f := a.parser.functions[name]
	switch {
	case f == nil || f.entry:
		return fmt.Errorf("function %s has no body here", name)
	case slices.Contains(a.calls, name):
		return fmt.Errorf("function %s calls itself, which is not supported", name)
	case len(actual) != len(f.results)+len(f.params):
		return fmt.Errorf("function %s has %d results and parameters, not %d", name, len(f.results)+len(f.params), len(actual))
	}
	inner := newScope(nil)
	for i, v := range slices.Concat(f.results, f.params) {
		x, ok := a.scope.find(actual[i])
		if !ok || x.space != param {
			return fmt.Errorf("argument %s is not a variable of parameters", actual[i])
		}
		inner.names[v.name] = x
	}
	if in.guard >= 0 { // the others jump over the body
		in.negated = !in.negated
		in.flow = jump
		defer func(at int) { a.entry.code[at].target = len(a.entry.code) }(len(a.entry.code))
		a.emit(in)
	}
	outer := a.scope
	a.scope = inner
	err = a.body(f)
	a.scope = outer
	return err
}

// parseCall reads the operands of a call: results and arguments as one list.
func parseCall(text string) (name string, actual []string, err error) {
	for _, part := range splitList(text) {
		switch list, ok := strings.CutPrefix(part, "("); {
		case ok:
			actual = append(actual, splitList(strings.TrimSuffix(list, ")"))...)
		case name == "":
			name = part
		default:
			return "", nil, fmt.Errorf("a call through a pointer is not supported")
		}
	}
	if strings.HasPrefix(name, "%") {
		return "", nil, fmt.Errorf("a call through a pointer is not supported")
	}
	return name, actual, nil
}
