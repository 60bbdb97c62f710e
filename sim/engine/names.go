//go:build cgo

package engine

// #include "world_play.h"
import "C"

import (
	"fmt"
	"strings"
	"unsafe"
)

// What C lists in fields.h, found by name.

// entry is a line of the lists.
type entry struct {
	ctype  string
	offset uintptr // in the params
	count  int
	always bool
}

// entries are the lines of a list of world_names.c.
func entries(list *C.world_name) (names []string, all map[string]entry) {
	all = map[string]entry{}
	for ; list.name != nil; list = (*C.world_name)(unsafe.Add(unsafe.Pointer(list), unsafe.Sizeof(*list))) {
		name := C.GoString(list.name)
		names = append(names, name)
		all[name] = entry{C.GoString(list._type), uintptr(list.offset), int(list.count), list.always != 0}
	}
	return names, all
}

// at is a member of the params.
func at[T any](e *Engine, x entry) *T { return (*T)(unsafe.Add(unsafe.Pointer(&e.params), x.offset)) }

// scalars are those of C.
var _, scalars = entries(C.world_scalar_names)

// setAll sets every scalar of C; those of Go that C does not know are left out.
func (e *Engine) setAll(list []Scalar) {
	given := map[string]bool{}
	for _, s := range list {
		if _, known := scalars[s.Name]; !known {
			continue
		}
		if given[s.Name] {
			panic("engine: two scalars are named " + s.Name)
		}
		given[s.Name] = true
		e.Set(s)
	}
	var missing []string
	for name := range scalars {
		if !given[name] {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		panic("engine: fields.h has scalars that nothing sets: " + strings.Join(missing, ", "))
	}
}

// Set changes a scalar.
func (e *Engine) Set(s Scalar) {
	x, ok := scalars[s.Name]
	var fits bool
	switch v := s.Value.(type) {
	case bool:
		fits = put(e, x, "int32_t", []int32{map[bool]int32{true: 1}[v]})
	case int:
		fits = put(e, x, "int32_t", []int32{int32(v)})
	case float32:
		fits = put(e, x, "float", []float32{v})
	case []float32:
		fits = put(e, x, "float", v)
	case []uint32:
		fits = put(e, x, "uint32_t", v)
	}
	if !ok || !fits {
		panic(fmt.Sprintf("engine: scalar %s is %d of type %s in fields.h, not a %T of %v", s.Name, x.count, x.ctype, s.Value, s.Value))
	}
}

// put writes the numbers of a scalar; false where its type or count is another.
func put[T int32 | uint32 | float32](e *Engine, x entry, ctype string, v []T) bool {
	if x.ctype != ctype || x.count != len(v) {
		return false
	}
	copy(unsafe.Slice(at[T](e, x), x.count), v)
	return true
}

// tableNames are those of C, in order.
func tableNames() ([]string, map[string]entry) { return entries(C.world_table_names) }

// setTables lays the tables out, one after the other.
func (e *Engine) setTables(list []Table) {
	names, tables := tableNames()
	given := map[string]Table{}
	for _, t := range list {
		given[t.Name] = t
	}
	for _, name := range names {
		x := tables[name]
		*at[C.int64_t](e, x) = C.int64_t(len(e.tables))
		switch v := given[name].Values.(type) {
		case []float32:
			e.addTable(name, x, "float", unsafe.Pointer(unsafe.SliceData(v)), len(v))
		case []int32:
			e.addTable(name, x, "int32_t", unsafe.Pointer(unsafe.SliceData(v)), len(v))
		default:
			panic(fmt.Sprintf("engine: table %s is %T, want a table of %s", name, v, x.ctype))
		}
	}
	if len(given) != len(names) || len(list) != len(names) {
		panic(fmt.Sprintf("engine: %d tables, fields.h has %d", len(list), len(names)))
	}
}

func (e *Engine) addTable(name string, x entry, ctype string, from unsafe.Pointer, n int) {
	if ctype != x.ctype {
		panic(fmt.Sprintf("engine: table %s is of %s, fields.h has %s", name, ctype, x.ctype))
	}
	e.tables = append(e.tables, unsafe.Slice((*uint32)(from), n)...)
}

// stateNames and outcomeNames are the arrays of C.
func stateNames() map[string]entry {
	_, all := entries(C.world_state_names)
	return all
}

func outcomeNames() map[string]entry {
	_, all := entries(C.world_outcome_names)
	return all
}

// place notes where each array of a list begins in the memory of the arrays, -1 for one of an option that is off.
func (e *Engine) place(list map[string]entry, arrays []Array) {
	begin, words := map[string]int{}, 0
	ctypes := map[string]string{}
	for i := range arrays {
		a := &arrays[i]
		begin[a.Name], ctypes[a.Name] = words, a.ctype()
		words += a.Words()
	}
	for name, x := range list {
		where := -1
		if ctype, ok := ctypes[name]; ok {
			where = begin[name]
			if ctype != x.ctype {
				panic(fmt.Sprintf("engine: array %s is of %s, fields.h has %s", name, ctype, x.ctype))
			}
		} else if x.always {
			panic("engine: there is no array " + name + ", which fields.h has")
		}
		*at[C.int64_t](e, x) = C.int64_t(where)
	}
}
