package ptx

import (
	"slices"
	"testing"
)

// needing are bodies with barriers, and which of these are needed. Without one that is, there is a race.
var needing = map[string]struct {
	body    string
	threads int
	want    []bool
}{
	"one barrier":               {neighbours("bar.sync 0;"), 64, []bool{true}},
	"one of the warp":           {neighbours("bar.warp.sync -1;"), 64, []bool{true}},
	"two in a row":              {neighbours("bar.sync 0;\nbar.sync 0;"), 64, []bool{false, false}},
	"one of the block suffices": {neighbours("bar.sync 0;\nbar.warp.sync -1;"), 64, []bool{false, false}},
	"one of the warp is no order of the block": {`.shared .align 16 .b8 s[1024];
mov.u32 %r1, %tid.x;
mad.lo.u32 %r2, %r1, 4, s;
st.shared.u32 [%r2], %r1;
bar.sync 0;
bar.warp.sync -1;
xor.b32 %r3, %r1, 32;
mad.lo.u32 %r3, %r3, 4, s;
ld.shared.u32 %r0, [%r3];`, 64, []bool{true, false}},
	"the own word": {`.shared .align 16 .b8 s[1024];
mov.u32 %r1, %tid.x;
mad.lo.u32 %r2, %r1, 4, s;
st.shared.u32 [%r2], %r1;
bar.sync 0;
ld.shared.u32 %r0, [%r2];`, 64, []bool{false}},
	"a write after reads":                    {after + "\nbar.sync 0;\nst.shared.u32 [%r2], 5;", 64, []bool{true, true}},
	"a write after the own read and others'": {after + "\nbar.sync 0;\nld.shared.u32 %r5, [%r2];\nst.shared.u32 [%r2], 5;", 64, []bool{true, true}},
	"rounds of a loop":                       {tree, 64, []bool{true, true, false}},
	"equal values of a warp": {`.shared .align 16 .b8 s[1024];
st.shared.u32 [s], 7;
bar.warp.sync -1;
st.shared.u32 [s], 8;`, 32, []bool{true}},
	"a vote":                        {"mov.u32 %r1, %tid.x;\nsetp.lt.u32 %p1, %r1, 1;\nbar.red.popc.u32 %r0, 0, %p1;", 64, []bool{true}},
	"a vote that tells nothing new": {"mov.u32 %r1, %tid.x;\nsetp.lt.u32 %p1, %r1, 0;\nbar.red.or.pred %p2, 0, %p1;", 64, []bool{false}},
	"atomics":                       {"ld.param.u64 %d10, [in];\nred.global.add.u32 [%d10], 1;\nbar.sync 0;\nred.global.add.u32 [%d10], 1;", 64, []bool{false}},
	"a plain read of an atomic":     {"ld.param.u64 %d10, [in];\nred.global.add.u32 [%d10], 1;\nbar.sync 0;\nld.global.u32 %r0, [%d10];", 64, []bool{true}},
}

// TestNeeded: one run tells which barriers are needed. That is so: without one of these there is a race, or another vote.
func TestNeeded(t *testing.T) {
	for name, x := range needing {
		e := entry(t, x.body)
		needed := make([]bool, e.Barriers())
		if err := run1(e, x.threads, make([]byte, 1024), Options{Races: true, Needed: needed}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(needed, x.want) {
			t.Errorf("%s: needed %v, want %v", name, needed, x.want)
		}
		if name == "a vote" {
			continue
		}
		for i, is := range needed {
			err := run1(e, x.threads, make([]byte, 1024), Options{Races: true, SkipBarrier: i + 1})
			if is && err == nil {
				t.Errorf("%s: barrier %d is needed, and there is no race without it", name, i+1)
			}
		}
	}
}

func TestNeededIsRefused(t *testing.T) {
	e := entry(t, after)
	checkFault(t, run1(e, 64, nil, Options{Races: true, Needed: []bool{}}), new(*LaunchError), "Needed has 0 elements, but there are 1 barriers")
	checkFault(t, run1(e, 64, nil, Options{Needed: []bool{false}}), new(*LaunchError), "Needed takes the race check")
}
