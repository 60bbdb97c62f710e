package ptx

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"math/rand/v2"
	"strings"
	"testing"
)

// header begins every module of the tests.
const header = ".version 9.0\n.target sm_90\n.address_size 64\n"

// registers declares those that bodies of the tests use.
const registers = `.reg .pred %p<8>; .reg .b16 %h<8>; .reg .b32 %r<32>; .reg .b64 %d<32>; .reg .f32 %f<8>; .reg .f64 %g<8>;` + "\n"

// parsed is the only entry of a module.
func parsed(t *testing.T, text string) *Entry {
	t.Helper()
	m, err := Parse("test.ptx", text)
	if err != nil {
		t.Fatal(err)
	}
	return m.Entries()[0]
}

// entry is a kernel with a parameter in, an address, from its body.
func entry(t *testing.T, body string) *Entry {
	t.Helper()
	return parsed(t, header+".visible .entry k(.param .u64 in)\n{\n"+registers+body+"\nret;\n}\n")
}

// run1 launches a kernel of one block on data.
func run1(e *Entry, threads int, data []byte, o Options) error {
	return runGrid(e, 1, threads, data, o)
}

func runGrid(e *Entry, blocks, threads int, data []byte, o Options) error {
	var m Memory
	params := binary.LittleEndian.AppendUint64(nil, m.Map("data", data))
	return e.Launch(&m, [3]int{blocks, 1, 1}, [3]int{threads, 1, 1}, 0, params, o)
}

// Every thread has its four inputs in registers %r1 to %r4, %d1 to %d4, %h1 to %h4 and %p1 to %p4, each cut to the width, and the
// result in number 0.
const loadInputs = `ld.param.u64 %d10, [in];
mov.u32 %r10, %tid.x;
mad.wide.u32 %d11, %r10, 64, %d10;
`

func operandsOf(kind string, i int) string {
	switch kind {
	case "p":
		return fmt.Sprintf("ld.global.u32 %%r11, [%%d11+%d];\nand.b32 %%r11, %%r11, 1;\nsetp.ne.u32 %%p%d, %%r11, 0;\n", 8*i, i)
	case "h":
		return fmt.Sprintf("ld.global.u16 %%h%d, [%%d11+%d];\n", i, 8*i)
	case "r":
		return fmt.Sprintf("ld.global.u32 %%r%d, [%%d11+%d];\n", i, 8*i)
	}
	return fmt.Sprintf("ld.global.u64 %%d%d, [%%d11+%d];\n", i, 8*i)
}

var results = map[string]string{
	"p": "selp.u32 %r0, 1, 0, %p0;\nst.global.u32 [%d11], %r0;\n", "h": "st.global.u16 [%d11], %h0;\n",
	"r": "st.global.u32 [%d11], %r0;\n", "d": "st.global.u64 [%d11], %d0;\n",
}

// evaluate executes an instruction such as "add.s32 r r r", for each tuple of inputs in a thread of its own.
func evaluate(t *testing.T, instruction string, inputs [][4]uint64) []uint64 {
	t.Helper()
	words := strings.Fields(instruction)
	body, list := loadInputs, []string{}
	for i, kind := range words[1:] {
		switch {
		case !strings.Contains("phrd", kind):
			list = append(list, kind)
			continue
		case i > 0:
			body += operandsOf(kind, i)
		}
		list = append(list, fmt.Sprintf("%%%s%d", kind, i))
	}
	body += words[0] + " " + strings.Join(list, ", ") + ";\n" + results[words[1]]
	data := make([]byte, 64*len(inputs))
	for i, in := range inputs {
		for j, x := range in {
			binary.LittleEndian.PutUint64(data[64*i+8*(j+1):], x)
		}
	}
	if err := run1(entry(t, body), len(inputs), data, Options{}); err != nil {
		t.Fatal(err)
	}
	out := make([]uint64, len(inputs))
	for i := range out {
		out[i] = binary.LittleEndian.Uint64(data[64*i:])
	}
	return out
}

