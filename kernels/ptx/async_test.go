package ptx

import "testing"

// copies begins every body: thread t has 16 bytes of global memory at %d11 and of shared memory at %r2, its neighbour at %r8.
const copies = `.shared .align 16 .b8 s[2048];
ld.param.u64 %d10, [in];
mov.u32 %r1, %tid.x;
mad.wide.u32 %d11, %r1, 16, %d10;
mov.u32 %r9, s;
mad.lo.u32 %r2, %r1, 16, %r9;
xor.b32 %r8, %r1, 1;
mad.lo.u32 %r8, %r8, 16, %r9;
`

// two copies are groups of their own.
const two = `cp.async.cg.shared.global [%r2], [%d11], 16;
cp.async.commit_group;
cp.async.ca.shared.global.L2::128B [%r2+1024], [%d11], 4;
cp.async.commit_group;
`

// copying are bodies with asynchronous copies, and the fault that they end with, if any.
var copying = map[string]struct {
	body string
	as   any
	want string
}{
	"no wait":         {two + "ld.shared.u32 %r0, [%r2];", new(*UnwrittenError), "touched before the wait"},
	"a write over it": {two + "st.shared.u32 [%r2], 0;", new(*UnwrittenError), "touched before the wait"},
	"a wait for the first of two": {two + `cp.async.wait_group 1;
ld.shared.u32 %r0, [%r2];
ld.shared.u32 %r0, [%r2+1024];`, new(*UnwrittenError), "ld.shared.u32 %r0, [%r2+1024]"},
	"an uncommitted copy": {`cp.async.ca.shared.global [%r2], [%d11], 8;
cp.async.wait_group 0;
ld.shared.u32 %r0, [%r2];`, new(*UnwrittenError), "touched before the wait"},
	"no barrier": {two + `cp.async.wait_group 0;
ld.shared.u32 %r0, [%r8];`, new(*RaceError), "read after write"},
	"the source changes": {`bar.sync 0;
` + two + `st.global.u32 [%d11+4], 99;
cp.async.wait_all;
ld.shared.v4.u32 {%r3, %r4, %r5, %r6}, [%r2];
st.global.u32 [%d11+4], %r4;`, nil, ""},
	"all is right": {two + `cp.async.wait_group 0;
bar.sync 0;
ld.shared.u32 %r0, [%r8];
st.global.u32 [%d11+8], %r0;`, nil, ""},
	"the source is misaligned": {"cp.async.ca.shared.global [%r2], [%d11+4], 8;", new(*AlignmentError),
		"address 0x100000000004 of global memory is not a multiple of 8"},
	"the part that is read is outside": {`mov.u32 %r5, 4;
cp.async.ca.shared.global [%r2], [%d11+16], 16, %r5;`, new(*BoundsError), "4 bytes at 0x100000000400"},
	"nothing is read": {`cp.async.ca.shared.global [%r2], [%d11+16], 16, 0;
cp.async.wait_all;
ld.shared.v2.u32 {%r3, %r4}, [%r2];
st.global.v2.u32 [%d11], {%r3, %r4};`, nil, ""},
	"a part is read": {`mov.u32 %r5, 4;
cp.async.ca.shared.global [%r2], [%d11], 16, %r5;
cp.async.wait_all;
ld.shared.v2.u32 {%r3, %r4}, [%r2];
add.u32 %r3, %r3, %r4;
st.global.u32 [%d11+8], %r3;`, nil, ""},
}

// A copy arrives at the wait that demands it, and not before; other threads see it after a barrier.
func TestAsyncCopies(t *testing.T) {
	for name, x := range copying {
		data := make([]byte, 1024)
		for i := range 64 {
			data[16*i], data[16*i+4] = byte(i), 7
		}
		err := run1(entry(t, copies+x.body), 64, data, Options{Races: true})
		t.Run(name, func(t *testing.T) {
			switch as := x.as.(type) {
			case **UnwrittenError:
				checkFault(t, err, as, x.want)
			case **RaceError:
				checkFault(t, err, as, x.want)
			case **AlignmentError:
				checkFault(t, err, as, x.want)
			case **BoundsError:
				checkFault(t, err, as, x.want)
			default:
				if err != nil {
					t.Fatal(err)
				}
			}
		})
		got := words(data)
		switch name {
		case "the source changes": // read at the wait
			checkWords(t, name, got[1:2], []uint32{99})
		case "all is right":
			checkWords(t, name, []uint32{got[2], got[6]}, []uint32{1, 0})
		case "nothing is read":
			checkWords(t, name, []uint32{got[4], got[5]}, []uint32{0, 0})
		case "a part is read":
			checkWords(t, name, []uint32{got[2], got[4*63+2]}, []uint32{0, 63})
		}
	}
}
