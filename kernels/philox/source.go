package philox

// Source is a math/rand/v2 Source over the blocks with counters
// (n, n>>32, stream, stream>>32), n = 0, 1, 2, ... Two sources with different
// streams never share a block. The zero value is seed 0, stream 0.
//
// It is for sequential use, such as shuffles and initialisers. Code that must be
// able to recompute draws out of order calls Block with its own counter.
type Source struct {
	key    [2]uint32
	stream uint64
	next   uint64 // index of the next 64-bit word; a block holds two
	block  [4]uint32
	have   bool // the field block holds the block of word next-1
}

// NewSource returns the stream-th sequence of the seed.
func NewSource(seed, stream uint64) *Source {
	return &Source{key: Key(seed), stream: stream}
}

// Uint64 returns the next 64 random bits, low word first.
func (s *Source) Uint64() uint64 {
	half := s.next & 1
	if half == 0 || !s.have {
		n := s.next >> 1
		s.block = Block(s.key, [4]uint32{uint32(n), uint32(n >> 32), uint32(s.stream), uint32(s.stream >> 32)})
		s.have = true
	}
	s.next++
	return uint64(s.block[2*half]) | uint64(s.block[2*half+1])<<32
}

// Position returns the number of 64-bit words drawn so far. Seed, stream and
// position are the whole state.
func (s *Source) Position() uint64 { return s.next }

// Seek continues at the given position, as if that many words had been drawn.
func (s *Source) Seek(position uint64) {
	s.next = position
	s.have = false
}
