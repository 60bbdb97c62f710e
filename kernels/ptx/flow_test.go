package ptx

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
)

// words reads a memory as numbers of 32 bits.
func words(data []byte) (all []uint32) {
	for i := 0; i < len(data); i += 4 {
		all = append(all, binary.LittleEndian.Uint32(data[i:]))
	}
	return all
}

// perThread executes a body that leaves a number for each thread in %r0, which %r1 names.
func perThread(t *testing.T, threads int, body string) []uint32 {
	t.Helper()
	data := make([]byte, 4*threads)
	e := entry(t, `ld.param.u64 %d10, [in];
mov.u32 %r1, %tid.x;
mad.wide.u32 %d10, %r1, 4, %d10;
`+body+`
st.global.u32 [%d10], %r0;
`)
	if err := run1(e, threads, data, Options{Races: true}); err != nil {
		t.Fatal(err)
	}
	return words(data)
}

// wanted is f of every thread.
func wanted(threads int, f func(t int) int) (all []uint32) {
	for t := range threads {
		all = append(all, uint32(f(t)))
	}
	return all
}

func checkWords(t *testing.T, name string, got, want []uint32) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", name, got, want)
	}
}

// Threads take different numbers of rounds, leave a loop in the middle and meet again.
func TestDivergence(t *testing.T) {
	got := perThread(t, 70, `
mov.u32 %r0, 0;
mov.u32 %r2, 0;
loop:
setp.ge.u32 %p1, %r2, %r1;
@%p1 bra done;
add.u32 %r2, %r2, 1;
and.b32 %r3, %r2, 1;
setp.eq.u32 %p2, %r3, 0;
@%p2 bra loop;
setp.gt.u32 %p3, %r2, 50;
@%p3 bra early;
add.u32 %r0, %r0, %r2;
bra.uni loop;
early:
add.u32 %r0, %r0, 100000;
done:
activemask.b32 %r4;
setp.ne.u32 %p4, %r4, 0xffffffff;
setp.lt.u32 %p5, %r1, 64;
and.pred %p4, %p4, %p5;
@%p4 add.u32 %r0, %r0, 1000000;`)
	checkWords(t, "sums of odd numbers", got, wanted(70, func(t int) int {
		sum := 0
		for i := 1; i <= t; i += 2 {
			if i > 50 {
				return sum + 100000
			}
			sum += i
		}
		return sum
	}))
}

// A comparison may be joined with the predicate that it replaces.
func TestJoinedWithItself(t *testing.T) {
	got := perThread(t, 40, `
setp.ge.u32 %p1, %r1, 10;
setp.lt.and.u32 %p1, %r1, 20, %p1;
selp.u32 %r0, 1, 0, %p1;`)
	checkWords(t, "10 to 19", got, wanted(40, func(t int) int { return int(truth(t >= 10 && t < 20)) }))
}

func TestGuards(t *testing.T) {
	got := perThread(t, 40, `
mov.u32 %r0, 7;
and.b32 %r2, %r1, 1;
setp.eq.u32 %p1, %r2, 0;
@%p1 mov.u32 %r0, 1;
@!%p1 add.u32 %r0, %r0, 2;
setp.lt.u32 %p2|%p3, %r1, 10;
@%p3 add.u32 %r0, %r0, 100;
setp.ne.u32 %p4, %r1, 35;
@!%p4 ret;`)
	checkWords(t, "guards", got, wanted(40, func(t int) int {
		x := []int{1, 9}[t%2]
		if t >= 10 {
			x += 100
		}
		if t == 35 {
			return 0 // left before it stored
		}
		return x
	}))
}

