package ptx

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// Every lane adds 100 times the lane number; the result is the lane that it got, plus 1000 if it was in range.
func TestShuffles(t *testing.T) {
	for mode, want := range map[string]func(lane int) (from int, ok bool){
		"idx.b32 %r2|%p1, %r1, 5, 31":      func(int) (int, bool) { return 5, true },
		"idx.b32 %r2|%p1, %r1, 9, 0x181f":  func(l int) (int, bool) { return l&^7 + 1, true }, // segments of 8
		"up.b32 %r2|%p1, %r1, 3, 0":        func(l int) (int, bool) { return l - 3, l >= 3 },
		"up.b32 %r2|%p1, %r1, 3, 0x1000":   func(l int) (int, bool) { return l - 3, l%16 >= 3 },
		"down.b32 %r2|%p1, %r1, 7, 31":     func(l int) (int, bool) { return l + 7, l+7 < 32 },
		"down.b32 %r2|%p1, %r1, 1, 0x1c1f": func(l int) (int, bool) { return l + 1, l%4 < 3 },
		"bfly.b32 %r2|%p1, %r1, 17, 31":    func(l int) (int, bool) { return l ^ 17, true },
		"bfly.b32 %r2|%p1, %r1, 4, 0x0f":   func(l int) (int, bool) { return l ^ 4, l^4 <= 15 },
	} {
		got := perThread(t, 64, "shfl.sync."+mode+", 0xffffffff;\nselp.u32 %r3, 1000, 0, %p1;\nadd.u32 %r0, %r2, %r3;")
		checkWords(t, mode, got, wanted(64, func(t int) int {
			from, ok := want(t % 32)
			if !ok {
				return t
			}
			return t/32*32 + from + 1000
		}))
	}
}

func TestVotes(t *testing.T) {
	before := "setp.gt.u32 %p1, %r1, 33;\n"
	for instruction, want := range map[string]func(t int) int{
		"vote.sync.ballot.b32 %r0, %p1, 0xffffffff;":                                           func(t int) int { return []int{0, 0xfffffffc}[t/32] },
		"vote.sync.ballot.b32 %r0, !%p1, -1;":                                                  func(t int) int { return []int{0xffffffff, 3}[t/32] },
		"vote.sync.any.pred %p2, %p1, -1; selp.u32 %r0, 1, 0, %p2;":                            func(t int) int { return t / 32 },
		"vote.sync.all.pred %p2, !%p1, -1; selp.u32 %r0, 1, 0, %p2;":                           func(t int) int { return 1 - t/32 },
		"vote.sync.uni.pred %p2, %p1, -1; selp.u32 %r0, 1, 0, %p2;":                            func(t int) int { return 1 - t/32 },
		"shr.u32 %r2, %r1, 3; match.any.sync.b32 %r0, %r2, -1;":                                func(t int) int { return 0xff << (t % 32 / 8 * 8) },
		"cvt.u64.u32 %d1, %r1; shr.u64 %d1, %d1, 5; match.all.sync.b64 %r0|%p2, %d1, -1;":      func(int) int { return 0xffffffff },
		"match.all.sync.b32 %r0|%p2, %r1, -1; selp.u32 %r2, 1, 0, %p2; add.u32 %r0, %r0, %r2;": func(int) int { return 0 },
		"redux.sync.add.u32 %r0, %r1, -1;":                                                     func(t int) int { return 496 + t/32*1024 },
		"redux.sync.max.s32 %r0, %r1, -1;":                                                     func(t int) int { return 31 + t/32*32 },
		"redux.sync.min.u32 %r0, %r1, -1;":                                                     func(t int) int { return t / 32 * 32 },
		"redux.sync.xor.b32 %r0, %r1, -1;":                                                     func(int) int { return 0 },
		"activemask.b32 %r0;":                                                                  func(int) int { return 0xffffffff },
	} {
		checkWords(t, instruction, perThread(t, 64, before+instruction), wanted(64, want))
	}
}

// A part of a warp that names itself may shuffle; each branch has its own.
func TestPartsOfAWarp(t *testing.T) {
	got := perThread(t, 32, `setp.lt.u32 %p1, %r1, 12;
@%p1 bra low;
vote.sync.ballot.b32 %r0, %p1, 0xfffff000;
shfl.sync.idx.b32 %r0, %r1, 20, 31, 0xfffff000;
bra.uni end;
low:
shfl.sync.bfly.b32 %r0, %r1, 1, 31, 0xfff;
end:
bar.warp.sync -1;`)
	checkWords(t, "branches", got, wanted(32, func(t int) int {
		if t < 12 {
			return t ^ 1
		}
		return 20
	}))
}

