package fit

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/record"
	"github.com/gmel-go/gmel/nn/unet"
)

// Trainer is one training run of a network on a device.
type Trainer struct {
	train.Plain
	model   *unet.Model
	data    *Data
	options Options
	size    int // values of a sample
	table   []float32

	backend kernels.Backend
	layout  *machine.Layout
	program *kernels.Program
	session *machine.Session // nil before Open
	adam    *nn.Adam
	mem     memory
	own     own // what this rank does of an update

	update int // updates done
}

var _ train.Job = (*Trainer)(nil)

// memory is what the Program reads and writes.
type memory struct {
	values    machine.Tensor // [variants N, size] the set
	described machine.Tensor // [variants N, D]; None without
	labels    machine.Tensor // [N] classes; None without
	draws     machine.Tensor // [entries, 1] samples, see Data.Draws

	schedule machine.Tensor // [updates, columns], see Options.schedule
	update   machine.Tensor // [1] number of the update
	counter  machine.Tensor // [2] of all random numbers

	clean    machine.Tensor // [own, size]
	noise    machine.Tensor // [B, size]
	batch    unet.Batch
	below    unet.Batch // of consistency tuning, at the lower level; it has the conditions of batch
	loss     unet.Loss
	net, ema *nn.Placed
	powers   powers
	heldOut  heldOut
	sums     machine.Tensor // of the updates since the last report
}

// Plan prepares a run without its memory: Memory says how much Open will allocate, and no other method may be called
// before Open. The caller still owns the backend.
func Plan(backend kernels.Backend, m *unet.Model, d *Data, o Options) (*Trainer, error) {
	return PlanRank(nil, backend, m, d, o)
}

// PlanRank is Plan for a rank of a group, whose ranks divide the batch of each update. All ranks have the same network, set and
// options, and make the same calls of Open, Begin, Step and Restore, so all end with the bits of a trainer that is alone. Only rank 0
// measures the loss on held-out samples.
func PlanRank(group comm.Comm, backend kernels.Backend, m *unet.Model, d *Data, o Options) (*Trainer, error) {
	c := m.Config()
	if err := o.check(); err != nil {
		return nil, err
	}
	if want := append(slices.Clone(c.Size), c.Inputs); !slices.Equal(d.Shape, want) || c.Outputs != c.Inputs {
		return nil, fmt.Errorf("fit: samples %v for a network that maps %v to %d channels", d.Shape, want, c.Outputs)
	}
	if err := d.check(&c); err != nil {
		return nil, err
	}
	if group != nil && group.Rank() > 0 {
		d = d.withoutHeldOut()
	}
	t := &Trainer{model: m, data: d, options: o, size: d.Size(), table: d.draws(), backend: backend, layout: machine.NewLayout(), own: ownOf(o.Batch, group)}
	t.place(t.layout)
	err := t.build(t.layout)
	if err != nil {
		return nil, fmt.Errorf("fit: %w", err)
	}
	if d.HeldOut != nil {
		if t.mem.heldOut.program, err = t.buildHeldOut(t.layout); err != nil {
			return nil, fmt.Errorf("fit: %w", err)
		}
	}
	return t, nil
}

