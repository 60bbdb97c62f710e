package ptx

import "strings"

func init() {
	for _, t := range []table{integers, logic, floats, packs} {
		t.addTo(makers)
	}
	moves.addTo(plainMoves)
	families = map[string]func(o *operands, in *instruction){
		"setp": comparison, "cvt": conversion, "mov": move, "cvta": move,
		"ld": load, "st": store, "atom": atomic, "red": atomic, "cp": asyncCopy, "membar": fence, "fence": fence,
		"bar": barrier, "barrier": barrier, "shfl": shuffle, "vote": vote, "match": match, "activemask": activeMask, "redux": reduceWarp,
		"mma": multiply, "ldmatrix": loadMatrix,
	}
}

// addTo adds every opcode of the table.
func (t table) addTo(all map[string]maker) {
	for opcodes, m := range t {
		for _, opcode := range strings.Fields(opcodes) {
			all[opcode] = m
		}
	}
}
