package marl

import "testing"

func TestSplitSeparatesStreams(t *testing.T) {
	seen := map[uint64]Stream{}
	for seed := range uint64(50) {
		for s := StreamWorld; s <= StreamExecution; s++ {
			v := Split(seed, s)
			if _, ok := seen[v]; ok {
				t.Fatalf("seed %d stream %d collides", seed, s)
			}
			seen[v] = s
		}
	}
}
