package ptx

import (
	"encoding/binary"
	"errors"
	"testing"
)

// Shared memory that was never written is a fault, or poison in every block.
func TestPoison(t *testing.T) {
	e := entry(t, loadInputs+`.shared .align 4 .b8 s[8];
ld.shared.u32 %r1, [s+4];
mov.u32 %r2, %ctaid.x;
mad.wide.u32 %d11, %r2, 4, %d10;
st.global.u32 [%d11], %r1;
st.shared.u32 [s+4], %r2;`)
	data := make([]byte, 8)
	var unwritten *UnwrittenError
	if err := runGrid(e, 2, 1, data, Options{}); !errors.As(err, &unwritten) {
		t.Errorf("error %v, want a read before a write", err)
	}
	if err := runGrid(e, 2, 1, data, Options{Poison: true}); err != nil {
		t.Fatal(err)
	}
	if got := binary.LittleEndian.Uint64(data); got != 1<<64-1 {
		t.Errorf("the blocks read %x, want bits of ones", got)
	}
}