// Special registers in three dimensions.
func TestSpecialRegisters(t *testing.T) {
	for name, want := range map[string]func(b, t int) int{
		"%tid.x": func(_, t int) int { return t % 8 }, "%tid.y": func(_, t int) int { return t / 8 % 3 }, "%tid.z": func(_, t int) int { return t / 24 },
		"%ntid.x": func(int, int) int { return 8 }, "%ntid.y": func(int, int) int { return 3 }, "%ntid.z": func(int, int) int { return 2 },
		"%ctaid.x": func(b, _ int) int { return b % 2 }, "%ctaid.y": func(b, _ int) int { return b / 2 % 3 }, "%ctaid.z": func(b, _ int) int { return b / 6 },
		"%nctaid.x": func(int, int) int { return 2 }, "%nctaid.y": func(int, int) int { return 3 }, "%nctaid.z": func(int, int) int { return 2 },
		"%laneid": func(_, t int) int { return t % 32 }, "%warpid": func(_, t int) int { return t / 32 }, "%nwarpid": func(int, int) int { return 2 },
		"%lanemask_lt": func(_, t int) int { return 1<<(t%32) - 1 }, "%lanemask_ge": func(_, t int) int { return 1<<32 - 1<<(t%32) },
		"%lanemask_le": func(_, t int) int { return 1<<(t%32+1) - 1 }, "%lanemask_gt": func(_, t int) int { return 1<<32 - 1<<(t%32+1) },
		"%lanemask_eq": func(_, t int) int { return 1 << (t % 32) },
	} {
		e := entry(t, `
ld.param.u64 %d1, [in];
mov.u32 %r1, %ctaid.z; mov.u32 %r2, %nctaid.y; mad.lo.u32 %r1, %r1, %r2, %ctaid.y; mad.lo.u32 %r1, %r1, %nctaid.x, %ctaid.x;
mad.lo.u32 %r2, %tid.z, %ntid.y, %tid.y; mad.lo.u32 %r2, %r2, %ntid.x, %tid.x; mad.lo.u32 %r1, %r1, 48, %r2;
mad.wide.u32 %d1, %r1, 4, %d1;
mov.u32 %r0, `+name+`;
st.global.u32 [%d1], %r0;`)
		for _, order := range []Order{Ascending, Descending} {
			data := make([]byte, 4*48*12)
			var m Memory
			params := binary.LittleEndian.AppendUint64(nil, m.Map("data", data))
			if err := e.Launch(&m, [3]int{2, 3, 2}, [3]int{8, 3, 2}, 0, params, Options{Races: true, Order: order}); err != nil {
				t.Fatal(err)
			}
			checkWords(t, name, words(data), wanted(48*12, func(i int) int { return want(i/48, i%48) }))
		}
	}
}

// calling is a kernel that calls a function with a result and memory of its own: twice in a loop, and by some of the threads.
const calling = header + `
.func (.param .b32 sum) more(.param .b32 a, .param .b64 out)
{
.reg .b32 %r<4>; .reg .b64 %d<4>; .reg .pred %p<2>;
.local .align 4 .b8 depot[8];
ld.param.u32 %r1, [a];
ld.param.u64 %d1, [out];
mov.u64 %d2, depot;
st.local.u32 [%d2+4], %r1;
setp.gt.u32 %p1, %r1, 6;
@%p1 bra large;
ld.local.u32 %r2, [%d2+4];
add.u32 %r2, %r2, 10;
st.param.b32 [sum], %r2;
ret;
large:
st.u32 [%d1], %r1;
st.param.b32 [sum], 1;
ret;
}
.visible .entry k(.param .u64 in)
{
` + registers + `
.local .align 4 .b8 mine[4];
ld.param.u64 %d10, [in];
mov.u32 %r1, %tid.x;
mad.wide.u32 %d10, %r1, 4, %d10;
mov.u64 %d1, mine;
st.local.u32 [%d1], 500;
cvta.local.u64 %d2, %d1;
mov.u32 %r0, 0;
mov.u32 %r5, 0;
loop:
{ // callseq 0, 0
.param .b32 param0;
st.param.b32 [param0+0], %r1;
.param .b64 param1;
st.param.b64 [param1+0], %d2;
.param .b32 retval0;
call.uni (retval0),
more,
(
param0,
param1
);
ld.param.b32 %r3, [retval0+0];
} // callseq 0
add.u32 %r0, %r0, %r3;
add.u32 %r5, %r5, 1;
setp.lt.u32 %p1, %r5, 2;
@%p1 bra loop;
setp.eq.u32 %p2, %r1, 3;
{
.param .b32 param0;
st.param.b32 [param0], 40;
.param .b64 param1;
st.param.b64 [param1], %d2;
.param .b32 retval0;
@%p2 call (retval0), more, (param0, param1);
}
ld.local.u32 %r4, [%d1];
add.u32 %r0, %r0, %r4;
st.global.u32 [%d10], %r0;
ret;
}`

func TestCalls(t *testing.T) {
	e := parsed(t, calling)
	data := make([]byte, 4*9)
	if err := run1(e, 9, data, Options{}); err != nil {
		t.Fatal(err)
	}
	checkWords(t, "calls", words(data), wanted(9, func(t int) int {
		switch {
		case t > 6:
			return 2 + t
		case t == 3:
			return 2*(t+10) + 40
		}
		return 2*(t+10) + 500
	}))
}

