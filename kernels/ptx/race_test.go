package ptx

import (
	"slices"
	"testing"
)

// neighbours is a body in which thread t writes word t of shared memory and reads another thread's, with something between.
func neighbours(between string) string {
	return `.shared .align 16 .b8 s[1024];
ld.param.u64 %d10, [in];
mov.u32 %r1, %tid.x;
mad.wide.u32 %d11, %r1, 4, %d10;
mov.u32 %r9, s;
mad.lo.u32 %r2, %r1, 4, %r9;
st.shared.u32 [%r2], %r1;
` + between + `
xor.b32 %r3, %r1, 1;
mad.lo.u32 %r3, %r3, 4, %r9;
ld.shared.u32 %r0, [%r3];
st.global.u32 [%d11], %r0;`
}

// after is a body whose threads have met and have read shared memory since.
var after = neighbours("bar.sync 0;")

// racing are bodies with the fault that the race check finds in them; "": none.
var racing = map[string]struct {
	body            string
	threads, blocks int
	want            string
}{
	"a barrier":             {neighbours("bar.sync 0;"), 64, 1, ""},
	"a barrier of the warp": {neighbours("bar.warp.sync -1;"), 64, 1, ""},
	"nothing": {neighbours(""), 64, 1,
		"thread [0 0 0]: ld.shared.u32 %r0, [%r3]: race, read after write by thread [1 0 0] (line 13)" +
			" at 0x4 of shared memory, at offset 4 of the 1024 bytes of s"},
	"a shuffle":                {neighbours("shfl.sync.idx.b32 %r4, %r1, 0, 31, -1;"), 64, 1, "read after write"},
	"a fence":                  {neighbours("membar.cta; fence.acq_rel.gpu;"), 64, 1, "read after write"},
	"a barrier of half a warp": {neighbours("setp.lt.u32 %p1, %r1, 16; @%p1 bar.warp.sync 0xffff;"), 32, 1, "read after write"},
	"write after read":         {after + "\nst.shared.u32 [%r2], 5;", 64, 1, "write after read by thread [1 0 0]"},
	"write after reads": {after + `
ld.shared.u32 %r0, [s];
st.shared.u32 [s], 5;`, 64, 1, "write after read by several threads"},
	"reads of the warp, then its barrier": {after + "\nbar.warp.sync -1;\nst.shared.u32 [%r2], 5;", 64, 1, ""},
	"reads of other warps, then a barrier of the warp": {after + `
ld.shared.u32 %r0, [s+4];
bar.warp.sync -1;
st.shared.u32 [%r2], 5;`, 64, 1, "write after read by several threads"},
	"an own read after the barrier of the warp": {after + `
bar.warp.sync -1;
ld.shared.u32 %r0, [%r2];
st.shared.u32 [%r2], 5;`, 64, 1, ""},
	"different values":       {after + "\nst.shared.u32 [s+512], %r1;", 32, 1, "write after write by thread [0 0 0]"},
	"equal values of a warp": {after + "\nst.shared.u32 [s+512], 7;", 32, 1, ""},
	"equal vectors of a warp": {after + `
st.shared.v2.u16 [s+512], {7, 9};
st.shared.v2.u32 [s+520], {7, 9};`, 32, 1, ""},
	"vectors whose last elements differ": {after + "\nst.shared.v2.u32 [s+512], {7, %r1};", 2, 1, "write after write by thread [0 0 0]"},
	"equal values of two stores": {after + `
setp.lt.u32 %p1, %r1, 16;
@%p1 st.shared.u32 [s+512], 7;
@!%p1 st.shared.u32 [s+512], 7;`, 32, 1, "write after write"},
	"equal values of two warps": {after + "\nst.shared.u32 [s+512], 7;", 64, 1, "write after write"},
	"bytes next to each other": {after + `
cvt.u64.u32 %d1, %r1;
add.s64 %d1, %d1, %d10;
st.global.u8 [%d1+512], %r1;`, 64, 1, ""},
	"a byte of a word": {after + `
add.u32 %r9, %r9, 512; add.u32 %r9, %r9, %r1;
st.shared.u8 [%r9], %r1;
setp.eq.u32 %p1, %r1, 9;
bar.warp.sync -1;
setp.eq.u32 %p1, %r1, 40;
@%p1 ld.shared.u8 %r0, [s+520];`, 64, 1, "read after write by thread [8 0 0]"},
	"atomics": {`ld.param.u64 %d10, [in];
atom.global.add.u32 %r0, [%d10+512], 1;
red.global.add.u32 [%d10+512], 1;
ld.volatile.global.u32 %r0, [%d10+512];`, 64, 3, ""},
	"a read after atomics": {after + `
red.global.add.u32 [%d10+512], 1;
ld.global.u32 %r0, [%d10+512];`, 64, 1, "read after atomic write by several threads"},
	"an atomic after a read": {after + `
ld.global.u32 %r0, [%d10+512];
red.global.add.u32 [%d10+512], 1;`, 64, 1, "write after read"},
	"volatile reads before a write": {after + `
ld.volatile.global.u32 %r0, [%d10+512];
setp.eq.u32 %p1, %r1, 5;
@%p1 st.global.u32 [%d10+512], %r1;`, 64, 1, "write after atomic read by several threads"},
	"atomics after the plain write of one thread": {after + `
setp.eq.u32 %p1, %r1, 0;
@%p1 st.shared.u32 [s+512], 0;
red.shared.add.u32 [s+512], 1;`, 64, 1, "write after write by thread [0 0 0] (line 20)"},
	"atomics after a plain write and a barrier of the warp": {after + `
setp.eq.u32 %p1, %r1, 0;
@%p1 st.shared.u32 [s+512], 0;
bar.warp.sync -1;
red.shared.add.u32 [s+512], 1;`, 32, 1, ""},
	"an atomic after a plain and a volatile read": {after + `
bar.sync 0;
setp.eq.u32 %p1, %r1, 0;
@%p1 ld.shared.u32 %r3, [%r2];
@%p1 ld.volatile.shared.u32 %r3, [%r2];
setp.eq.u32 %p1, %r1, 1;
@%p1 red.shared.add.u32 [s], 1;`, 2, 1, "write after read by thread [0 0 0] (line 21)"},
	"a plain read after atomics of two blocks": {`ld.param.u64 %d10, [in];
red.global.add.u32 [%d10], 1;
mov.u32 %r1, %ctaid.x;
setp.eq.u32 %p1, %r1, 1;
@%p1 ld.global.u32 %r2, [%d10];`, 1, 2, "read after atomic write by the 1st block of the launch at 0x"},
	"another block's volatile read": {`ld.param.u64 %d10, [in];
mov.u32 %r1, %ctaid.x;
ld.volatile.global.u32 %r2, [%d10];
setp.eq.u32 %p1, %r1, 1;
@%p1 red.global.add.u32 [%d10], %r1;
setp.eq.u32 %p1, %r1, 2;
@%p1 st.global.u32 [%d10], %r1;`, 1, 3, "write after atomic write by the 2nd block"},
	"an atomic after another block's read": {`ld.param.u64 %d10, [in];
mov.u32 %r1, %ctaid.x;
setp.eq.u32 %p1, %r1, 0;
@%p1 ld.global.u32 %r2, [%d10];
@!%p1 red.global.add.u32 [%d10], %r1;`, 1, 2, "write after read by the 1st block"},
	"another block's write": {`ld.param.u64 %d10, [in];
mov.u32 %r1, %ctaid.x;
st.global.u32 [%d10], %r1;`, 1, 3,
		"block [1 0 0], thread [0 0 0]: st.global.u32 [%d10], %r1: race, write after write by the 1st block of the launch (line 9)" +
			" at 0x100000000000 of global memory, at offset 0 of data"},
	"a read of another block's write": {`ld.param.u64 %d10, [in];
mov.u32 %r1, %ctaid.x;
setp.eq.u32 %p1, %r1, 1;
@%p1 st.global.u32 [%d10], %r1;
@!%p1 ld.global.u32 %r1, [%d10];`, 1, 3, "write after read by the 1st block"},
	"a write of what all blocks read": {`ld.param.u64 %d10, [in];
mov.u32 %r1, %ctaid.x;
ld.global.u32 %r2, [%d10];
setp.eq.u32 %p1, %r1, 2;
@%p1 st.global.u32 [%d10], %r1;`, 1, 3,
		"block [2 0 0], thread [0 0 0]: @%p1 st.global.u32 [%d10], %r1: race, write after read by the 1st block"},
	"blocks apart": {`ld.param.u64 %d10, [in];
mov.u32 %r1, %ctaid.x;
mad.wide.u32 %d1, %r1, 4, %d10;
st.global.u32 [%d1], %r1;
ld.global.u32 %r2, [%d1];
ld.global.u32 %r3, [%d10+512];`, 1, 3, ""},
}

