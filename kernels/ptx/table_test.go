package ptx

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// Each line of the tables of instructions is tried.
func TestEveryInstructionIsTried(t *testing.T) {
	tried := map[string]bool{}
	all := slices.Concat(slices.Collect(maps.Keys(integerCases)), slices.Collect(maps.Keys(bitCases)), slices.Collect(maps.Keys(floatCases)),
		slices.Collect(maps.Keys(doubleCases)), slices.Collect(maps.Keys(conversionCases)))
	for _, instruction := range all {
		tried[strings.Fields(instruction)[0]] = true
	}
	for _, table := range []table{integers, logic, floats, packs} {
		for opcodes := range table {
			if !slices.ContainsFunc(strings.Fields(opcodes), func(opcode string) bool { return tried[opcode] }) {
				t.Errorf("no test has %s", opcodes)
			}
		}
	}
}
