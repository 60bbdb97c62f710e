package run

import (
	"bytes"
	"context"
	"errors"
	"runtime"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/nn/diffusion/fit"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/nn/train/crew"
	"github.com/gmel-go/gmel/nn/train/record"
)

// rank is a rank of a run. It has its own trainer and backend, and the activations of its part of the batch; all else of the state is
// the same.
type rank struct {
	*fit.Trainer
	backend kernels.Backend
	digest  string          // of the set
	scalars []record.Scalar // of the last report
}

var _ crew.Rank = (*rank)(nil)

// What all ranks do at the same time.
const (
	open crew.Duty = iota + 1
	begin
	step
	report
	restore
)

// duties are what a rank does; rank 0 decides when.
var duties = map[crew.Duty]func(r *rank, x crew.Order) error{
	open:  func(r *rank, x crew.Order) error { return r.Open() },
	begin: func(r *rank, x crew.Order) error { return r.Begin(x.State.Tensors[0].Data) },
	step:  func(r *rank, x crew.Order) error { return r.Step(x.Ctx) },
	report: func(r *rank, x crew.Order) (err error) {
		r.scalars, err = r.Scalars()
		return err
	},
	restore: func(r *rank, x crew.Order) error { return r.Restore(x.State) },
}

// Do does a duty.
func (r *rank) Do(x crew.Order) error { return duties[x.Duty](r, x) }

// startOf has the parameters that a run starts from, for the duty begin.
func startOf(flat []float32) *checkpoint.State {
	return &checkpoint.State{Tensors: []checkpoint.Tensor{{Name: "start", Shape: []int{len(flat)}, Data: flat}}}
}

// Files are the digests of what is read of the set.
func (r *rank) Files() (map[string]string, error) { return map[string]string{sourceKey: r.digest}, nil }

// Close frees trainer and backend.
func (r *rank) Close() error { return errors.Join(r.Trainer.Close(), r.backend.Close()) }

// open makes backend and trainer of a rank. The ranks of a process share its threads.
func (s *material) open(p crew.Place, o train.Options) (*rank, error) {
	t := s.config.Train
	if p.Here > 1 {
		if t.Threads == 0 {
			t.Threads = runtime.GOMAXPROCS(0)
		}
		t.Threads = max(1, t.Threads/p.Here)
	}
	r := &rank{digest: s.data.SHA256}
	var err error
	if r.backend, err = openBackend(&t, o.Profile, o.Debug); err != nil {
		return nil, err
	}
	var group comm.Comm // nil, and not a Member that is nil
	if p.Group != nil {
		group = p.Group
	}
	if r.Trainer, err = fit.PlanRank(group, r.backend, s.model, s.set, s.config.options()); err != nil {
		return nil, errors.Join(err, r.backend.Close())
	}
	return r, nil
}

// Follow is the part of a process in a run that rank 0 leads.
func Follow(team comm.Member) error { return crew.Follow(team, openTold) }

// openTold makes the rank of a process that does not lead. It reads the set on this host.
func openTold(config []byte, p crew.Place, o train.Options) (*rank, error) {
	r := setting.NewReader()
	if err := r.Embedded(bytes.TrimSpace(config), "the configuration of rank 0"); err != nil {
		return nil, err
	}
	c, err := read(r, Default())
	if err != nil {
		return nil, err
	}
	s, err := readMaterial(c, o)
	if err != nil {
		return nil, err
	}
	own, err := s.open(p, o)
	if err != nil {
		return nil, err
	}
	memory, err := own.Memory()
	if err == nil {
		err = memory.Fit(train.FreeMemory(own.backend))
	}
	if err != nil {
		return nil, errors.Join(err, own.Close())
	}
	return own, nil
}

// others is what the ranks after the first one take.
func (j *job) others() (parts []train.MemoryPart, err error) {
	list := j.crew.Here()[1:]
	part := train.MemoryPart{What: train.Counted(int64(len(list)), "further rank"), Setting: "--ranks"}
	for _, r := range list {
		memory, err := r.Memory()
		if err != nil {
			return nil, err
		}
		part.Bytes += memory.Bytes()
	}
	if part.Bytes > 0 {
		parts = append(parts, part)
	}
	return parts, nil
}

// tell says what the ranks do.
func (j *job) tell(o train.Options) {
	n, parts := j.crew.Size(), len(machine.PartsOf(j.config.Train.Batch))
	switch {
	case n == 1:
	case parts < n:
		o.Say("WARNING: a train.batch of %d is cut in %d parts, so only %d of the %d ranks have something to do", j.config.Train.Batch, parts, parts, n)
	default:
		o.Say("%d ranks divide the batch of every update; numbers do not depend on them", n)
	}
}

// Step is an update of all ranks.
func (j *job) Step(ctx context.Context) error { return j.crew.All(crew.Order{Duty: step, Ctx: ctx}) }

// Scalars are those of rank 0.
func (j *job) Scalars() ([]record.Scalar, error) {
	err := j.crew.All(crew.Order{Duty: report})
	return j.crew.First().scalars, err
}
