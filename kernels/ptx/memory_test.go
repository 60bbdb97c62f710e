package ptx

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// checkFault demands a fault of a type, with a message.
func checkFault[T error](t *testing.T, err error, as *T, want string) {
	t.Helper()
	if !errors.As(err, as) || !strings.Contains(err.Error(), want) {
		t.Errorf("%T: %v, want %T: %q", err, err, *as, want)
	}
}

const place = `ld.param.u64 %d10, [in];
mov.u32 %r1, %tid.x;
mad.wide.u32 %d11, %r1, 4, %d10;
`

func TestAlignment(t *testing.T) {
	data := make([]byte, 64)
	for body, want := range map[string]string{
		"ld.global.u32 %r0, [%d10+2];":                                                                "address 0x100000000002 of global memory is not a multiple of 4",
		"st.global.v2.u32 [%d10+4], {%r1, %r1};":                                                      "address 0x100000000004 of global memory is not a multiple of 8",
		".shared .align 16 .b8 s[32]; st.shared.u64 [s+4], %d10;":                                     "address 0x4 of shared memory is not a multiple of 8",
		".shared .align 16 .b8 s[32]; mov.u32 %r2, s; cp.async.cg.shared.global [%r2], [%d10+8], 16;": "address 0x100000000008 of global memory is not a multiple of 16",
		".local .align 16 .b8 l[32]; st.local.u16 [l+3], %h1;":                                        "address 0x3 of local memory is not a multiple of 2",
		"atom.global.add.u64 %d1, [%d10+4], 1;":                                                       "is not a multiple of 8",
	} {
		checkFault(t, run1(entry(t, place+body), 4, data, Options{}), new(*AlignmentError), want)
	}
}

func TestBounds(t *testing.T) {
	data := make([]byte, 16)
	for body, want := range map[string]string{
		"ld.global.u32 %r0, [%d11];": "thread [4 0 0]: ld.global.u32 %r0, [%d11]: 4 bytes at 0x100000000010 are outside of" +
			" global memory, at offset 16 of data, which ends at 16",
		"ld.global.u32 %r0, [%d10+-4];":                     "4 bytes before data",
		"st.global.v4.u32 [%d10+16], {%r1, %r1, %r1, %r1};": "16 bytes at 0x100000000010 are outside of global memory",
		"mov.u64 %d1, 0; ld.u32 %r0, [%d1];":                "4 bytes at 0x0 are outside of global memory",
		".shared .align 4 .b8 first[8]; .shared .align 4 .b8 second[8]; mov.u32 %r2, first; mad.lo.u32 %r2, %r1, 4, %r2;" +
			"st.shared.u32 [%r2], 0;": "thread [2 0 0]: st.shared.u32 [%r2], 0: 4 bytes at 0x8 are outside of shared memory," +
			" at offset 8 of the 8 bytes of first",
		".shared .align 4 .b8 s[8]; mov.u64 %d1, s; cvta.shared.u64 %d1, %d1; st.u32 [%d1+1000000000], 0;": "outside of shared memory",
		".local .align 4 .b8 l[8]; mov.u64 %d1, l; st.local.u32 [%d1+8], 0;":                               "outside of local memory, a thread has 8 bytes",
		"ld.param.u32 %r0, [in+8];": "outside of param memory, there are 8 bytes of parameters",
		"st.param.u32 [in], %r0;":   "which cannot be written",
	} {
		checkFault(t, run1(entry(t, place+body), 8, data, Options{}), new(*BoundsError), want)
	}
	e := parsed(t, header+`.extern .shared .align 16 .b8 dynamic[];
.entry k() { st.shared.u32 [dynamic+12], 0; st.shared.u32 [dynamic+16], 0; }`)
	err := e.Launch(&Memory{}, [3]int{1, 1, 1}, [3]int{1, 1, 1}, 16, nil, Options{})
	checkFault(t, err, new(*BoundsError), "outside of shared memory, at offset 16 of the launch's own")
	e = parsed(t, header+".extern .shared .align 16 .b8 dynamic[];\n.entry k() { .shared .b8 s[8]; st.shared.u8 [dynamic], 0; st.shared.u8 [s+72], 0; }")
	err = e.Launch(&Memory{}, [3]int{1, 1, 1}, [3]int{1, 1, 1}, 16, nil, Options{})
	checkFault(t, err, new(*BoundsError), "outside of shared memory, at offset 72 of the 8 bytes of s")
}

