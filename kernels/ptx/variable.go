package ptx

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// variable is a declaration: ".shared .align 16 .b8 name[4608]".
type variable struct {
	name        string
	space       space
	typ         kind
	align, size int  // bytes
	dynamic     bool // .extern .shared name[]: its size is that of the launch
	values      []byte
}

// space is a state space.
type space int

const (
	generic space = iota
	global
	constant
	shared
	local
	param
	register
)

var spaces = map[string]space{".global": global, ".const": constant, ".shared": shared, ".local": local, ".param": param, ".reg": register}

func (s space) String() string {
	return [...]string{"generic", "global", "constant", "shared", "local", "param", "register"}[s]
}

// linkage are words of a declaration that do not matter to an interpreter of one module.
var linkage = []string{".visible", ".weak", ".common", ".managed", ".noreturn"}

// parseVariable reads a declaration without its semicolon.
func parseVariable(text string) (variable, error) {
	text, initial, _ := strings.Cut(text, "=")
	v, known, external, pointer := variable{}, false, false, false
	words := strings.Fields(text)
	for len(words) > 0 && strings.HasPrefix(words[0], ".") {
		word := words[0]
		words = words[1:]
		switch s, isSpace := spaces[word]; {
		case isSpace && v.space == generic:
			v.space = s
		case isSpace: // the space that a parameter points to
		case word == ".extern":
			external = true
		case word == ".align" && len(words) > 0:
			n, err := strconv.Atoi(words[0])
			if err != nil || n < 1 || n&(n-1) != 0 {
				return v, fmt.Errorf(".align %s is not a power of two", words[0])
			}
			if !pointer {
				v.align = n
			}
			words = words[1:]
		case word == ".ptr":
			pointer = true // what follows is about the memory that it points to
		case slices.Contains(linkage, word):
		default:
			if v.typ, known = kinds[word[1:]]; !known {
				return v, fmt.Errorf("type or directive %s is not known", word)
			}
		}
	}
	if v.space == generic || !known || len(words) != 1 && v.space != register {
		return v, fmt.Errorf("this declaration is not known")
	}
	v.align = max(v.align, v.typ.size())
	if v.space == register {
		v.name = strings.Join(words, "")
		return v, nil
	}
	return v, v.measure(words[0], initial, external)
}

// measure sets name, size and initial values from "name[16]" and "{1, 2}".
func (v *variable) measure(declared, initial string, external bool) error {
	name, bounds, array := strings.Cut(declared, "[")
	v.name = name
	v.size = v.typ.size()
	for _, bound := range strings.FieldsFunc(bounds, func(c rune) bool { return c == '[' || c == ']' }) {
		n, err := strconv.Atoi(bound)
		if err != nil {
			return fmt.Errorf("the size %s of %s is not a number", bound, name)
		}
		v.size *= n
	}
	v.dynamic = array && bounds == "]" && external
	if v.dynamic {
		v.size = 0
		if v.space != shared {
			return fmt.Errorf("only shared memory is external")
		}
	}
	if initial != "" {
		return v.initialize(initial)
	}
	return nil
}

// initialize reads numbers such as "{1, 2}" or "0f3F800000"; the rest is zero.
func (v *variable) initialize(text string) error {
	v.values = make([]byte, v.size)
	for i, x := range splitList(strings.Trim(strings.TrimSpace(text), "{}")) {
		bits, err := parseNumber(x, v.typ)
		if err != nil {
			return err
		}
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], bits)
		if (i+1)*v.typ.size() > v.size {
			return fmt.Errorf("%s has more values than elements", v.name)
		}
		copy(v.values[i*v.typ.size():(i+1)*v.typ.size()], word[:])
	}
	return nil
}

// placeGlobals gives the module's variables in global and constant memory their addresses and bytes.
func (p *parser) placeGlobals(m *Module) {
	m.addresses = map[string]uint64{}
	var data []byte
	for _, name := range slices.Sorted(maps.Keys(p.variables)) {
		v := p.variables[name]
		if v.space != global && v.space != constant {
			continue
		}
		at := int(alignUp(uint64(len(data)), uint64(v.align)))
		data = append(data, make([]byte, at+v.size-len(data))...)
		copy(data[at:], v.values)
		m.addresses[name] = moduleBase + uint64(at)
	}
	if data != nil {
		m.memory = &region{name: "the module's variables", base: moduleBase, data: data}
	}
}