func TestEndlessLoop(t *testing.T) {
	e := entry(t, "L:\nbra L;")
	checkFault(t, run1(e, 1, nil, Options{MaxSteps: 1000}), new(*LimitError), "test.ptx:8: k, block [0 0 0], thread [0 0 0]: bra L: the block did not end after 1000 instructions")
}

func TestCountsOfAnEntry(t *testing.T) {
	m, err := Parse("x.ptx", header+`.entry a() .maxntid 64, 2, 1 { .reg .b32 %r<5>; .reg .pred %p; .shared .align 4 .b8 s[8]; bar.sync 0; bar.warp.sync 0xffffffff; mov.u32 %r1, s; }
.entry b(.param .u32 x, .param .align 8 .b8 y[24], .param .u8 z, .param .u64 .ptr .global .align 16 p) { ret; }`)
	if err != nil {
		t.Fatal(err)
	}
	a, b := m.Entries()[0], m.Entries()[1]
	if a.Barriers() != 2 || a.Registers() != 6 || a.Instructions() != 3 || a.Shared() != 8 || a.MaxThreads() != [3]int{64, 2, 1} || a.ParamBytes() != 0 {
		t.Errorf("counts of a: %d, %d, %d, %d, %v, %d", a.Barriers(), a.Registers(), a.Instructions(), a.Shared(), a.MaxThreads(), a.ParamBytes())
	}
	want := []Param{{"x", 0, 4, 4}, {"y", 8, 24, 8}, {"z", 32, 1, 1}, {"p", 40, 8, 8}}
	if !slices.Equal(b.Params(), want) || b.ParamBytes() != 48 || b.MaxThreads() != [3]int{} {
		t.Errorf("parameters of b: %v", b.Params())
	}
	if _, ok := m.Entry("a"); !ok {
		t.Error("entry a is not found")
	}
	if _, ok := m.Entry("c"); ok {
		t.Error("entry c is found")
	}
}

// nvcc -lineinfo says which line of a source, inlined or not, an instruction is from.
func TestSources(t *testing.T) {
	m, err := Parse("x.ptx", header+`.entry k(.param .u64 in)
{
	.reg .b32 %r<2>; .reg .b64 %d<2>;
	.loc	1 12 3
	bar.sync 0;
	.loc	2 7 1, function_name $L__info_string0, inlined_at 1 14 5
	bar.sync 0;
	ld.global.u32 %r1, [%d1];
	ret;
}
	.file	1 "/some/folder/a name.cu"
	.file	2 "inner.cuh"
	.section	.debug_str
	{
$L__info_string0:
.b8 95
.b8 0
	}
.entry other() { bar.sync 0; ret; }`)
	if err != nil {
		t.Fatal(err)
	}
	e, other := m.Entries()[0], m.Entries()[1]
	if a, b, c := e.BarrierSource(1), e.BarrierSource(2), other.BarrierSource(1); a != "a name.cu:12" || b != "inner.cuh:7" || c != "" {
		t.Errorf("the barriers are from %q, %q and %q", a, b, c)
	}
	if first := e.Digest(); first == other.Digest() || first != e.Digest() {
		t.Error("digests do not tell entries apart")
	}
	err = run1(e, 1, nil, Options{})
	if fault := new(BoundsError); !errors.As(err, &fault) || fault.Source != "inner.cuh:7" || !strings.Contains(err.Error(), "ld.global.u32 %r1, [%d1] (inner.cuh:7): ") {
		t.Error(err)
	}
}

