package sample

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/unet"
)

// Options of a sampler.
type Options struct {
	Batch   int // images at a time
	Predict diffusion.Prediction
	Clip    float32 // estimates of x_0 are limited to [-Clip, Clip]; 0: they are not
	Seed    uint64

	// Guidance is the weight w of classifier-free guidance (Ho and Salimans, arXiv 2207.12598): the prediction is that without a class
	// plus w times the difference that the class makes. 1 evaluates the class alone; any other weight evaluates the network twice
	// for each image. The last class of the network stands for none.
	Guidance float32
	Guide    *Guide // evaluated in place of the network without a class; nil: none

	untold bool // each evaluation computes what the blocks are told: the form without a table, see tellings
}

// Sampler is a network with a plan on a device.
type Sampler struct {
	plan    diffusion.Plan
	options Options
	pixels  int // numbers of an image
	classes int

	session     *machine.Session
	start, step *kernels.Program
	mem         memory
	imaged      bool // the last request had an image
}

// memory is what the Programs read and write.
type memory struct {
	net    *nn.Placed
	batch  unet.Batch
	table  machine.Tensor // [evaluations, columns]
	at     machine.Tensor // [1] number of the evaluation
	x      machine.Tensor // [n, pixels]
	y      machine.Tensor // [n, pixels], of the batch: the prediction
	none   machine.Tensor // [n, pixels] the prediction without a class, or that of the guide; None without guidance
	base   machine.Tensor // [n, pixels]; None if the plan has none
	slopes []machine.Tensor
	noise  machine.Tensor // [n, pixels]
	image  machine.Tensor // [n, pixels] x_0 that gets the noise of the first level; zeros: none

	in       inbox          // dice, and what the networks are told
	dice     machine.Tensor // [n, 2] counter of each image: its number, and the draw
	nextDraw machine.Tensor // [2] what a draw adds to a counter

	told []*tellings // of the network and, if there is one, of its guide; nil where the tables would have no room

	// Of a guide; otherwise nil, and None.
	guide *nn.Placed
	worse unet.Batch // that of the network, with an output of its own

	// Of plans of diffusion.Inpaint; otherwise None.
	known           machine.Tensor // [n, pixels] 1 where the image is kept
	ofImage, ofBack machine.Tensor // [n, pixels] noise of the image and of the forward process
}

