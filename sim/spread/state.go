package spread

import (
	"encoding/binary"
	"fmt"
	"math"
)

// stateMagic begins a state; the last byte is the version of the format.
var stateMagic = [8]byte{'g', 'm', 'e', 'l', 's', 'p', 'r', 1}

// header has what the worlds of a state and those that it is restored into have in common.
func (w *Worlds) header() []byte {
	s := &w.scenario
	b := append([]byte{}, stateMagic[:]...)
	for _, v := range []uint64{uint64(w.worlds), uint64(s.Agents), uint64(s.MaxCycles), math.Float64bits(s.LocalRatio)} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return b
}

// MarshalBinary returns the state, little-endian: seed, counters and the places and velocities of all. A restored state goes on with
// the same bits.
func (w *Worlds) MarshalBinary() ([]byte, error) {
	b := binary.LittleEndian.AppendUint64(w.header(), w.seed)
	for world := range w.worlds {
		b = binary.LittleEndian.AppendUint32(b, uint32(w.episode[world]))
		b = binary.LittleEndian.AppendUint32(b, uint32(w.cycle[world]))
	}
	for _, list := range w.floats() {
		for _, v := range list {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
	}
	return b, nil
}

func (w *Worlds) floats() [][]float32 { return [][]float32{w.pos, w.vel, w.marks} }

// UnmarshalBinary restores a state into worlds of the same number and settings. The seed comes from the state. Results of a last
// step are cleared. An error leaves the worlds unchanged.
func (w *Worlds) UnmarshalBinary(b []byte) error {
	head := w.header()
	want := len(head) + 8 + 8*w.worlds + 3*4*2*w.worlds*w.agents
	if len(b) != want || string(b[:len(head)]) != string(head) {
		return fmt.Errorf("spread: these %d bytes are not a state of %d worlds of %d agents with these settings", len(b), w.worlds, w.agents)
	}
	b = b[len(head):]
	w.seed, b = binary.LittleEndian.Uint64(b), b[8:]
	for world := range w.worlds {
		w.episode[world], w.cycle[world] = int32(binary.LittleEndian.Uint32(b)), int32(binary.LittleEndian.Uint32(b[4:]))
		b = b[8:]
	}
	for _, list := range w.floats() {
		for i := range list {
			list[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
		b = b[4*len(list):]
	}
	for world := range w.worlds {
		w.observe(world)
	}
	clear(w.reward)
	clear(w.truncated)
	clear(w.finalObs)
	clear(w.outcomes)
	return nil
}