func TestShuffleFaults(t *testing.T) {
	for body, want := range map[string]string{
		`setp.lt.u32 %p1, %r1, 9;
@%p1 shfl.sync.idx.b32 %r0, %r1, 0, 31, -1;
@!%p1 shfl.sync.idx.b32 %r0, %r1, 0, 31, -1;`: "9 of 32 threads wait here for the others, and thread [9 0 0] waits at line 10",
		"shfl.sync.idx.b32 %r0, %r1, 0, 31, 0xfffffffe;": "the thread is not in its own mask",
		`selp.u32 %r2, -1, 1, %p1;
setp.lt.u32 %p1, %r1, 9;
selp.u32 %r2, -1, 0x7fffffff, %p1;
shfl.sync.idx.b32 %r0, %r1, 0, 31, %r2;`: "threads of a warp give different masks",
		`setp.lt.u32 %p1, %r1, 9;
@%p1 shfl.sync.idx.b32 %r0, %r1, 20, 31, 0x1ff;`: "lane 20 is asked for its value, but is not part of the shuffle",
		`setp.lt.u32 %p1, %r1, 9;
@%p1 ret;
mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%f0,%f1,%f2,%f3}, {%r1,%r1,%r1,%r1}, {%r1,%r1}, {%f0,%f1,%f2,%f3};`: "the warp does not have all of its 32 threads any more",
	} {
		err := run1(entry(t, "mov.u32 %r1, %tid.x;\n"+body), 32, nil, Options{})
		checkFault(t, err, new(*DivergenceError), want)
	}
	// A warp whose other threads have left may go on with those that are there.
	perThread(t, 32, "setp.lt.u32 %p1, %r1, 9;\n@%p1 ret;\nshfl.sync.idx.b32 %r0, %r1, 20, 31, -1;")
}

// mmaBody loads fragments from memory in the order of registers: a, b, c and back d.
func mmaBody(opcode string, a, b int) string {
	body := "ld.param.u64 %d10, [in];\nmov.u32 %r1, %tid.x;\nmad.wide.u32 %d11, %r1, 64, %d10;\n"
	names := func(kind string, first, n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf("%%%s%d", kind, first+i))
		}
		return "{" + strings.Join(all, ", ") + "}"
	}
	for i := range a + b {
		body += fmt.Sprintf("ld.global.u32 %%r%d, [%%d11+%d];\n", 10+i, 4*i)
	}
	body += fmt.Sprintf(`ld.global.v4.f32 {%%f0, %%f1, %%f2, %%f3}, [%%d11+32];
%s {%%f4, %%f5, %%f6, %%f7}, %s, %s, {%%f0, %%f1, %%f2, %%f3};
`,
		opcode, names("r", 10, a), names("r", 10+a, b))
	return body + "st.global.v4.f32 [%d11+48], {%f4, %f5, %f6, %f7};"
}

// mmaTrial is a shape and format of mma.sync, the registers that a lane has of a and b, and matrices of small whole numbers, with which
// all sums are exact.
type mmaTrial struct {
	shape, format string
	k, regA, regB int
	a             [16][16]float64
	b, c          [16][8]float64
}

// terms is the numbers in a register.
func (x *mmaTrial) terms() int {
	if x.format == "tf32" {
		return 1
	}
	return 2
}

// put writes term i of a lane's registers from number reg on.
func (x *mmaTrial) put(lane []byte, reg, i int, v float64) {
	at := lane[4*(reg+i/x.terms()):]
	switch bits := math.Float32bits(float32(v)); x.format {
	case "tf32":
		binary.LittleEndian.PutUint32(at, bits|0x1fff) // the lower bits do not count
	case "bf16":
		binary.LittleEndian.PutUint16(at[2*(i%2):], uint16(bits>>16))
	default:
		binary.LittleEndian.PutUint16(at[2*(i%2):], uint16(nearestHalf(v)))
	}
}

// fill writes the fragments of a warp, each element at the place that the ISA's tables of fragments give. times scales a.
func (x *mmaTrial) fill(warp []byte, times float64) {
	n := x.terms()
	for lane := range 32 {
		data, group, thread := warp[64*lane:64*(lane+1)], lane/4, lane%4
		for i := range x.regA * n {
			x.put(data, 0, i, times*x.a[group+8*(i/n%2)][thread*n+i%n+4*n*(i/n/2)])
		}
		for i := range x.regB * n {
			x.put(data, x.regA, i, x.b[thread*n+i%n+4*n*(i/n)][group])
		}
		for i := range 4 {
			binary.LittleEndian.PutUint32(data[32+4*i:], math.Float32bits(float32(x.c[group+8*(i/2)][2*thread+i%2])))
		}
	}
}

// check compares the results of a warp with plain sums.
func (x *mmaTrial) check(t *testing.T, warp []byte, times float64) {
	t.Helper()
	for lane := range 32 {
		for i := range 4 {
			row, column := lane/4+8*(i/2), 2*(lane%4)+i%2
			want := x.c[row][column]
			for k := range x.k {
				want += times * x.a[row][k] * x.b[k][column]
			}
			if got := f64(getBytes(warp[64*lane+48+4*i:][:4])); got != want {
				t.Fatalf("%s of %s: element %d, %d is %v, want %v", x.shape, x.format, row, column, got, want)
			}
		}
	}
}

