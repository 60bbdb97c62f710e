package sim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc64"
	"math"

	"github.com/gmel-go/gmel/sim/engine"
)

// stateMagic begins a marshalled Worlds; the last byte is the format's version.
var stateMagic = [8]byte{'g', 'm', 'e', 'l', 's', 'i', 'm', 2}

const (
	stateHeader  = 8 + 4*8 // magic, scenario hash, seed, worlds, length of the arrays
	stateTrailer = 8       // CRC-64 of all bytes before it; a damaged index would crash a later step
)

var stateCRC = crc64.MakeTable(crc64.ECMA)

// arrayBytes is the size of an array in the format.
func arrayBytes(a *engine.Array) int {
	if a.Flags != nil {
		return a.N
	}
	return 4 * a.N
}

// marshalled is the size of all arrays in the format.
func marshalled(arrays []engine.Array) (n int) {
	for i := range arrays {
		n += arrayBytes(&arrays[i])
	}
	return n
}

// appendArray writes an array, little-endian.
func appendArray(b []byte, a *engine.Array) []byte {
	switch {
	case a.Floats != nil:
		for _, v := range *a.Floats {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
	case a.Ints != nil:
		for _, v := range *a.Ints {
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		}
	default:
		for _, v := range *a.Flags {
			bit := byte(0)
			if v {
				bit = 1
			}
			b = append(b, bit)
		}
	}
	return b
}

// readArray sets an array and returns the rest.
func readArray(a *engine.Array, b []byte) []byte {
	switch {
	case a.Floats != nil:
		for i := range *a.Floats {
			(*a.Floats)[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
	case a.Ints != nil:
		for i := range *a.Ints {
			(*a.Ints)[i] = int32(binary.LittleEndian.Uint32(b[4*i:]))
		}
	default:
		for i := range *a.Flags {
			(*a.Flags)[i] = b[i] != 0
		}
	}
	return b[arrayBytes(a):]
}

// recordedFields returns the arrays of the state and, if they are recorded, of the outcomes.
func (w *Worlds) recordedFields() []engine.Array {
	fields := w.stateFields()
	if w.record {
		fields = append(fields, w.outcomeFields()...)
	}
	return fields
}

// MarshalBinary returns the complete state, little-endian, with the outcomes of the last step if
// they are recorded. A restored state continues with the same bits. The state contains the hash of
// the scenario, not the scenario. JoinStates joins those of slices.
func (w *Worlds) MarshalBinary() ([]byte, error) {
	if err := w.Home(); err != nil {
		return nil, err
	}
	fields := w.recordedFields()
	b := w.beginState(w.seed, w.W, marshalled(fields))
	for i := range fields {
		b = appendArray(b, &fields[i])
	}
	return endState(b), nil
}

// beginState is the header of a state of a number of worlds, with room for the bytes of their arrays.
func (w *Worlds) beginState(seed uint64, worlds, size int) []byte {
	b := append(make([]byte, 0, stateHeader+size+stateTrailer), stateMagic[:]...)
	for _, v := range []uint64{w.identity(), seed, uint64(worlds), uint64(size)} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return b
}

// endState adds the trailer.
func endState(b []byte) []byte {
	return binary.LittleEndian.AppendUint64(b, crc64.Checksum(b, stateCRC))
}

// UnmarshalBinary restores a state into Worlds made by New with the same scenario and number of
// worlds, or into a slice of them, which takes its worlds. The seed comes from the state. An error leaves the worlds unchanged. RecordTasks keeps its
// value: if it is on and the state has no outcomes, they are cleared; if it is off, the outcomes of
// the state are ignored.
func (w *Worlds) UnmarshalBinary(b []byte) error {
	all := worldsOf(b)
	if all != w.slice.All {
		all = w.W // the state of a slice
	}
	if err := w.checkState(b, all); err != nil {
		return err
	}
	w.Home() // the state on a device is not needed any more
	w.fetchErr = nil
	w.seed = binary.LittleEndian.Uint64(b[16:])
	if w.native != nil {
		w.native.Set(w.seedScalar())
	}
	b = b[stateHeader : len(b)-stateTrailer]
	for _, f := range w.stateFields() {
		b = w.readSlice(&f, b, all)
	}
	if !w.record {
		return nil
	}
	w.forgetTasks()
	if len(b) > 0 {
		for _, f := range w.outcomeFields() {
			b = w.readSlice(&f, b, all)
		}
	}
	return nil
}

// readSlice sets an array from that of these worlds or of all, by their number, and returns the rest.
func (w *Worlds) readSlice(a *engine.Array, b []byte, worlds int) []byte {
	first, world := 0, arrayBytes(a)/w.W
	if worlds > w.W {
		first = w.slice.First
	}
	readArray(a, b[first*world:])
	return b[worlds*world:]
}

// checkState compares the header of a state of so many worlds with these.
func (w *Worlds) checkState(b []byte, worlds int) error {
	if w.p == nil {
		return errors.New("sim: these Worlds are empty; restore a state into Worlds made by New with the scenario of the state")
	}
	if len(b) < stateHeader+stateTrailer || [8]byte(b[:8]) != stateMagic {
		return fmt.Errorf("sim: these %d bytes are not a state of worlds, or are one of another version", len(b))
	}
	switch hash := binary.LittleEndian.Uint64(b[8:]); hash {
	case w.identity():
	case ^w.identity():
		return errors.New("sim: the state and these worlds differ in NumberByNearest: only one numbers IEDs by their nearest ES")
	case w.identity() ^ heldOutIdentity:
		return errors.New("sim: the state and these worlds play different parts of the arrival trace: only one plays the held-out part")
	default:
		return fmt.Errorf("sim: the state belongs to scenario %016x, these worlds play %016x (%s)",
			hash, w.identity(), w.scenario.Name)
	}
	if n := binary.LittleEndian.Uint64(b[24:]); n != uint64(worlds) {
		return fmt.Errorf("sim: the state has %d worlds, but it is restored into %d", n, worlds)
	}
	size, have := binary.LittleEndian.Uint64(b[32:]), len(b)-stateHeader-stateTrailer
	plain := marshalled(w.stateFields()) / w.W * worlds
	full := plain + marshalled(w.outcomeFields())/w.W*worlds
	if size != uint64(have) || have != plain && have != full {
		return fmt.Errorf("sim: the state declares %d bytes and has %d; allowed: %d, or %d with outcomes", size, have, plain, full)
	}
	end := len(b) - stateTrailer
	if crc64.Checksum(b[:end], stateCRC) != binary.LittleEndian.Uint64(b[end:]) {
		return errors.New("sim: the state is damaged: its checksum does not match")
	}
	return nil
}

// heldOutIdentity tells states of the held-out part of a trace from those of the part for training.
const heldOutIdentity = 0x5d1c_9b7e_02f4_a863

// identity is a hash of the game of a state: the scenario, the content of its files as they were read,
// the part of the arrival trace and the numbering of the IEDs.
func (w *Worlds) identity() uint64 {
	id := w.scenario.hashOf(w.p.inputs)
	if w.p.part != nil && w.p.part.Name == PartEvaluation {
		id ^= heldOutIdentity
	}
	if w.numbered {
		return ^id
	}
	return id
}