// edges are numbers at which integers and floats of 16, 32 and 64 bits change their behaviour.
var edges = []uint64{
	0, 1, 2, 3, 7, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 1 << 32,
	math.MaxInt64, 1 << 63, math.MaxUint64,
	uint64(math.Float32bits(1.5)), 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x00000001, 0x00800000, 0x807fffff, 0x7f7fffff, 0x34000000,
	math.Float64bits(1.5), math.Float64bits(-1e300), math.Float64bits(math.Inf(1)), math.Float64bits(math.NaN()), math.Float64bits(1e-310),
}

// tuples are inputs: edges and random numbers of many magnitudes.
func tuples(n int) (all [][4]uint64) {
	r := rand.New(rand.NewPCG(1, 2))
	for range n {
		var x [4]uint64
		for i := range x {
			if x[i] = edges[r.IntN(len(edges))]; r.IntN(2) == 0 {
				x[i] = r.Uint64() >> r.IntN(64)
			}
		}
		all = append(all, x)
	}
	return all
}

// instructions says what an instruction gives for its inputs, by another way of computing it.
type instructions map[string]func(x [4]uint64) uint64

func (all instructions) check(t *testing.T) {
	in := tuples(600)
	for instruction, want := range all {
		for i, got := range evaluate(t, instruction, in) {
			if w := want(in[i]); got != w {
				t.Errorf("%s of %#x gives %#x, want %#x", instruction, in[i], got, w)
				break
			}
		}
	}
}

func s16(x uint64) *big.Int { return big.NewInt(int64(int16(x))) }
func s32(x uint64) *big.Int { return big.NewInt(int64(int32(x))) }
func u32(x uint64) *big.Int { return big.NewInt(int64(uint32(x))) }
func s64(x uint64) *big.Int { return big.NewInt(int64(x)) }
func u64(x uint64) *big.Int { return new(big.Int).SetUint64(x) }

// low is the lowest n bits of a number of any size.
func low(x *big.Int, n uint) uint64 {
	return new(big.Int).And(x, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), n), big.NewInt(1))).Uint64()
}

// part is n bits from bit at on.
func part(x *big.Int, at, n uint) uint64 { return low(new(big.Int).Rsh(x, at), n) }

func mulBig(x, y *big.Int) *big.Int { return new(big.Int).Mul(x, y) }
func addBig(x, y *big.Int) *big.Int { return new(big.Int).Add(x, y) }

// quotient truncates; division by zero has the bits that devices give.
func quotient(x, y *big.Int, n uint) uint64 {
	if y.Sign() == 0 {
		return 1<<(n-1)<<1 - 1
	}
	return low(new(big.Int).Quo(x, y), n)
}

func rest(x, y *big.Int, n uint) uint64 {
	if y.Sign() == 0 {
		return low(x, n)
	}
	return low(new(big.Int).Rem(x, y), n)
}