func TestUnwritten(t *testing.T) {
	err := run1(entry(t, ".shared .align 4 .b8 s[8];\nst.shared.u8 [s], 1;\nld.shared.u32 %r0, [s];"), 1, nil, Options{})
	checkFault(t, err, new(*UnwrittenError), "4 bytes at 0x0 of shared memory are read but were never written")
	err = run1(entry(t, ".shared .align 4 .b8 s[4];\natom.shared.add.u32 %r0, [s], 1;"), 1, nil, Options{})
	checkFault(t, err, new(*UnwrittenError), "4 bytes at 0x0 of shared memory are read but were never written")
	// Every block begins without the contents that the one before has left.
	e := entry(t, `.shared .align 4 .b8 s[4];
mov.u32 %r1, %ctaid.x;
setp.eq.u32 %p1, %r1, 0;
@%p1 st.shared.u32 [s], 1;
ld.shared.u32 %r0, [s];`)
	var fault *UnwrittenError
	checkFault(t, runGrid(e, 2, 1, nil, Options{}), &fault, "never written")
	if fault.Block != [3]int{1, 0, 0} {
		t.Errorf("block %v, want the second", fault.Block)
	}
}

// Local memory that was never written is NaN in every block.
func TestLocalPoison(t *testing.T) {
	e := entry(t, `.local .align 4 .b8 l[4];
ld.param.u64 %d10, [in];
mov.u32 %r1, %ctaid.x;
mad.wide.u32 %d10, %r1, 4, %d10;
ld.local.u32 %r2, [l];
st.global.u32 [%d10], %r2;
st.local.u32 [l], 7;`)
	data := make([]byte, 8)
	if err := runGrid(e, 2, 1, data, Options{}); err != nil {
		t.Fatal(err)
	}
	checkWords(t, "local memory", words(data), []uint32{1<<32 - 1, 1<<32 - 1})
}

