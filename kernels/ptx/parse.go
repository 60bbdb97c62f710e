package ptx

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// function is an entry or a device function: its header, and the statements of its body.
type function struct {
	name            string
	entry           bool
	results, params []variable
	maxThreads      [3]int
	body            []statement
	line            int
}

// parser reads the statements of a module, before anything is made of the bodies.
type parser struct {
	scanner
	name      string
	variables map[string]variable // of the module
	functions map[string]*function
	order     []*function
	files     map[int32]string // names of sources, by their numbers in .loc
}

// Parse reads a module of PTX. name is the name of the file, for messages.
func Parse(name, text string) (*Module, error) {
	p := &parser{scanner: scanner{text: text, line: 1}, name: name, variables: map[string]variable{}, functions: map[string]*function{}, files: map[int32]string{}}
	for {
		s, ok := p.next()
		if !ok {
			break
		}
		if err := p.top(s); err != nil {
			return nil, err
		}
	}
	m := &Module{Name: name, named: map[string]*Entry{}, files: p.files}
	p.placeGlobals(m)
	for _, f := range p.order {
		if !f.entry {
			continue
		}
		e, err := p.assemble(m, f)
		if err != nil {
			return nil, err
		}
		m.entries = append(m.entries, e)
		m.named[e.Name] = e
	}
	return m, nil
}

// wrong returns a fault at a statement.
func (p *parser) wrong(s statement, format string, a ...any) error {
	return &SyntaxError{File: p.name, Line: s.line, Text: s.text, Problem: fmt.Sprintf(format, a...)}
}

// top reads a statement outside of all functions.
func (p *parser) top(s statement) error {
	words := strings.Fields(s.text)
	switch {
	case s.end == '\n':
		return p.header(s, words)
	case s.end == '{' && strings.HasPrefix(s.text, ".section"): // for debuggers
		p.skipPast('}')
		return nil
	case s.end == '{' && s.text != "", slices.Contains(words, ".func"), slices.Contains(words, ".entry"):
		return p.function(s)
	case s.end == ';' && strings.HasPrefix(s.text, "."):
		v, err := parseVariable(s.text)
		if err != nil {
			return p.wrong(s, "%v", err)
		}
		p.variables[v.name] = v
		return nil
	}
	return p.wrong(s, "this is not known outside of functions")
}

// header reads a line such as .version, or .file 1 "folder/name".
func (p *parser) header(s statement, words []string) error {
	switch {
	case words[0] == ".address_size" && words[len(words)-1] != "64":
		return p.wrong(s, "only addresses of 64 bits are supported")
	case words[0] == ".file" && len(words) > 2:
		number, err := strconv.ParseInt(words[1], 10, 32)
		if err != nil {
			return p.wrong(s, "%s is no number of a file", words[1])
		}
		_, quoted, _ := strings.Cut(s.text, words[1]+" ")
		name, _, _ := strings.Cut(strings.TrimPrefix(quoted, `"`), `"`)
		p.files[int32(number)] = path.Base(name)
	}
	return nil
}

// function reads a header such as ".visible .entry name( params ) .maxntid 128, 1, 1", and its body. A declaration has none.
func (p *parser) function(s statement) error {
	f, err := parseHeader(s)
	if err != nil {
		return p.wrong(s, "%v", err)
	}
	if s.end == ';' {
		return nil
	}
	for depth := 1; ; {
		b, ok := p.next()
		if !ok {
			return p.wrong(s, "the body of %s does not end", f.name)
		}
		switch b.end {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 {
			break
		}
		f.body = append(f.body, b)
	}
	if p.functions[f.name] != nil {
		return p.wrong(s, "there are two functions %s", f.name)
	}
	p.functions[f.name] = f
	p.order = append(p.order, f)
	return nil
}

// parseHeader reads the header of a function: (results) name (params) directives.
func parseHeader(s statement) (*function, error) {
	f := &function{line: s.line}
	_, rest, ok := strings.Cut(s.text, ".entry")
	f.entry = ok
	if !ok {
		if _, rest, ok = strings.Cut(s.text, ".func"); !ok {
			return nil, fmt.Errorf("only .entry and .func have a body")
		}
	}
	rest = strings.TrimSpace(rest)
	var err error
	if strings.HasPrefix(rest, "(") {
		if f.results, rest, err = parseParams(rest); err != nil {
			return nil, err
		}
	}
	name, _, _ := strings.Cut(strings.Replace(rest, "(", " ", 1), " ")
	f.name = name
	rest = strings.TrimSpace(strings.TrimPrefix(rest, name))
	if strings.HasPrefix(rest, "(") {
		if f.params, rest, err = parseParams(rest); err != nil {
			return nil, err
		}
	}
	if _, limit, ok := strings.Cut(rest, ".maxntid"); ok {
		f.maxThreads = parseThreads(limit)
	}
	return f, nil
}

// parseParams reads a list in parentheses at the beginning of text, and returns what follows it.
func parseParams(text string) (params []variable, rest string, err error) {
	list, rest, ok := strings.Cut(text[1:], ")")
	if !ok {
		return nil, "", fmt.Errorf("a list of parameters does not end")
	}
	for _, one := range splitList(list) {
		v, err := parseVariable(one)
		if err != nil {
			return nil, "", err
		}
		params = append(params, v)
	}
	return params, strings.TrimSpace(rest), nil
}

// parseThreads reads "128, 1, 1 ..." of .maxntid.
func parseThreads(text string) [3]int {
	most := [3]int{1, 1, 1}
	for i, x := range splitList(text) {
		word, _, _ := strings.Cut(x, " ")
		if n, err := strconv.Atoi(word); err == nil && i < 3 {
			most[i] = n
		}
	}
	return most
}