// integerCases are arithmetic of integers.
var integerCases = instructions{
	"add.s32 r r r":        func(x [4]uint64) uint64 { return low(addBig(s32(x[0]), s32(x[1])), 32) },
	"add.s64 d d d":        func(x [4]uint64) uint64 { return low(addBig(s64(x[0]), s64(x[1])), 64) },
	"sub.s32 r r r":        func(x [4]uint64) uint64 { return low(new(big.Int).Sub(s32(x[0]), s32(x[1])), 32) },
	"sub.u64 d d d":        func(x [4]uint64) uint64 { return low(new(big.Int).Sub(u64(x[0]), u64(x[1])), 64) },
	"add.s16 h h h":        func(x [4]uint64) uint64 { return low(addBig(s32(x[0]), s32(x[1])), 16) },
	"sub.s16 h h h":        func(x [4]uint64) uint64 { return low(new(big.Int).Sub(s32(x[0]), s32(x[1])), 16) },
	"mul.lo.s32 r r r":     func(x [4]uint64) uint64 { return low(mulBig(s32(x[0]), s32(x[1])), 32) },
	"mul.lo.s16 h h h":     func(x [4]uint64) uint64 { return low(mulBig(s32(x[0]), s32(x[1])), 16) },
	"mad.lo.s16 h h h h":   func(x [4]uint64) uint64 { return low(addBig(mulBig(s32(x[0]), s32(x[1])), s32(x[2])), 16) },
	"neg.s16 h h":          func(x [4]uint64) uint64 { return low(new(big.Int).Neg(s32(x[0])), 16) },
	"min.s16 h h h":        func(x [4]uint64) uint64 { return extreme(-1, s16(x[0]), s16(x[1]), 16) },
	"max.s16 h h h":        func(x [4]uint64) uint64 { return extreme(1, s16(x[0]), s16(x[1]), 16) },
	"min.u16 h h h":        func(x [4]uint64) uint64 { return extreme(-1, u32(x[0]&0xffff), u32(x[1]&0xffff), 16) },
	"max.u16 h h h":        func(x [4]uint64) uint64 { return extreme(1, u32(x[0]&0xffff), u32(x[1]&0xffff), 16) },
	"mad.hi.s32 r r r r":   func(x [4]uint64) uint64 { return uint64(uint32(part(mulBig(s32(x[0]), s32(x[1])), 32, 32) + x[2])) },
	"mul.lo.s64 d d d":     func(x [4]uint64) uint64 { return low(mulBig(s64(x[0]), s64(x[1])), 64) },
	"mul.hi.u32 r r r":     func(x [4]uint64) uint64 { return part(mulBig(u32(x[0]), u32(x[1])), 32, 32) },
	"mul.hi.s32 r r r":     func(x [4]uint64) uint64 { return part(mulBig(s32(x[0]), s32(x[1])), 32, 32) },
	"mul.hi.u64 d d d":     func(x [4]uint64) uint64 { return part(mulBig(u64(x[0]), u64(x[1])), 64, 64) },
	"mul.hi.s64 d d d":     func(x [4]uint64) uint64 { return part(mulBig(s64(x[0]), s64(x[1])), 64, 64) },
	"mul.wide.u32 d r r":   func(x [4]uint64) uint64 { return low(mulBig(u32(x[0]), u32(x[1])), 64) },
	"mul.wide.s32 d r r":   func(x [4]uint64) uint64 { return low(mulBig(s32(x[0]), s32(x[1])), 64) },
	"mul.wide.s32 d r -20": func(x [4]uint64) uint64 { return low(mulBig(s32(x[0]), big.NewInt(-20)), 64) },
	"mul.wide.u16 r h h":   func(x [4]uint64) uint64 { return x[0] & 0xffff * (x[1] & 0xffff) },
	"mul.wide.s16 r h h": func(x [4]uint64) uint64 {
		return low(mulBig(big.NewInt(int64(int16(x[0]))), big.NewInt(int64(int16(x[1])))), 32)
	},
	"mad.lo.s32 r r r r":   func(x [4]uint64) uint64 { return low(addBig(mulBig(s32(x[0]), s32(x[1])), s32(x[2])), 32) },
	"mad.lo.s64 d d d d":   func(x [4]uint64) uint64 { return low(addBig(mulBig(s64(x[0]), s64(x[1])), s64(x[2])), 64) },
	"mad.hi.u32 r r r r":   func(x [4]uint64) uint64 { return uint64(uint32(part(mulBig(u32(x[0]), u32(x[1])), 32, 32) + x[2])) },
	"mad.wide.u32 d r r d": func(x [4]uint64) uint64 { return low(addBig(mulBig(u32(x[0]), u32(x[1])), u64(x[2])), 64) },
	"mad.wide.s32 d r r d": func(x [4]uint64) uint64 { return low(addBig(mulBig(s32(x[0]), s32(x[1])), u64(x[2])), 64) },
	"div.u32 r r r":        func(x [4]uint64) uint64 { return quotient(u32(x[0]), u32(x[1]), 32) },
	"div.s32 r r r":        func(x [4]uint64) uint64 { return quotient(s32(x[0]), s32(x[1]), 32) },
	"div.u64 d d d":        func(x [4]uint64) uint64 { return quotient(u64(x[0]), u64(x[1]), 64) },
	"div.s64 d d d":        func(x [4]uint64) uint64 { return quotient(s64(x[0]), s64(x[1]), 64) },
	"rem.u32 r r r":        func(x [4]uint64) uint64 { return rest(u32(x[0]), u32(x[1]), 32) },
	"rem.s32 r r r":        func(x [4]uint64) uint64 { return rest(s32(x[0]), s32(x[1]), 32) },
	"rem.u64 d d d":        func(x [4]uint64) uint64 { return rest(u64(x[0]), u64(x[1]), 64) },
	"rem.s64 d d d":        func(x [4]uint64) uint64 { return rest(s64(x[0]), s64(x[1]), 64) },
	"neg.s32 r r":          func(x [4]uint64) uint64 { return low(new(big.Int).Neg(s32(x[0])), 32) },
	"neg.s64 d d":          func(x [4]uint64) uint64 { return low(new(big.Int).Neg(s64(x[0])), 64) },
	"abs.s32 r r":          func(x [4]uint64) uint64 { return low(new(big.Int).Abs(s32(x[0])), 32) },
	"abs.s64 d d":          func(x [4]uint64) uint64 { return low(new(big.Int).Abs(s64(x[0])), 64) },
	"min.s32 r r r":        func(x [4]uint64) uint64 { return extreme(-1, s32(x[0]), s32(x[1]), 32) },
	"max.s32 r r r":        func(x [4]uint64) uint64 { return extreme(1, s32(x[0]), s32(x[1]), 32) },
	"min.u32 r r r":        func(x [4]uint64) uint64 { return extreme(-1, u32(x[0]), u32(x[1]), 32) },
	"max.u32 r r r":        func(x [4]uint64) uint64 { return extreme(1, u32(x[0]), u32(x[1]), 32) },
	"min.s64 d d d":        func(x [4]uint64) uint64 { return extreme(-1, s64(x[0]), s64(x[1]), 64) },
	"max.s64 d d d":        func(x [4]uint64) uint64 { return extreme(1, s64(x[0]), s64(x[1]), 64) },
	"min.u64 d d d":        func(x [4]uint64) uint64 { return extreme(-1, u64(x[0]), u64(x[1]), 64) },
	"max.u64 d d d":        func(x [4]uint64) uint64 { return extreme(1, u64(x[0]), u64(x[1]), 64) },
}

