package marl

import "github.com/gmel-go/gmel/kernels/philox"

// Stream is one use of random numbers. All streams of a run are derived from one seed.
type Stream uint32

// The streams. Values are part of the format of a run: never renumber.
const (
	StreamWorld      Stream = 1 + iota // worlds of training
	StreamPolicy                       // actions of the rollout
	StreamReplay                       // rows of a minibatch
	StreamTarget                       // a' of the target policy
	StreamActor                        // resampled actions of the actor's loss
	StreamInit                         // initial parameters
	StreamEvaluation                   // worlds of evaluations
	StreamExecution                    // actions of a sampled Policy
)

// inTurn is the stream of draws of one turn of a slot.
func (s Stream) inTurn(turn int) uint32 { return uint32(s) | uint32(turn)<<8 }

// splitCounter marks the blocks that Split uses; no other draw has this last word.
const splitCounter = 0x53504c54

// Split derives the seed of a stream: two words of one Philox block keyed by the run's seed.
func Split(seed uint64, s Stream) uint64 {
	b := philox.Block(philox.Key(seed), [4]uint32{uint32(s), 0, 0, splitCounter})
	return uint64(b[0]) | uint64(b[1])<<32
}