// Two warps multiply matrices, the second one with -a.
func TestMMA(t *testing.T) {
	for _, x := range []mmaTrial{
		{shape: "m16n8k4", format: "tf32", k: 4, regA: 2, regB: 1}, {shape: "m16n8k8", format: "tf32", k: 8, regA: 4, regB: 2},
		{shape: "m16n8k8", format: "bf16", k: 8, regA: 2, regB: 1}, {shape: "m16n8k16", format: "bf16", k: 16, regA: 4, regB: 2},
		{shape: "m16n8k8", format: "f16", k: 8, regA: 2, regB: 1}, {shape: "m16n8k16", format: "f16", k: 16, regA: 4, regB: 2},
	} {
		r := rand.New(rand.NewPCG(5, 6))
		for i := range 16 {
			for j := range 16 {
				x.a[i][j] = float64(r.IntN(15) - 7)
			}
			for j := range 8 {
				x.b[i][j], x.c[i][j] = float64(r.IntN(15)-7), float64(r.IntN(15)-7)
			}
		}
		data := make([]byte, 2*32*64)
		x.fill(data[:32*64], 1)
		x.fill(data[32*64:], -1)
		opcode := fmt.Sprintf("mma.sync.aligned.%s.row.col.f32.%s.%s.f32", x.shape, x.format, x.format)
		if err := run1(entry(t, mmaBody(opcode, x.regA, x.regB)), 64, data, Options{Races: true}); err != nil {
			t.Fatal(err)
		}
		x.check(t, data[:32*64], 1)
		x.check(t, data[32*64:], -1)
	}
}

// A sum is rounded after each term, in ascending k: 2^24 + 1 + 1 loses both ones, 1 + 1 + 2^24 does not.
func TestOrderOfMMA(t *testing.T) {
	for name, x := range map[string]struct {
		c     float32
		terms [4]float32
		want  float32
	}{
		"large first": {1 << 24, [4]float32{1, 1, 0, 0}, 1 << 24},
		"large last":  {0, [4]float32{1, 1, 1 << 24, 0}, 1<<24 + 2},
	} {
		data := make([]byte, 32*64)
		for lane := range 32 {
			for i := range 2 {
				binary.LittleEndian.PutUint32(data[64*lane+4*i:], math.Float32bits(x.terms[lane%4]))
			}
			binary.LittleEndian.PutUint32(data[64*lane+8:], math.Float32bits(1))
			for i := range 4 {
				binary.LittleEndian.PutUint32(data[64*lane+32+4*i:], math.Float32bits(x.c))
			}
		}
		if err := run1(entry(t, mmaBody("mma.sync.aligned.m16n8k4.row.col.f32.tf32.tf32.f32", 2, 1)), 32, data, Options{}); err != nil {
			t.Fatal(err)
		}
		if got := math.Float32frombits(binary.LittleEndian.Uint32(data[48:])); got != x.want {
			t.Errorf("%s: %v, want %v", name, got, x.want)
		}
	}
}

// Matrices of 8 x 8 numbers 100 i + 10 row + column, whose rows lie in descending order in memory.
func TestLoadMatrix(t *testing.T) {
	for _, transposed := range []bool{false, true} {
		opcode := "ldmatrix.sync.aligned.m8n8.x4.shared.b16"
		if transposed {
			opcode = "ldmatrix.sync.aligned.m8n8.x4.trans.shared::cta.b16"
		}
		data := make([]byte, 32*16)
		for row := range 32 {
			for column := range 8 {
				binary.LittleEndian.PutUint16(data[16*(31-row)+2*column:], uint16(100*(row/8)+10*(row%8)+column))
			}
		}
		err := run1(entry(t, `.shared .align 16 .b8 s[512];
ld.param.u64 %d10, [in];
mov.u32 %r1, %tid.x;
mad.wide.u32 %d11, %r1, 16, %d10;
ld.global.v4.u32 {%r2, %r3, %r4, %r5}, [%d11];
mov.u32 %r6, s;
mad.lo.u32 %r7, %r1, 16, %r6;
st.shared.v4.u32 [%r7], {%r2, %r3, %r4, %r5};
bar.sync 0;
sub.u32 %r8, 31, %r1;
mad.lo.u32 %r8, %r8, 16, %r6;
`+opcode+` {%r2, %r3, %r4, %r5}, [%r8];
st.global.v4.u32 [%d11], {%r2, %r3, %r4, %r5};`), 32, data, Options{Races: true})
		if err != nil {
			t.Fatal(err)
		}
		for lane := range 32 {
			for i := range 8 {
				row, column := lane/4, 2*(lane%4)+i%2
				if transposed {
					row, column = column, row
				}
				if got, want := getBytes(data[16*lane+2*i:][:2]), uint64(100*(i/2)+10*row+column); got != want {
					t.Errorf("transposed %t: lane %d has %d, want %d", transposed, lane, got, want)
				}
			}
		}
	}
}