func TestSyntaxErrors(t *testing.T) {
	for body, want := range map[string]string{
		"tanh.approx.f32 %f1, %f2;":                  "x.ptx:7: instruction tanh.approx.f32 is not supported: tanh.approx.f32 %f1, %f2",
		"add.ftz.f32 %f1, %f2, %f3;":                 "instruction add.ftz.f32 is not supported",
		"add.s32 %r1, %r2;":                          "add.s32 has 2 operands, want 3",
		"add.s32 %r1, %d2, %r3;":                     "%d2 has 64 bits, which does not fit add.s32",
		"add.s64 %d1, %r2, %d3;":                     "%r2 does not have 64 bits, which add.s64 needs",
		"add.s32 %d1, %r2, %r3;":                     "%d1 has the wrong width for add.s32",
		"add.s32 %q1, %r2, %r3;":                     "%q1 is not a register",
		"add.s32 %r1, %q2, %r3;":                     "register %q2 is not known",
		"add.s32 %r1, %r99, %r3;":                    "register %r99 is not known",
		"add.s32 %r1, %r2, 0x123456789;":             "",
		"add.s32 %r1, %r2, 5z;":                      "5z is neither a name nor a number",
		"mov.u32 %r1, %clock;":                       "register %clock is not known",
		"bra nowhere;":                               "there is no label nowhere",
		"bar.sync 1, 64;":                            "bar.sync for a part of the block is not supported",
		"call f, ();":                                "function f has no body here",
		"ld.global.v4.f64 {%g1,%g2,%g3,%g4}, [%d1];": "ld.global.v4.f64 moves 32 bytes, which is more than 16",
		"ld.global.v2.u32 {%r1}, [%d1];":             "ld.global.v2.u32 moves 2 elements, not 1",
		"ld.global.u32 %r1, %d1;":                    "%d1 is not an address",
		"ld.surface.u32 %r1, [%d1];":                 "instruction ld.surface.u32 is not supported",
		"cp.async.ca.shared.global [%r1], [%d1], 3;": "cannot copy 3 bytes",
		"mma.sync.aligned.m8n8k4.row.col.f32.f16.f16.f32 {%f1}, {%r1}, {%r1}, {%f1};": "is not supported",
		"cp.async.ca.shared.global [%r1], [%d1], 16, %p1;":                            "instruction cp.async.ca.shared.global is not supported",
		".reg .b128 %x;":  "type or directive .b128 is not known",
		".global .b32 x;": "a variable of global memory in a function is not supported",
	} {
		_, err := Parse("x.ptx", header+".visible .entry k()\n{\n"+registers+body+"\n}")
		if want == "" && err == nil {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", body, err, want)
		}
		if e, ok := err.(*SyntaxError); ok && e.Line != 7 {
			t.Errorf("%s: line %d, want 7", body, e.Line)
		}
	}
	for text, want := range map[string]string{
		"nonsense":           "x.ptx:4: this is not known outside of functions: nonsense",
		".address_size 32\n": "only addresses of 64 bits are supported",
		".entry a() { ret;":  "the body of a does not end",
		".func f() { call f, (); }\n.entry a() { call f, (); }": "function f calls itself",
		".entry a() {}\n.entry a() {}":                          "there are two functions a",
	} {
		if _, err := Parse("x.ptx", header+text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestLaunchErrors(t *testing.T) {
	e := parsed(t, header+".entry k(.param .u64 in) .maxntid 64 { .shared .b8 s[40000]; .reg .b32 %r; mov.u32 %r, s; bar.sync 0; }")
	one := [3]int{1, 1, 1}
	for _, x := range []struct {
		grid, block    [3]int
		shared, params int
		o              Options
		want           string
	}{
		{[3]int{0, 1, 1}, one, 0, 8, Options{}, "launch of k: a grid of [0 1 1] has no blocks"},
		{[3]int{1, 70000, 1}, one, 0, 8, Options{}, "a grid of [1 70000 1] is larger than [2147483647 65535 65535]"},
		{one, [3]int{1, 0, 1}, 0, 8, Options{}, "a block of [1 0 1] has no threads"},
		{one, [3]int{32, 64, 1}, 0, 8, Options{}, "a block of [32 64 1] is larger than 1024 threads, or 64 along z"},
		{one, [3]int{65, 1, 1}, 0, 8, Options{}, "a block of [65 1 1] has more threads than .maxntid [64 1 1] allows"},
		{one, one, 0, 7, Options{}, "7 bytes of parameters, want 8"},
		{one, one, 200000, 8, Options{}, "40000 + 200000 bytes of shared memory, want 0 to 232448"},
		{one, one, 0, 8, Options{SkipBarrier: 2}, "barrier 2 is to be left out, but there are 1"},
		{one, one, 0, 8, Options{Order: 2}, "order 2 of blocks is not known"},
	} {
		err := e.Launch(&Memory{}, x.grid, x.block, x.shared, make([]byte, x.params), x.o)
		checkFault(t, err, new(*LaunchError), x.want)
	}
}

// nvcc writes true as -1.
func TestTrueIsOne(t *testing.T) {
	e := entry(t, loadInputs+"mov.pred %p1, -1;\nnot.pred %p0, %p1;\nselp.u32 %r0, 1, 0, %p0;\nst.global.u32 [%d11], %r0;")
	data := []byte{9, 9, 9, 9}
	if err := run1(e, 1, data, Options{}); err != nil {
		t.Fatal(err)
	}
	if data[0] != 0 {
		t.Error("the opposite of true is true")
	}
}