// Loads and stores of all widths, of vectors and with signs, by global, shared, local and generic addresses.
func TestLoadsAndStores(t *testing.T) {
	data := make([]byte, 128)
	for i := range 32 {
		data[i] = byte(0x81 + i)
	}
	err := run1(entry(t, `.shared .align 16 .b8 s[64];
.local .align 16 .b8 l[64];
ld.param.u64 %d10, [in];
ld.global.s8 %r0, [%d10]; st.global.u32 [%d10+32], %r0;
ld.global.u8 %h1, [%d10+1]; st.global.u16 [%d10+36], %h1;
ld.global.s8 %h1, [%d10+1]; st.global.u16 [%d10+38], %h1;
ld.global.s16 %d1, [%d10]; st.global.u64 [%d10+40], %d1;
ld.global.u32 %d1, [%d10]; st.global.u64 [%d10+48], %d1;
ld.global.s32 %d1, [%d10]; st.global.v2.u32 [%d10+56], {%r0, 7};
ld.global.nc.L1::evict_last.v4.f32 {%f1, %f2, %f3, %f4}, [%d10+16];
st.shared.v4.f32 [s+16], {%f4, %f3, %f2, %f1};
mov.u64 %d2, s; cvta.shared.u64 %d3, %d2; ld.v2.u64 {%d4, %d5}, [%d3+16];
mov.u64 %d6, l; cvta.local.u64 %d7, %d6; st.v2.u64 [%d7+32], {%d4, %d5};
ld.local.v2.f64 {%g1, %g2}, [%d6+32]; cvta.to.local.u64 %d8, %d7; ld.local.u32 %r3, [%d8+32];
st.volatile.global.f64 [%d10+64], %g1; st.relaxed.gpu.global.f64 [%d10+72], %g2; st.global.u32 [%d10+80], %r3;
cvta.to.shared.u64 %d9, %d3; ld.volatile.shared.u8 %r4, [%d9+16]; st.global.u8 [%d10+84], %r4;
mov.b64 {%r5, %r6}, %d4; mov.b64 %d1, {%r6, %r5}; st.global.u64 [%d10+88], %d1;
mov.b32 {%h1, %h2}, %r5; mov.b32 %r7, {%h2, 0xffff}; st.global.u32 [%d10+96], %r7;
mov.b64 {_, %r8}, %d4; st.global.u32 [%d10+100], %r8;`), 1, data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	at := func(i, n int) uint64 { return getBytes(data[i:][:n]) }
	for _, x := range []struct {
		name      string
		got, want uint64
	}{
		{"ld.s8 to 32 bits", at(32, 4), 0xffffff81}, {"ld.u8 to 16 bits", at(36, 2), 0x82}, {"ld.s8 to 16 bits", at(38, 2), 0xff82},
		{"ld.s16 to 64 bits", at(40, 8), 0xffffffffffff8281}, {"ld.u32 to 64 bits", at(48, 8), 0x84838281},
		{"st.v2 with a number", at(56, 8), 7<<32 | 0xffffff81},
		{"reversed, first half", at(64, 8), at(24, 4)<<32 | at(28, 4)}, {"second half", at(72, 8), at(16, 4)<<32 | at(20, 4)},
		{"word of local memory", at(80, 4), at(28, 4)}, {"byte of shared memory", at(84, 1), uint64(data[28])},
		{"halves exchanged", at(88, 8), at(28, 4)<<32 | at(24, 4)}, {"join with a number", at(96, 4), 0xffff<<16 | at(30, 2)},
		{"the upper half alone", at(100, 4), at(24, 4)},
	} {
		if x.got != x.want {
			t.Errorf("%s: %#x, want %#x", x.name, x.got, x.want)
		}
	}
}

// Variables of the module keep their values from launch to launch.
func TestModuleVariables(t *testing.T) {
	e := parsed(t, header+`.const .align 4 .u32 table[3] = {5, 0x10, -1};
.global .align 4 .f32 count = 0f3F800000;
.visible .entry k(.param .u64 in)
{
`+registers+`
ld.param.u64 %d1, [in];
ld.const.u32 %r1, [table+4];
mov.u64 %d2, table;
ld.const.u32 %r2, [%d2+8];
st.global.v2.u32 [%d1], {%r1, %r2};
ld.global.f32 %f1, [count];
add.rn.f32 %f1, %f1, %f1;
st.global.f32 [count], %f1;
st.global.f32 [%d1+8], %f1;
ret;
}`)
	data := make([]byte, 16)
	for _, want := range []uint32{0x40000000, 0x40800000} {
		if err := run1(e, 1, data, Options{Races: true}); err != nil {
			t.Fatal(err)
		}
		checkWords(t, "module", words(data)[:3], []uint32{16, 0xffffffff, want})
	}
}

func TestMemory(t *testing.T) {
	var m Memory
	a, b := m.Map("a", make([]byte, 10)), m.Map("b", make([]byte, 1<<20))
	if a%256 != 0 || b%256 != 0 || b < a+10+guard {
		t.Errorf("addresses %#x and %#x", a, b)
	}
	if m.find(a+6, 4) == nil || m.find(a+7, 4) != nil || m.find(a-1, 1) != nil || m.find(b+1<<20-1, 1) == nil || m.find(b+1<<20, 1) != nil {
		t.Error("find is wrong at the ends of regions")
	}
	m.Unmap(a)
	if m.find(a, 1) != nil || m.find(b, 1) == nil {
		t.Error("Unmap removed the wrong region")
	}
	if c := m.Map("c", nil); c <= b {
		t.Errorf("address %#x is used again", c)
	}
	defer func() {
		if recover() == nil {
			t.Error("Unmap of an unknown address does not panic")
		}
	}()
	m.Unmap(a)
}

func TestAtomics(t *testing.T) {
	for instruction, want := range map[string][2]uint32{ // what memory, 10 at first, and thread 2 of 3 have after operands 1, 2, 3
		"atom.global.add.u32 %r0, [%d10], %r2":            {16, 13},
		"atom.add.s32 %r0, [%d10], %r2":                   {16, 13},
		"atom.relaxed.gpu.global.max.u32 %r0, [%d10], 12": {12, 12},
		"atom.global.min.s32 %r0, [%d10], -5":             {0xfffffffb, 0xfffffffb},
		"atom.global.min.u32 %r0, [%d10], -5":             {10, 10},
		"atom.global.exch.b32 %r0, [%d10], %r2":           {3, 2},
		"atom.global.and.b32 %r0, [%d10], %r2":            {0, 0},
		"atom.global.or.b32 %r0, [%d10], %r2":             {11, 11},
		"atom.global.xor.b32 %r0, [%d10], %r2":            {10, 9},
		"atom.global.inc.u32 %r0, [%d10], 11":             {1, 0},
		"atom.global.dec.u32 %r0, [%d10], 20":             {7, 8},
		"atom.global.cas.b32 %r0, [%d10], 10, %r2":        {1, 1},
		"red.global.add.u32 [%d10], %r2":                  {16, 0},
	} {
		e := entry(t, place+"add.u32 %r2, %r1, 1;\nmov.u32 %r0, 0;\n"+instruction+";\nst.global.u32 [%d11+8], %r0;")
		data := make([]byte, 32)
		binary.LittleEndian.PutUint32(data, 10)
		if err := run1(e, 3, data, Options{Races: true}); err != nil {
			t.Errorf("%s: %v", instruction, err)
		}
		checkWords(t, instruction, []uint32{words(data)[0], words(data)[4]}, want[:])
	}
	e := entry(t, place+"mov.f32 %f1, 0f3F000000;\nred.global.add.f32 [%d10], %f1;\natom.global.add.u64 %d1, [%d10+8], -1;")
	data := make([]byte, 16)
	if err := run1(e, 5, data, Options{}); err != nil {
		t.Fatal(err)
	}
	if got := words(data); got[0] != 0x40200000 || int64(binary.LittleEndian.Uint64(data[8:])) != -5 {
		t.Errorf("sums of floats and of 64 bits: %#x", got)
	}
}
