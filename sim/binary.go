package sim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc64"
	"math"
)

// stateMagic begins a marshalled Worlds; the last byte is the format's version.
var stateMagic = [8]byte{'g', 'm', 'e', 'l', 's', 'i', 'm', 1}

const (
	stateHeader  = 8 + 4*8 // magic, scenario hash, seed, worlds, length of the arrays
	stateTrailer = 8       // CRC-64 of everything before: damaged indices would crash a later step
)

var stateCRC = crc64.MakeTable(crc64.ECMA)

// arrays lists every array of the state in the order of the format.
func (w *Worlds) arrays() (floats [][]float32, ints [][]int32, bools [][]bool) {
	t := &w.Task
	floats = [][]float32{
		w.Obs, w.Mask, w.Reward, w.FinalObs, w.FinalMask,
		t.DataBits, t.Cycles, t.ResultBits, t.Deadline, t.UplinkBps, t.RadioWait, t.Upload,
		t.QueueWait, t.Switch, t.Compute, t.Download, t.Latency, t.Energy,
		w.speed, w.gain, w.now, w.compute, w.radio, w.free, w.data, w.cycles, w.deadline,
	}
	ints = [][]int32{t.Model, t.Action, t.Server, w.slot, w.episode, w.cand, w.load, w.cache, w.model}
	bools = [][]bool{w.HadTask, w.Terminated, w.Truncated, t.Completed, w.los}
	return floats, ints, bools
}

// stateSize is the number of bytes of the arrays.
func (w *Worlds) stateSize() int {
	n := 0
	floats, ints, bools := w.arrays()
	for _, a := range floats {
		n += 4 * len(a)
	}
	for _, a := range ints {
		n += 4 * len(a)
	}
	for _, a := range bools {
		n += len(a)
	}
	return n
}

// MarshalBinary returns the complete state, little-endian; stepping on from it
// gives the same bits. The scenario itself is not included, only its hash.
func (w *Worlds) MarshalBinary() ([]byte, error) {
	size := w.stateSize()
	b := make([]byte, 0, stateHeader+size+stateTrailer)
	b = append(b, stateMagic[:]...)
	for _, v := range []uint64{w.scenario.Hash(), w.seed, uint64(w.W), uint64(size)} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	floats, ints, bools := w.arrays()
	for _, a := range floats {
		for _, v := range a {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
	}
	for _, a := range ints {
		for _, v := range a {
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		}
	}
	for _, a := range bools {
		for _, v := range a {
			bit := byte(0)
			if v {
				bit = 1
			}
			b = append(b, bit)
		}
	}
	return binary.LittleEndian.AppendUint64(b, crc64.Checksum(b, stateCRC)), nil
}

// UnmarshalBinary restores a state into Worlds made by New with the same scenario
// and number of worlds; the seed comes from the state. On an error nothing has
// changed.
func (w *Worlds) UnmarshalBinary(b []byte) error {
	if err := w.checkState(b); err != nil {
		return err
	}
	w.seed = binary.LittleEndian.Uint64(b[16:])
	b = b[stateHeader:]
	floats, ints, bools := w.arrays()
	for _, a := range floats {
		for i := range a {
			a[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
		b = b[4*len(a):]
	}
	for _, a := range ints {
		for i := range a {
			a[i] = int32(binary.LittleEndian.Uint32(b[4*i:]))
		}
		b = b[4*len(a):]
	}
	for _, a := range bools {
		for i := range a {
			a[i] = b[i] != 0
		}
		b = b[len(a):]
	}
	return nil
}

// checkState compares the header with these worlds.
func (w *Worlds) checkState(b []byte) error {
	if w.p == nil {
		return errors.New("sim: unmarshal into Worlds made by New, with the scenario of the state")
	}
	if len(b) < stateHeader+stateTrailer || [8]byte(b[:8]) != stateMagic {
		return fmt.Errorf("sim: %d bytes are no state of this version's worlds", len(b))
	}
	if hash := binary.LittleEndian.Uint64(b[8:]); hash != w.scenario.Hash() {
		return fmt.Errorf("sim: the state belongs to scenario %016x, these worlds play %016x (%s)",
			hash, w.scenario.Hash(), w.scenario.Name)
	}
	if n := binary.LittleEndian.Uint64(b[24:]); n != uint64(w.W) {
		return fmt.Errorf("sim: the state has %d worlds, these are %d", n, w.W)
	}
	size, have := binary.LittleEndian.Uint64(b[32:]), len(b)-stateHeader-stateTrailer
	if size != uint64(w.stateSize()) || size != uint64(have) {
		return fmt.Errorf("sim: the state says %d bytes and has %d, want %d", size, have, w.stateSize())
	}
	end := len(b) - stateTrailer
	if crc64.Checksum(b[:end], stateCRC) != binary.LittleEndian.Uint64(b[end:]) {
		return errors.New("sim: the state is damaged: its checksum does not match")
	}
	return nil
}