func TestRaces(t *testing.T) {
	data := make([]byte, 1024)
	for name, x := range racing {
		e := entry(t, x.body)
		if err := runGrid(e, x.blocks, x.threads, data, Options{}); err != nil {
			t.Errorf("%s, without the check: %v", name, err)
		}
		err := runGrid(e, x.blocks, x.threads, data, Options{Races: true})
		if x.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		t.Run(name, func(t *testing.T) { checkFault(t, err, new(*RaceError), x.want) })
	}
}

// Barriers that no thread comes to are told apart from those that nothing needs.
func TestReached(t *testing.T) {
	e := entry(t, "bar.sync 0;\nmov.u32 %r1, %tid.x;\nsetp.lt.u32 %p1, %r1, 64;\n@%p1 bra L;\nbar.sync 0;\nL:\nbar.warp.sync -1;")
	reached := make([]bool, 3)
	if err := run1(e, 64, nil, Options{Reached: reached}); err != nil {
		t.Fatal(err)
	}
	if want := []bool{true, false, true}; !slices.Equal(reached, want) {
		t.Errorf("reached %v, want %v", reached, want)
	}
	checkFault(t, run1(e, 64, nil, Options{Reached: reached[1:]}), new(*LaunchError), "Reached has 2 elements, but there are 3 barriers")
}