func TestIntegers(t *testing.T) { integerCases.check(t) }

// extreme is the lower or, with sign 1, the greater of two numbers.
func extreme(sign int, x, y *big.Int, n uint) uint64 {
	if x.Cmp(y) == sign {
		return low(x, n)
	}
	return low(y, n)
}

// naive is a function of the bits of x and two more operands, bit by bit: bit i of the result.
func naive(n int, bit func(i int) uint64) (d uint64) {
	for i := range n {
		d |= bit(i) & 1 << i
	}
	return d
}

// bitAt is bit i of the lowest n bits of x, or fill beyond them.
func bitAt(x uint64, i, n int, fill uint64) uint64 {
	if i < 0 || i >= n {
		return fill
	}
	return x >> i & 1
}

// bitCases are what acts on bits.
var bitCases = instructions{
	"and.b32 r r r":    func(x [4]uint64) uint64 { return uint64(uint32(x[0] & x[1])) },
	"and.b64 d d d":    func(x [4]uint64) uint64 { return x[0] & x[1] },
	"not.b64 d d":      func(x [4]uint64) uint64 { return ^x[0] },
	"cnot.b32 r r":     func(x [4]uint64) uint64 { return uint64(truth(uint32(x[0]) == 0)) },
	"selp.b16 h h h p": func(x [4]uint64) uint64 { return x[1-x[2]&1] & 0xffff },
	"or.b64 d d d":     func(x [4]uint64) uint64 { return x[0] | x[1] },
	"xor.b64 d d d":    func(x [4]uint64) uint64 { return x[0] ^ x[1] },
	"not.b32 r r":      func(x [4]uint64) uint64 { return uint64(^uint32(x[0])) },
	"not.b16 h h":      func(x [4]uint64) uint64 { return uint64(^uint16(x[0])) },
	"and.pred p p p":   func(x [4]uint64) uint64 { return x[0] & x[1] & 1 },
	"or.pred p p p":    func(x [4]uint64) uint64 { return (x[0] | x[1]) & 1 },
	"xor.pred p p p":   func(x [4]uint64) uint64 { return (x[0] ^ x[1]) & 1 },
	"not.pred p p":     func(x [4]uint64) uint64 { return ^x[0] & 1 },
	"mov.pred p -1":    func([4]uint64) uint64 { return 1 },
	"shl.b32 r r r": func(x [4]uint64) uint64 {
		return naive(32, func(i int) uint64 { return bitAt(x[0], i-shift(x[1]), 32, 0) })
	},
	"shr.u32 r r r": func(x [4]uint64) uint64 {
		return naive(32, func(i int) uint64 { return bitAt(x[0], i+shift(x[1]), 32, 0) })
	},
	"shr.s32 r r r": func(x [4]uint64) uint64 {
		return naive(32, func(i int) uint64 { return bitAt(x[0], i+shift(x[1]), 32, x[0]>>31) })
	},
	"shl.b64 d d r": func(x [4]uint64) uint64 {
		return naive(64, func(i int) uint64 { return bitAt(x[0], i-shift(x[1]), 64, 0) })
	},
	"shr.u64 d d r": func(x [4]uint64) uint64 {
		return naive(64, func(i int) uint64 { return bitAt(x[0], i+shift(x[1]), 64, 0) })
	},
	"shr.s64 d d r": func(x [4]uint64) uint64 {
		return naive(64, func(i int) uint64 { return bitAt(x[0], i+shift(x[1]), 64, x[0]>>63) })
	},
	"shr.u16 h h r": func(x [4]uint64) uint64 {
		return naive(16, func(i int) uint64 { return bitAt(x[0], i+shift(x[1]), 16, 0) })
	},
	"shr.s16 h h r": func(x [4]uint64) uint64 {
		return naive(16, func(i int) uint64 { return bitAt(x[0], i+shift(x[1]), 16, x[0]>>15) })
	},
	"shl.b16 h h r": func(x [4]uint64) uint64 {
		return naive(16, func(i int) uint64 { return bitAt(x[0], i-shift(x[1]), 16, 0) })
	},
	"shf.l.wrap.b32 r r r r":  func(x [4]uint64) uint64 { return part(pair(x), uint(32-x[2]&31), 32) },
	"shf.r.wrap.b32 r r r r":  func(x [4]uint64) uint64 { return part(pair(x), uint(x[2]&31), 32) },
	"shf.l.clamp.b32 r r r r": func(x [4]uint64) uint64 { return part(pair(x), uint(32-min(uint32(x[2]), 32)), 32) },
	"shf.r.clamp.b32 r r r r": func(x [4]uint64) uint64 { return part(pair(x), uint(min(uint32(x[2]), 32)), 32) },
	"selp.b32 r r r p":        func(x [4]uint64) uint64 { return uint64(uint32(x[1-x[2]&1])) },
	"selp.b64 d d d p":        func(x [4]uint64) uint64 { return x[1-x[2]&1] },
	"popc.b32 r r":            func(x [4]uint64) uint64 { return uint64(bits.OnesCount32(uint32(x[0]))) },
	"popc.b64 r d":            func(x [4]uint64) uint64 { return uint64(bits.OnesCount64(x[0])) },
	"clz.b32 r r":             func(x [4]uint64) uint64 { return uint64(32 - u32(x[0]).BitLen()) },
	"clz.b64 r d":             func(x [4]uint64) uint64 { return uint64(64 - u64(x[0]).BitLen()) },
	"brev.b32 r r":            func(x [4]uint64) uint64 { return naive(32, func(i int) uint64 { return x[0] >> (31 - i) }) },
	"brev.b64 d d":            func(x [4]uint64) uint64 { return naive(64, func(i int) uint64 { return x[0] >> (63 - i) }) },
	"bfind.u32 r r":           func(x [4]uint64) uint64 { return uint64(uint32(u32(x[0]).BitLen() - 1)) },
	"bfind.u64 r d":           func(x [4]uint64) uint64 { return uint64(uint32(u64(x[0]).BitLen() - 1)) },
	"bfind.s32 r r":           func(x [4]uint64) uint64 { return uint64(uint32(magnitude(x[0]) - 1)) },
	"bfind.shiftamt.u32 r r":  func(x [4]uint64) uint64 { return leftAlign(u32(x[0]).BitLen()) },
	"bfind.shiftamt.s32 r r":  func(x [4]uint64) uint64 { return leftAlign(magnitude(x[0])) },
	"bfe.u32 r r r r":         func(x [4]uint64) uint64 { return naive(32, func(i int) uint64 { return field(x, i, 0) }) },
	"bfe.s32 r r r r":         func(x [4]uint64) uint64 { return naive(32, func(i int) uint64 { return field(x, i, fieldSign(x)) }) },
	"bfi.b32 r r r r r":       func(x [4]uint64) uint64 { return naive(32, func(i int) uint64 { return inserted(x, i, 32) }) },
	"bfi.b64 d d d r r":       func(x [4]uint64) uint64 { return naive(64, func(i int) uint64 { return inserted(x, i, 64) }) },
	"lop3.b32 r r r r 0x96":   func(x [4]uint64) uint64 { return uint64(uint32(x[0] ^ x[1] ^ x[2])) },
	"lop3.b32 r r r r 0xca":   func(x [4]uint64) uint64 { return uint64(uint32(x[0]&x[1] | ^x[0]&x[2])) },
	"prmt.b32 r r r r":        func(x [4]uint64) uint64 { return permuted(x) },
	"cvta.to.global.u64 d d":  func(x [4]uint64) uint64 { return x[0] },
	"mov.b16 h h":             func(x [4]uint64) uint64 { return x[0] & 0xffff },
}

