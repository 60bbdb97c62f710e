package comm

import (
	"encoding/binary"
	"errors"
	"math"
)

// Member is one rank of a group that rank 0 may lead. One goroutine uses it, except for Abort. After an error it must not be
// used again.
type Member interface {
	Comm
	// Tell gives an order to all other ranks, which wait for it in Told. Only rank 0 calls it.
	Tell(order []byte) error
	// Told returns the next order of rank 0. It waits as long as rank 0 is there, which may do other things for hours. The
	// error is ErrOver when there are no further orders.
	Told() ([]byte, error)
	// Collect returns what each rank gives, by rank. All ranks call it.
	Collect(own []byte) ([][]byte, error)
	// Abort ends the group because this rank has failed: running and later calls of all ranks return an error with this
	// cause. Only the first call counts.
	Abort(cause error)
}

// ErrOver is returned by Told when rank 0 has ended the group in good order.
var ErrOver = errors.New("comm: rank 0 has no further orders")

// piece is the number of floats of a message of an order: a rank passes it on while the next one is on its way, and no
// message takes so long that a rank on a slow network seems to be silent.
const piece = 1 << 20

// Tell implements Member.
func (c *collective) Tell(order []byte) error {
	if err := c.broadcast(0, lengthOf(order), c.receive); err != nil {
		return err
	}
	return c.spread(floatsOf(order))
}

// Told implements Member.
func (c *collective) Told() ([]byte, error) {
	length := lengthOf(nil)
	if err := c.broadcast(0, length, c.await); err != nil {
		return nil, err
	}
	order := make([]float32, floatsFor(lengthIn(length)))
	if err := c.spread(order); err != nil {
		return nil, err
	}
	return bytesOf(order)[:lengthIn(length)], nil
}

// spread copies x of rank 0 to all ranks, piece by piece.
func (c *collective) spread(x []float32) error {
	for at := 0; at < len(x); at += piece {
		if err := c.broadcast(0, x[at:min(at+piece, len(x))], c.receive); err != nil {
			return err
		}
	}
	return nil
}

// Collect implements Member.
func (c *collective) Collect(own []byte) ([][]byte, error) {
	const head = 2 // floats of a length
	lengths, ends := make([]float32, head*c.size), make([]int, c.size)
	for r := range ends {
		ends[r] = head * (r + 1)
	}
	copy(lengths[head*c.rank:], lengthOf(own))
	if err := c.Allgather(lengths, ends); err != nil {
		return nil, err
	}
	at, from := 0, make([]int, c.size)
	for r := range ends {
		from[r] = at
		at += floatsFor(lengthIn(lengths[head*r:]))
		ends[r] = at
	}
	floats := make([]float32, at)
	copy(floats[from[c.rank]:], floatsOf(own))
	if err := c.Allgather(floats, ends); err != nil {
		return nil, err
	}
	all := make([][]byte, c.size)
	for r := range all {
		all[r] = bytesOf(floats[from[r]:ends[r]])[:lengthIn(lengths[head*r:])]
	}
	return all, nil
}

// Bytes travel as the bits of floats, four in each.

func floatsFor(bytes int) int { return (bytes + 3) / 4 }

func floatsOf(data []byte) []float32 {
	x := make([]float32, floatsFor(len(data)))
	for i := range x {
		var word [4]byte
		copy(word[:], data[4*i:])
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(word[:]))
	}
	return x
}

func bytesOf(x []float32) []byte {
	data := make([]byte, 0, 4*len(x))
	for _, v := range x {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return data
}

func lengthOf(data []byte) []float32 {
	return floatsOf(binary.LittleEndian.AppendUint64(nil, uint64(len(data))))
}

func lengthIn(x []float32) int { return int(binary.LittleEndian.Uint64(bytesOf(x[:2]))) }