// A second launch may touch what the first one did.
func TestLaunchesAreOrdered(t *testing.T) {
	e := entry(t, "ld.param.u64 %d10, [in];\nmov.u32 %r1, %tid.x;\nsetp.eq.u32 %p1, %r1, 0;\n@%p1 st.global.u32 [%d10], %r1;")
	other := entry(t, "ld.param.u64 %d10, [in];\nld.global.u32 %r1, [%d10];")
	var m Memory
	address := m.Map("data", make([]byte, 4))
	params := []byte{byte(address), 0, 0, 0, 0, byte(address >> 40), 0, 0}
	for _, k := range []*Entry{e, other, e, other} {
		if err := k.Launch(&m, [3]int{1, 1, 1}, [3]int{64, 1, 1}, 0, params, Options{Races: true}); err != nil {
			t.Fatal(err)
		}
	}
}

// The clock starts again long before it overflows.
func TestClock(t *testing.T) {
	e := entry(t, neighbours("bar.sync 0;"))
	var m Memory
	m.Map("data", make([]byte, 1024))
	for _, clock := range []clock{1 << 30, 1<<31 + 5} {
		m.clock = clock
		for range 2 {
			if err := e.Launch(&m, [3]int{1, 1, 1}, [3]int{64, 1, 1}, 0, []byte{0, 0, 0, 0, 0, 16, 0, 0}, Options{Races: true}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if m.clock > 100 {
		t.Errorf("the clock is %d", m.clock)
	}
}

// A tree of sums with a barrier in each round, one after it, and one that nothing needs.
const tree = `.shared .align 16 .b8 s[256];
ld.param.u64 %d10, [in];
mov.u32 %r1, %tid.x;
mad.wide.u32 %d11, %r1, 4, %d10;
mov.u32 %r9, s;
mad.lo.u32 %r2, %r1, 4, %r9;
ld.global.u32 %r3, [%d11];
st.shared.u32 [%r2], %r3;
bar.sync 0;
mov.u32 %r4, 32;
loop:
setp.ge.u32 %p1, %r1, %r4;
@%p1 bra skip;
mad.lo.u32 %r5, %r4, 4, %r2;
ld.shared.u32 %r6, [%r5];
ld.shared.u32 %r7, [%r2];
add.u32 %r7, %r7, %r6;
st.shared.u32 [%r2], %r7;
skip:
bar.sync 0;
shr.u32 %r4, %r4, 1;
setp.ne.u32 %p2, %r4, 0;
@%p2 bra loop;
ld.shared.u32 %r0, [s];
bar.sync 0;
st.global.u32 [%d11], %r0;`

func TestSkippedBarriers(t *testing.T) {
	e := entry(t, tree)
	if e.Barriers() != 3 {
		t.Fatalf("%d barriers, want 3", e.Barriers())
	}
	for skip, want := range []string{"", "ld.shared.u32 %r6, [%r5]: race, read after write by thread [32 0 0]", "race, read after write", ""} {
		data := make([]byte, 256)
		for i := range 64 {
			data[4*i] = byte(i)
		}
		err := run1(e, 64, data, Options{Races: true, SkipBarrier: skip})
		if want != "" {
			checkFault(t, err, new(*RaceError), want)
			continue
		}
		if err != nil {
			t.Errorf("without barrier %d: %v", skip, err)
		}
		checkWords(t, "sum", words(data), wanted(64, func(int) int { return 2016 }))
	}
}

func TestBarriers(t *testing.T) {
	body := "mov.u32 %r1, %tid.x;\nsetp.lt.u32 %p1, %r1, 40;\n"
	for name, x := range map[string]struct{ body, want string }{
		"a branch of some": {"@%p1 bra L;\nbar.sync 0;\nL:", ""}, // those who jump leave, and are not waited for
		"two places": {`@%p1 bra L;
bar.sync 0;
bra.uni M;
L:
bar.sync 0;
M:`,
			"test.ptx:10: k, block [0 0 0], thread [40 0 0]: bar.sync 0: 24 of 64 threads wait here for the others, and thread [0 0 0] waits at line 13: bar.sync 0"},
		"a guard":          {"@%p1 bar.sync 0;\nbar.sync 0;", "40 of 64 threads wait here for the others"},
		"some have left":   {"@%p1 ret;\nbarrier.sync 0;", ""},
		"they leave later": {"@!%p1 bra L;\nadd.u32 %r1, %r1, 1;\nret;\nL:\nbar.sync 0;", ""},
	} {
		err := run1(entry(t, body+x.body), 64, nil, Options{})
		switch {
		case x.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case x.want != "":
			t.Run(name, func(t *testing.T) { checkFault(t, err, new(*DivergenceError), x.want) })
		}
	}
}

func TestBarrierReductions(t *testing.T) {
	before := "setp.lt.u32 %p1, %r1, 40;\n"
	for instruction, want := range map[string]int{
		"bar.red.popc.u32 %r0, 0, %p1;":                                           40,
		"bar.red.popc.u32 %r0, 0, !%p1;":                                          24,
		"bar.red.or.pred %p2, 0, %p1; selp.u32 %r0, 1, 0, %p2;":                   1,
		"bar.red.and.pred %p2, 0, %p1; selp.u32 %r0, 1, 0, %p2;":                  0,
		"barrier.cta.red.and.aligned.pred %p2, 0, !%p3; selp.u32 %r0, 1, 0, %p2;": 1,
	} {
		checkWords(t, instruction, perThread(t, 64, before+`setp.lt.u32 %p3, %r1, 0;
`+instruction), wanted(64, func(int) int { return want }))
	}
}

// A bar.red that is left out tells each thread of itself alone.
func TestLeftOutReduction(t *testing.T) {
	e := entry(t, `ld.param.u64 %d10, [in];
mov.u32 %r1, %tid.x;
mad.wide.u32 %d10, %r1, 4, %d10;
setp.eq.u32 %p1, %r1, 3;
bar.red.popc.u32 %r0, 0, !%p1;
st.global.u32 [%d10], %r0;
`)
	data := make([]byte, 4*40)
	if err := run1(e, 40, data, Options{SkipBarrier: 1}); err != nil {
		t.Fatal(err)
	}
	checkWords(t, "bar.red that is left out", words(data), wanted(40, func(t int) int {
		if t == 3 {
			return 0
		}
		return 1
	}))
}
