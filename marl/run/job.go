package run

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/nn/train/crew"
	"github.com/gmel-go/gmel/nn/train/record"
	"github.com/gmel-go/gmel/sim"
)

// job is a trainer of agents as a train.Job. It uses the trainer's methods for state, update and profile
// unchanged. What changes its state, all ranks do.
type job struct {
	train.Plain
	*marl.Trainer // of rank 0
	config        *Config
	backend       kernels.Backend // of rank 0
	crew          *crew.Crew[*rank]
	table         *Table // nil before Finish
}

var _ train.Job = (*job)(nil)

// openJob makes worlds, backend and trainer of all ranks.
func openJob(c *Config, o train.Options) (_ train.Job, err error) {
	ranks, err := openCrew(c, o)
	if err != nil {
		return nil, err
	}
	j := &job{Trainer: ranks.First().Trainer, config: c, backend: ranks.First().backend, crew: ranks}
	defer func() {
		if err != nil {
			err = errors.Join(err, j.Close())
		}
	}()
	if err := j.plan(o); err != nil {
		return nil, err
	}
	return j, ranks.All(crew.Order{Duty: open})
}

// plan reports the memory of the run before it is allocated.
func (j *job) plan(o train.Options) error {
	c := j.config
	episodes := max(c.Train.EvalEpisodes, c.TableEpisodes)
	evaluation, err := j.EvaluationMemory(j.backend, sim.DefaultWorlds(episodes)*c.game().sizes().Agents)
	if err != nil {
		return err
	}
	memory, host := j.Memory(), c.game().evaluationMemory(episodes, "train.eval_episodes or table_episodes")
	memory.Parts = slices.Concat(memory.Parts, []train.MemoryPart{evaluation}, j.others())
	host.Parts = slices.Concat(host.Parts, []train.MemoryPart{j.CheckpointMemory()}, j.exchanges(o))
	memory, host = placed(j.backend, memory, host)
	o.Say("the run takes %s on the backend %s", memory, j.backend.Name())
	if where := whoPlays(j.Worlds()); where != "" {
		o.Say("%s", where)
	}
	if err := j.tell(o); err != nil {
		return err
	}
	return fit(j.backend, memory, host)
}

// Device is the device of the backend.
func (j *job) Device() train.Device {
	return train.Device{Backend: j.backend.Name(), Options: backendOptions(&j.config.Train)}
}

// WarmUp calls the trainer. Numbers that are not finite are marked as errors that a resumed run repeats.
func (j *job) WarmUp(ctx context.Context) error {
	return repeated(j.crew.All(crew.Order{Duty: warmUp, Ctx: ctx}))
}

// Step is an iteration of the trainer. It marks errors like WarmUp.
func (j *job) Step(ctx context.Context) error {
	return repeated(j.crew.All(crew.Order{Duty: step, Ctx: ctx}))
}

// State is that of the trainer with the worlds of all ranks.
func (j *job) State() (s *checkpoint.State, err error) {
	err = j.crew.All(crew.Order{Duty: save})
	first := j.crew.First()
	s, first.state = first.state, nil
	return s, err
}

// Restore gives the state to all ranks.
func (j *job) Restore(s *checkpoint.State) error {
	return j.crew.All(crew.Order{Duty: restore, State: s})
}

func repeated(err error) error {
	var bad *marl.NonFiniteError
	if errors.As(err, &bad) {
		return &train.Repeated{Err: err}
	}
	return err
}

// Scalars are the trainer's metrics.
func (j *job) Scalars() ([]record.Scalar, error) {
	if err := j.crew.All(crew.Order{Duty: report}); err != nil {
		return nil, err
	}
	m := j.crew.First().metrics
	scalars := []record.Scalar{{Name: SlotsName, Value: float64(m.EnvSlots)}}
	for _, s := range m.Scalars() {
		scalars = append(scalars, record.Scalar{Name: s.Name, Value: float64(s.Value)})
	}
	return scalars, nil
}

// Evaluate plays the current actor on the fixed evaluation seeds. It stops between two policies if ctx
// is cancelled.
func (j *job) Evaluate(ctx context.Context) (report train.Report, err error) {
	policies, done, err := j.learned()
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, done()) }()
	for _, p := range policies {
		if err := ctx.Err(); err != nil {
			return report, err
		}
		r, err := j.config.game().learned(p).evaluate(ctx, j.config)
		if err != nil {
			return report, err
		}
		report.Records = append(report.Records, r)
	}
	return report, nil
}

// Headline is the score of an evaluation, that of the greedy policy, which is the last one.
func (j *job) Headline(line record.Line) string { return j.config.game().headline(line.Values) }

// Curve draws the evaluations so far; the levels of the heuristics once known.
func (j *job) Curve(lines []record.Line) []record.Panel {
	return learningCurve(j.config.game().measures(), lines, j.table)
}

// Finish compares the result with all heuristics.
func (j *job) Finish(ctx context.Context) (files []train.File, err error) {
	if files, err = j.attention(ctx); err != nil {
		return nil, err
	}
	policies, done, err := j.learned()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	c := comparison{
		game: j.config.game(), learned: policies, update: j.Update(),
		episodes: j.config.TableEpisodes, seed: j.config.EvalSeed, threads: threads(j.config.Train.Threads),
	}
	if j.table, err = c.table(ctx); err != nil {
		return nil, err
	}
	data, err := json.MarshalIndent(j.table, "", "  ")
	return append(files, train.File{Name: tableText, Data: []byte(j.table.Markdown())}, train.File{Name: TableJSON, Data: append(data, '\n')}), err
}

// attention is the file with the attention by distance; none for a critic without attention, and in a game without distances.
func (j *job) attention(ctx context.Context) ([]train.File, error) {
	if j.config.Scenario == nil {
		return nil, nil
	}
	a, err := j.AttentionByDistance(ctx, j.config.Scenario, marl.Execution{Backend: j.backend, Seed: j.config.EvalSeed})
	if a == nil || err != nil {
		return nil, err
	}
	data, err := json.MarshalIndent(a, "", "  ")
	return []train.File{{Name: attentionJSON, Data: append(data, '\n')}}, err
}

// learned returns the current actor, sampled and greedy.
func (j *job) learned() ([]*marl.Policy, func() error, error) {
	sampled, err := j.Policy(marl.Execution{Backend: j.backend, Sampled: true, Seed: j.config.EvalSeed})
	if err != nil {
		return nil, nil, err
	}
	greedy, err := j.Policy(marl.Execution{Backend: j.backend, Seed: j.config.EvalSeed})
	if err != nil {
		return nil, nil, err
	}
	return []*marl.Policy{sampled, greedy}, func() error { return errors.Join(sampled.Close(), greedy.Close()) }, nil
}

// CheckpointSize is that of the trainer with its worlds.
func (j *job) CheckpointSize() train.MemoryPart {
	part := j.Trainer.CheckpointSize()
	part.Bytes += j.config.game().worldsBytes(j.config.Train.Worlds)
	return part
}

// WriteProfile writes the profile of the trainer.
func (j *job) WriteProfile(w io.Writer) error { return j.Trainer.WriteProfile(w) }

// Close frees trainers and backends.
func (j *job) Close() error { return j.crew.Close() }