func TestBits(t *testing.T) { bitCases.check(t) }

// shift is the count of a shift: all 32 bits of its operand.
func shift(x uint64) int { return int(uint32(x)) }

// pair is the 64 bits of two operands, the first one lower.
func pair(x [4]uint64) *big.Int { return addBig(u32(x[0]), new(big.Int).Lsh(u32(x[1]), 32)) }

// magnitude is the number of bits below the sign that differ from it, up to the highest one that does.
func magnitude(x uint64) int {
	if v := s32(x); v.Sign() >= 0 {
		return v.BitLen()
	}
	return new(big.Int).Not(s32(x)).BitLen()
}

// leftAlign is the shift that moves the highest of n bits to bit 31.
func leftAlign(n int) uint64 {
	if n == 0 {
		return 1<<32 - 1
	}
	return uint64(32 - n)
}

// field is bit i of the field of x[0] with position x[1] and length x[2], each of 8 bits; fill is that of the bits above.
func field(x [4]uint64, i int, fill uint64) uint64 {
	at, n := int(x[1]&0xff), int(x[2]&0xff)
	if i < n && at+i < 32 {
		return bitAt(x[0], at+i, 32, 0)
	}
	return fill
}

// fieldSign is the highest bit of the field, the sign of x[0] where it leaves it.
func fieldSign(x [4]uint64) uint64 {
	at, n := int(x[1]&0xff), int(x[2]&0xff)
	if n == 0 {
		return 0
	}
	return bitAt(x[0], min(at+n-1, 31), 32, 0)
}

// inserted is bit i of x[1] with the field of position x[2] and length x[3] taken from x[0].
func inserted(x [4]uint64, i, n int) uint64 {
	at, length := int(x[2]&0xff), int(x[3]&0xff)
	if i >= at && i < at+length {
		return bitAt(x[0], i-at, n, 0)
	}
	return x[1] >> i
}

func permuted(x [4]uint64) (d uint64) {
	b := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, uint32(x[0])), uint32(x[1]))
	for i := range 4 {
		digit := x[2] >> (4 * i) & 15
		v := b[digit&7]
		if digit > 7 {
			v = byte(int8(v) >> 7)
		}
		d |= uint64(v) << (8 * i)
	}
	return d
}