// New places a network with these parameters and builds the Programs of a plan. The caller closes the sampler.
func New(backend kernels.Backend, m *unet.Model, flat []float32, plan diffusion.Plan, o Options) (_ *Sampler, err error) {
	c := m.Config()
	if err := check(&c, plan, o); err != nil {
		return nil, err
	}
	s := &Sampler{plan: plan, options: o, pixels: c.Inputs, classes: c.Classes}
	for _, n := range c.Size {
		s.pixels *= n
	}
	t, l := newTable(plan, o.Predict), machine.NewLayout()
	s.place(l, m, t)
	if s.start, err = s.buildStart(l); err != nil {
		return nil, err
	}
	if s.step, err = s.buildStep(l, m, t); err != nil {
		return nil, err
	}
	if s.session, err = machine.NewSession(backend, l, s.start, s.step); err != nil {
		return nil, err
	}
	err = errors.Join(s.session.Upload(s.mem.net.Flat, flat), s.session.Upload(s.mem.table, t.data), s.session.Upload(s.mem.nextDraw, []float32{0, 1}))
	if o.Guide != nil {
		err = errors.Join(err, s.session.Upload(s.mem.guide.Flat, o.Guide.Flat))
	}
	for _, told := range s.mem.told {
		err = errors.Join(err, told.uploadTimes(s.session, t.values("time")))
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func check(c *unet.Config, plan diffusion.Plan, o Options) error {
	switch {
	case len(plan) == 0:
		return errors.New("sample: the plan has no evaluation")
	case o.Batch < 1 || o.Batch > 1<<16:
		return fmt.Errorf("sample: a batch of %d; allowed: 1 to %d", o.Batch, 1<<16)
	case c.Inputs != c.Outputs:
		return fmt.Errorf("sample: the network maps %d channels to %d; a denoiser has as many", c.Inputs, c.Outputs)
	case o.Guidance != 1 && o.Guide == nil && c.Classes < 2:
		return fmt.Errorf("sample: guidance of %g for a network without classes; allowed: 1", o.Guidance)
	case len(plan) >= draws:
		return fmt.Errorf("sample: a plan of %d evaluations; allowed: below %d", len(plan), draws)
	}
	return o.Guide.check(c, o.Guidance)
}

// draws bounds the number of a draw, a word of the counter.
const draws = 1 << 24

func (s *Sampler) guided() bool { return s.options.Guidance != 1 }

// place adds the memory to the layout. With guidance by the network itself, the network's batch has every image twice: with its class, then without.
func (s *Sampler) place(l *machine.Layout, m *unet.Model, t *table) {
	n, k := s.options.Batch, &s.mem
	evaluated := n
	if s.twice() {
		evaluated = 2 * n
	}
	s.placeInbox(l, m, t.rows, evaluated)
	k.net, k.batch = m.Params().Place(l, "net"), m.Place(l, "batch", evaluated)
	image := func(name string) machine.Tensor { return l.Add(name, n, s.pixels) }
	k.table, k.at, k.nextDraw = l.Add("table", t.rows, len(t.columns)), l.Add("evaluation", 1), l.Add("draw", 2)
	k.x, k.noise, k.image = image("x"), image("noise"), image("image")
	k.y = l.View("prediction", k.batch.Y, 0, n, s.pixels)
	switch {
	case s.twice():
		k.none = l.View("prediction/none", k.batch.Y, n*s.pixels, n, s.pixels)
	case s.guided():
		s.placeGuide(l)
	}
	for i, told := range k.told {
		told.place(l, toldNames[i], []*nn.Placed{k.net, k.guide}[i])
	}
	if t.has("next.base") || t.has("base.base") {
		k.base = image("base")
	}
	for i := range t.remembered() {
		k.slopes = append(k.slopes, image(slopeName("slope", i)))
	}
	for _, c := range []struct {
		to           *machine.Tensor
		column, name string
	}{{&k.known, "known", "known"}, {&k.ofImage, "known.noise", "noise/image"}, {&k.ofBack, "back.noise", "noise/back"}} {
		if t.has(c.column) {
			*c.to = image(c.name)
		}
	}
}

// toldNames are the names of what the network is told, and its guide.
var toldNames = [...]string{"told", "guide/told"}

// placeInbox adds what a request fills. The network and its guide are told by tables if both have room.
func (s *Sampler) placeInbox(l *machine.Layout, m *unet.Model, evaluations, n int) {
	k, models := &s.mem, []*unet.Model{m}
	if g := s.options.Guide; g != nil {
		models = append(models, g.Model)
	}
	k.in.want(&k.dice, "dice", s.options.Batch, 2)
	full := func(m *unet.Model) bool { return !canTell(m, evaluations, n) }
	if !s.options.untold && !slices.ContainsFunc(models, full) {
		for i, m := range models {
			told := newTellings(m, evaluations, n)
			told.want(&k.in, toldNames[i])
			k.told = append(k.told, told)
		}
	}
	k.in.place(l, "request")
}

// Request is a batch of samples.
type Request struct {
	First   int       // number of the first image
	Classes []float32 // [n], below the network's; nil for a network without classes
	// Image is x_0 [n, pixels], channels last, that gets the noise of the plan's first level. nil: noise alone, which is right where
	// that level has next to no signal.
	Image []float32
	Known []float32 // [n, pixels]: 1 where Image is kept, 0 where it is drawn; for plans of diffusion.Inpaint, and for no other
	// Watch sees x [n, pixels] after every evaluation and must not keep it. With it, each evaluation is a call of the backend.
	Watch func(evaluation int, x []float32) error
}

// Run returns samples [n, pixels], channels last, in one call of the backend for all evaluations.
func (s *Sampler) Run(r Request) ([]float32, error) { return s.run(r, s.options.Batch) }

// run draws the n images of a request, n up to the batch. What is left of the batch is drawn for nothing.
func (s *Sampler) run(r Request, n int) ([]float32, error) {
	if err := s.checkRequest(r, n); err != nil {
		return nil, err
	}
	x := make([]float32, s.options.Batch*s.pixels)
	err := s.upload(s.filled(r, n))
	switch {
	case err != nil:
	case r.Watch != nil:
		err = s.watched(x, func(i int, x []float32) error { return r.Watch(i, x[:n*s.pixels]) })
	default:
		err = s.whole()
		if err == nil {
			err = s.read(x)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("sample: %w", err)
	}
	return x[:n*s.pixels], nil
}

// filled is a request of n images, filled up to the batch with images of zeros and of class 0.
func (s *Sampler) filled(r Request, n int) Request {
	rest := s.options.Batch - n
	for _, list := range []struct {
		of   *[]float32
		size int
	}{{&r.Classes, 1}, {&r.Image, s.pixels}, {&r.Known, s.pixels}} {
		if *list.of != nil && rest > 0 {
			*list.of = slices.Concat(*list.of, make([]float32, rest*list.size))
		}
	}
	return r
}

// upload writes what a request says, by one copy unless there is an image.
func (s *Sampler) upload(r Request) error {
	n, k := s.options.Batch, &s.mem
	dice := make([]float32, 2*n)
	for i := range n {
		dice[2*i] = float32(r.First + i)
	}
	k.in.set(k.dice, dice)
	for _, told := range k.told {
		told.setClasses(&k.in, s.classesOf(r))
	}
	err := k.in.send(s.session)
	if s.classes > 0 && len(k.told) == 0 {
		err = errors.Join(err, s.session.Upload(k.batch.Class, s.classesOf(r)))
	}
	if k.known != machine.None {
		err = errors.Join(err, s.session.Upload(k.known, r.Known))
	}
	return errors.Join(err, s.uploadImage(r.Image))
}

// uploadImage writes x_0 of a request, and zeros where the last one has left something.
func (s *Sampler) uploadImage(image []float32) error {
	last := s.imaged
	s.imaged = image != nil
	switch {
	case s.imaged:
		return s.session.Upload(s.mem.image, image)
	case last:
		return s.session.Upload(s.mem.image, make([]float32, s.mem.image.Len()))
	}
	return nil
}

// whole makes all evaluations from the first on, in one call of the backend.
func (s *Sampler) whole() error {
	return s.session.RunAll(machine.Call{Program: s.start, Times: 1}, machine.Call{Program: s.step, Times: len(s.plan)})
}

// watched makes all evaluations, each by a call, and reads x after each.
func (s *Sampler) watched(x []float32, watch func(evaluation int, x []float32) error) error {
	if err := s.session.Run(s.start); err != nil {
		return err
	}
	for i := range s.plan {
		if err := errors.Join(s.session.Run(s.step), s.read(x)); err != nil {
			return err
		}
		if err := watch(i, x); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sampler) read(x []float32) error {
	return errors.Join(s.session.Download(x, s.mem.x), s.session.Sync())
}

// checkRequest reports what is wrong with a request of n images.
func (s *Sampler) checkRequest(r Request, n int) error {
	switch {
	case r.First < 0 || r.First+n > draws:
		return fmt.Errorf("sample: images from %d; allowed: 0 to %d", r.First, draws-n)
	case s.classes == 0 && r.Classes != nil || s.classes > 0 && len(r.Classes) != n:
		return fmt.Errorf("sample: %d classes for %d images of a network with %d", len(r.Classes), n, s.classes)
	case r.Image != nil && len(r.Image) != n*s.pixels:
		return fmt.Errorf("sample: images of %d numbers; allowed: %d, or none", len(r.Image), n*s.pixels)
	case s.mem.known == machine.None && r.Known != nil:
		return errors.New("sample: a part of an image is known, but the plan draws all of it; allowed: a plan of diffusion.Inpaint")
	case s.mem.known != machine.None && (r.Image == nil || len(r.Known) != n*s.pixels):
		return fmt.Errorf("sample: %d numbers of an image of which %d say whether they are known; the plan needs %d of both", len(r.Image), len(r.Known), n*s.pixels)
	}
	for i, known := range r.Known {
		if known != 0 && known != 1 {
			return fmt.Errorf("sample: number %d is known by %g; allowed: 0 or 1", i, known)
		}
	}
	for i, c := range r.Classes {
		if !(c >= 0 && int(c) < s.classes) || c != float32(int(c)) {
			return fmt.Errorf("sample: image %d has class %g; allowed: 0 to %d", i, c, s.classes-1)
		}
	}
	return nil
}

// classesOf adds the class for none where the network is its own guide.
func (s *Sampler) classesOf(r Request) []float32 {
	all := slices.Clone(r.Classes)
	if s.twice() {
		for range r.Classes {
			all = append(all, float32(s.classes-1))
		}
	}
	return all
}

// Bytes is the memory of the sampler, parameters included.
func (s *Sampler) Bytes() int64 { return 4 * max(s.start.Arena, s.step.Arena) }

// Close frees the memory on the device.
func (s *Sampler) Close() error { return s.session.Close() }