func (t *Trainer) place(l *machine.Layout) {
	k, n := &t.mem, t.own.n
	rows := t.data.variants() * t.data.N()
	k.values, k.draws = l.Add("data", rows, t.size), l.Add("draws", len(t.table), 1)
	if t.data.Class != nil {
		k.labels = l.Add("classes", t.data.N(), 1)
	}
	k.schedule, k.update, k.counter = l.Add("schedule", t.options.Updates, t.options.columns()), l.Add("update", 1), l.Add("counter", 2)
	k.clean, k.noise, k.sums = l.Add("clean", n, t.size), l.Add("noise", t.options.Batch, t.size), l.Add("sums", sumsLen)
	k.net, k.ema = t.model.Params().Place(l, "net"), t.model.Params().Place(l, "ema")
	if t.options.Keep {
		k.powers.place(l, t.model.Params(), t.options.Updates)
	}
	if t.data.HeldOut != nil {
		t.placeHeldOut(l)
	}
	k.batch, k.loss = t.model.Place(l, "batch", n), t.model.PlaceLoss(l, "batch", n)
	if t.data.Described != nil {
		k.described = l.Add("described", rows, t.model.Config().Augment)
		t.model.PlaceAugment(l, "batch", &k.batch, n)
	}
	if k.loss.Counter != machine.None {
		k.loss.Counter = k.counter
	}
	k.loss.Seed, k.loss.First = t.options.Seed, streamDropout
	k.loss.Whole, k.loss.Before = t.options.Batch, t.own.first
	if t.options.Tuning != nil {
		t.placeTuning(l)
	}
	adam := nn.AdamConfig{B2: Beta2, MaxNorm: float32(t.options.MaxNorm)}
	if t.options.ClassFactor != 0 {
		adam.Faster, adam.Factor = t.model.ClassTable(), float32(t.options.ClassFactor)
	}
	t.adam = nn.NewAdam(l, "adam", k.net, adam)
	t.placeSegments(l)
}

// Memory is the plan of the arena and, on a device, of its launches.
func (t *Trainer) Memory() (train.Memory, error) {
	set, arena := 4*(t.mem.values.Len()+t.mem.draws.Len()), t.layout.Size()
	if t.data.HeldOut != nil {
		set += 4 * t.mem.heldOut.values.Len()
	}
	for _, p := range t.programs() {
		arena = max(arena, p.Arena)
	}
	segments := int64(0)
	if t.own.rows != machine.None {
		segments = 4 * t.own.rows.Len()
	}
	parts := []train.MemoryPart{
		{What: "the set", Bytes: set, Setting: "the number of samples"},
		{What: "network, optimiser and averages", Bytes: 4*t.layout.Size() - set - segments, Setting: "model.size"},
		{What: "scratch", Bytes: 4 * (arena - t.layout.Size()), Setting: "train.batch"},
	}
	if segments > 0 {
		parts = append(parts, train.MemoryPart{What: "gradients of the segments of the batch", Bytes: segments, Setting: "model.size"})
	}
	if limited, ok := t.backend.(kernels.Limited); ok {
		launches := train.MemoryPart{What: "launches", Setting: "train.batch"}
		for _, p := range t.programs() {
			bytes, err := limited.ScratchOf(p)
			if err != nil {
				return train.Memory{}, err
			}
			launches.Bytes += bytes
		}
		parts = append(parts, launches)
	}
	return train.Memory{Parts: parts}, nil
}

// programs are those that the session runs.
func (t *Trainer) programs() (list []*kernels.Program) {
	for _, p := range []*kernels.Program{t.program, t.own.step, t.mem.heldOut.program} {
		if p != nil {
			list = append(list, p)
		}
	}
	return list
}

// Open allocates the memory, and fills it for the first update.
func (t *Trainer) Open() (err error) {
	if t.session, err = machine.NewRankSession(t.own.group, t.backend, t.layout, nil, t.programs()...); err != nil {
		return err
	}
	k := &t.mem
	flat := make([]float32, t.model.Params().Len())
	k.net.Init(flat, t.options.Seed)
	err = errors.Join(
		t.session.Upload(k.values, t.data.Values), t.session.Upload(k.draws, t.table), t.session.Upload(k.schedule, t.options.schedule()),
		t.session.Upload(k.net.Flat, flat), t.session.Upload(k.ema.Flat, flat), t.adam.InitState(t.session),
		k.heldOut.fill(t.session, t.data.HeldOut), k.powers.start(t.session, flat, t.options.Updates),
	)
	if t.data.Described != nil {
		err = errors.Join(err, t.session.Upload(k.described, t.data.Described))
	}
	if t.data.Class != nil {
		labels := make([]float32, t.data.N())
		for i, c := range t.data.Class {
			labels[i] = float32(c)
		}
		err = errors.Join(err, t.session.Upload(k.labels, labels))
	}
	if err != nil {
		return errors.Join(err, t.Close())
	}
	return nil
}

