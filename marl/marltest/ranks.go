package marltest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/marl"
)

// OnRanks runs the trainers that open makes, which join a group, to their end.
func OnRanks(t *testing.T, ranks int, open func(group comm.Comm) *marl.Trainer) []*marl.Trainer {
	t.Helper()
	group := comm.NewGroup(ranks, 10*time.Minute)
	list, errs := make([]*marl.Trainer, ranks), make([]error, ranks)
	for r := range list {
		list[r] = open(group.Rank(r))
	}
	var all sync.WaitGroup
	for r, tr := range list {
		all.Go(func() {
			if errs[r] = tr.Run(context.Background(), marl.Hooks{}); errs[r] != nil {
				group.Abort(errs[r])
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return list
}
