package run

import (
	"errors"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/nn/train/crew"
)

// rank is a rank of a run. It has its own trainer, backend and worlds, which are some of the run's or all of them. All else of the
// state is the same.
type rank struct {
	*marl.Trainer
	config  *Config
	backend kernels.Backend
	metrics marl.Metrics      // of the last report
	leads   bool              // it is rank 0, whose state is saved
	state   *checkpoint.State // of the last save, until it is taken
}

var _ crew.Rank = (*rank)(nil)

// openCrew plans the trainers of all ranks, which share the threads.
func openCrew(c *Config, o train.Options) (*crew.Crew[*rank], error) {
	ranks := max(1, o.Ranks)
	if o.Team != nil {
		ranks = o.Team.Size()
	}
	if ranks > 1 && c.Train.Precision != kernels.FP32 {
		return nil, train.Usagef("%d ranks need train.precision fp32, this run has %s: on tensor cores numbers would depend on the number of ranks", ranks, c.Train.Precision)
	}
	open := func(p crew.Place, o train.Options) (*rank, error) { return openRank(c, p, o) }
	return crew.Open(crew.Job[*rank]{Config: c.YAML(), Open: open}, o)
}

// openRank makes the worlds, the backend and the plan of a trainer.
func openRank(c *Config, p crew.Place, o train.Options) (*rank, error) {
	own := *c
	if p.Here > 1 {
		own.Train.Threads = max(1, threads(c.Train.Threads)/p.Here)
	}
	env, err := c.game().worlds(&own, c.Train.SliceOf(p.Rank(), p.Ranks()), o)
	if err != nil {
		return nil, err
	}
	r := &rank{config: c, leads: p.Rank() == 0}
	if r.backend, err = openBackend(&own.Train, o.Profile, o.Debug); err != nil {
		return nil, err
	}
	if r.Trainer, err = marl.Plan(own.Train, env, r.backend, c.Seed); err != nil {
		return nil, errors.Join(train.Usage(err), r.backend.Close())
	}
	if p.Group != nil {
		r.Join(p.Group)
	}
	return r, nil
}

// Follow is the part of a process in a run that rank 0 leads.
func Follow(team comm.Member) error { return crew.Follow(team, openTold) }

// openTold makes the rank of a process that does not lead.
func openTold(config []byte, p crew.Place, o train.Options) (*rank, error) {
	c, err := told(config)
	if err != nil {
		return nil, err
	}
	r, err := openRank(c, p, o)
	if err != nil {
		return nil, err
	}
	on, beside := placed(r.backend, r.Memory(), train.Memory{Parts: append(r.ExchangeMemory(), r.CheckpointMemory(), r.sentCheckpoint())})
	if err := fit(r.backend, on, beside); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Files are the digests of the scenario's files.
func (r *rank) Files() (map[string]string, error) {
	digests, err := r.config.game().digests()
	files := map[string]string{}
	for key, digest := range digests {
		files[settingOf(key)] = digest
	}
	return files, err
}

// Close frees trainer and backend.
func (r *rank) Close() error { return errors.Join(r.Trainer.Close(), r.backend.Close()) }

// others is what the ranks after the first one take.
func (j *job) others() (parts []train.MemoryPart) {
	list := j.crew.Here()[1:]
	part := train.MemoryPart{What: train.Counted(int64(len(list)), "further rank"), Setting: "--ranks"}
	for _, r := range list {
		part.Bytes += r.Memory().Bytes()
	}
	if part.Bytes > 0 {
		parts = append(parts, part)
	}
	return parts
}

// sentCheckpoint is the file with which processes go on, which rank 0 sends to the others, beside the state in it.
func (r *rank) sentCheckpoint() train.MemoryPart {
	part := r.CheckpointMemory()
	part.What = "the checkpoint on its way between ranks"
	return part
}

// exchanges is what the ranks of this process take on the host to exchange numbers.
func (j *job) exchanges(o train.Options) []train.MemoryPart {
	parts := j.crew.First().ExchangeMemory()
	if o.Team != nil {
		parts = append(parts, j.crew.First().sentCheckpoint())
	}
	for _, r := range j.crew.Here()[1:] {
		for i, x := range r.ExchangeMemory() {
			parts[i].Bytes += x.Bytes
		}
	}
	return slices.DeleteFunc(parts, func(p train.MemoryPart) bool { return p.Bytes == 0 })
}

// tell says what the ranks do.
func (j *job) tell(o train.Options) error {
	n, first := j.crew.Size(), j.crew.First()
	if n == 1 {
		return nil
	}
	divided, err := first.Divided()
	if err != nil {
		return err
	}
	switch {
	case divided && first.Sliced():
		o.Say("%d ranks divide the worlds and every update; numbers do not depend on them", n)
	case divided:
		o.Say("%d ranks divide every update; numbers do not depend on them", n)
	default:
		o.Say("WARNING: the updates of this run are too small to be divided, so each of the %d ranks computes all of them", n)
	}
	return nil
}