// Close frees the memory.
func (t *Trainer) Close() error {
	if t.session == nil {
		return nil
	}
	return t.session.Close()
}

// Update is the number of updates done.
func (t *Trainer) Update() int { return t.update }

// Step is one update. It returns a train.Repeated for a loss or a gradient that is not finite.
func (t *Trainer) Step(context.Context) error {
	if err := t.run(); err != nil {
		return fmt.Errorf("fit: %w", err)
	}
	t.update++
	sums, err := t.read(t.mem.sums)
	if err != nil || firstBad(sums) < 0 {
		return err
	}
	return t.culprit()
}

// culprit is the error that names the first tensor with a number that is not finite, in the order in which an update
// writes them.
func (t *Trainer) culprit() error {
	k := &t.mem
	for _, x := range []machine.Tensor{k.batch.X, k.loss.Target, k.batch.Y, k.loss.Value, t.adam.Grads().Flat, k.net.Flat, k.sums} {
		v, err := t.read(x)
		if err != nil {
			return err
		}
		if err := t.finite(x.Name(), v); err != nil {
			return err
		}
	}
	return nil
}

// finite is an error if a number is not finite.
func (t *Trainer) finite(name string, v []float32) error {
	i := firstBad(v)
	if i < 0 {
		return nil
	}
	return &train.Repeated{Err: fmt.Errorf("fit: update %d: %s[%d] is %g and training has stopped; a lower train.lr may help", t.update, name, i, v[i])}
}

// read copies a tensor of the arena to the host.
func (t *Trainer) read(x machine.Tensor) ([]float32, error) {
	v := make([]float32, x.Len())
	return v, errors.Join(t.session.Download(v, x), t.session.Sync())
}

// Names of the metrics.
const (
	LossName    = "loss"
	NormName    = "grad_norm"
	RateName    = "lr"
	HeldOutName = "held_out_loss"
)

// Scalars are means over the updates since the last call, the rate of the last update, and the loss on held-out samples if there
// are any.
func (t *Trainer) Scalars() ([]record.Scalar, error) {
	sums, err := t.read(t.mem.sums)
	if err != nil {
		return nil, err
	}
	n := float64(max(1, sums[sumOfUpdates]))
	scalars := []record.Scalar{
		{Name: LossName, Value: float64(sums[sumOfLoss]) / n}, {Name: NormName, Value: float64(sums[sumOfNorm]) / n},
		{Name: RateName, Value: t.options.rate(max(0, t.update-1))},
	}
	if t.data.HeldOut != nil {
		loss, err := t.HeldOutLoss()
		if err != nil {
			return nil, err
		}
		scalars = append(scalars, record.Scalar{Name: HeldOutName, Value: loss})
	}
	return scalars, t.session.Upload(t.mem.sums, make([]float32, sumsLen))
}

// Headline is the losses.
func (t *Trainer) Headline(line record.Line) string {
	loss, ok := line.Values[LossName]
	if !ok {
		return ""
	}
	text := fmt.Sprintf("loss %.4f", loss)
	if apart, ok := line.Values[HeldOutName]; ok {
		text += fmt.Sprintf(", held out %.4f", apart)
	}
	return text
}

// Curve draws the losses into one panel.
func (t *Trainer) Curve(lines []record.Line) []record.Panel {
	series := []record.Series{lossSeries("training", LossName, lines)}
	if t.data.HeldOut != nil {
		series = append(series, lossSeries("held out", HeldOutName, lines))
	}
	return []record.Panel{{Title: "Loss", XLabel: "update", Series: series}}
}

func lossSeries(name, metric string, lines []record.Line) record.Series {
	s := record.Series{Name: name}
	for _, line := range lines {
		if loss, ok := line.Values[metric]; ok {
			s.X, s.Y = append(s.X, float64(line.Update)), append(s.Y, loss)
		}
	}
	return s
}

// Average is the average of the parameters, from which samples are drawn: a host copy of nn.Placed.Flat.
func (t *Trainer) Average() ([]float32, error) { return t.read(t.mem.ema.Flat) }
