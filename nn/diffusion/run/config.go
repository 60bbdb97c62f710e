// Package run is a training run of a diffusion model from its configuration to its folder: it loads settings, reads the
// set, connects network, trainer and backend, resumes, and draws samples from what is trained.
package run

import (
	_ "embed"
	"slices"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/diffusion/fit"
	"github.com/gmel-go/gmel/nn/diffusion/quality"
	"github.com/gmel-go/gmel/nn/unet"
)

//go:embed config.go
var configSource string

// Config has all settings of a run. It is read from YAML, strictly: unknown keys are errors. Omitted keys keep their
// default.
type Config struct {
	// Seed is the seed from which initial parameters, draws and noise of the run are derived.
	Seed uint64 `yaml:"seed"`

	Data   Data   `yaml:"-"`
	Model  Model  `yaml:"-"`
	Train  Train  `yaml:"-"`
	Tuning Tuning `yaml:"-"`
	Sample Sample `yaml:"-"`
}

// Steel is the source of the embedded set.
const Steel = "builtin:steel"

// Data is the section data: the set.
type Data struct {
	// Source is a folder with a subfolder of images for each class, an array FILE.npy of images or windows, a table FILE.csv of
	// sensors, which is cut into windows, or builtin:steel, drawn steel defects. Windows need the model 1d.
	Source string `yaml:"source"`
	// Labels is a table (CSV) that says what the samples of an array are, a row for each; "": labels.csv beside the array.
	Labels string `yaml:"labels"`
	// Axes are the dimensions of an array, with samples n, rows y, columns x, channels c and times t: images stands for nyx, nyxc
	// or ncyx, windows for nt or ntc; nct (channels first) must be named. The default is images, with the model 1d windows.
	Axes string `yaml:"axes"`
	// ClassColumn is the column of the class in a table of labels or sensors; "": all samples are of one class.
	ClassColumn string `yaml:"class_column"`
	// GroupColumn is the column of what a sample is from, such as a run or a coil: of one source, all samples are trained on or
	// none is. "": each sample of an array is its own source, and in a table of sensors each stretch of lines of one class.
	GroupColumn string `yaml:"group_column"`
	// SplitColumn is the column that says which samples are trained on and which are held out; "": held_out of them at random.
	SplitColumn string `yaml:"split_column"`
	// TrainingPart is what split_column has for the samples to train on.
	TrainingPart string `yaml:"training_part"`
	// HeldOutPart is what split_column has for the samples that are held out. Samples of other parts are not used.
	HeldOutPart string `yaml:"held_out_part"`
	// Classes are those that are used, in this order; []: all.
	Classes []string `yaml:"classes"`
	// Window is the number of lines of a table of sensors in a window. The model 1d needs a multiple of 4.
	Window int `yaml:"window"`
	// Hop is the number of lines from one window to the next; 0: as many as in a window, so that they do not overlap.
	Hop int `yaml:"hop"`
	// Sensors are the columns of a table with the values of a window; []: all that are not named otherwise.
	Sensors []string `yaml:"sensors"`
	// Height of the images, in pixels.
	Height int `yaml:"height"`
	// Width of the images, in pixels.
	Width int `yaml:"width"`
	// Channels are 1 (grey) or 3 (colour); 0: grey if all images are.
	Channels int `yaml:"channels"`
	// Fit is what happens to an image of another size: crop, pad or stretch.
	Fit string `yaml:"fit"`
	// PerClass is the number of images of a class of builtin:steel.
	PerClass int `yaml:"per_class"`
	// FlipX adds every image mirrored left to right, or every window backwards. The default is true, with the model 1d false.
	FlipX bool `yaml:"flip_x"`
	// FlipY adds every image mirrored top to bottom. The default is true, with the model 1d false, as windows have no rows.
	FlipY bool `yaml:"flip_y"`
	// Shift moves the variants of an image in each direction by up to this number of pixels, those of a window in time; what comes in is the reflection.
	Shift int `yaml:"shift"`
	// Variants is the number of variants of an image if there are shifts: itself, and others that are mirrored and moved at random.
	Variants int `yaml:"variants"`
	// Equalise gives the mean of a channel over a window half the power, and its octaves of frequencies the other half in equal
	// parts, so that a network also learns what is small beside the differences between windows. Samples have their own power.
	// The default is false, with the model 1d true, since it is for windows only.
	Equalise bool `yaml:"equalise"`
	// Told tells the network how an image was mirrored and moved, so that samples are not.
	Told bool `yaml:"told"`
	// Balance draws all classes equally often, but an image at most this many times as often as if all were drawn alike.
	Balance float64 `yaml:"balance"`
	// HeldOut is the share of the samples that are not trained on. The loss on them is reported beside that of training, and at
	// the end quality is measured beside them; 0: neither. With split_column, the share is what the table says.
	HeldOut float64 `yaml:"held_out"`
}

// Model is the section model: the network.
type Model struct {
	// Size is xs, s, m or l for images: 0.3, 1.1, 7 or 25 million parameters; or 1d for windows: 0.7 million.
	Size string `yaml:"size"`
}

// Train is the section train.
type Train struct {
	// Objective is denoising, or consistency: a trained network is tuned so that 1 to 4 evaluations make a sample.
	Objective string `yaml:"objective"`
	// From is the folder of the run whose averaged parameters the run starts from; "": it starts from random ones.
	From string `yaml:"from"`
	// FromSHA256 is the digest of those parameters. Leave it empty in a new configuration.
	FromSHA256 string `yaml:"from_sha256"`
	// Updates is the length of the run.
	Updates int `yaml:"updates"`
	// Batch is the number of images of an update.
	Batch int `yaml:"batch"`
	// LR is Adam's learning rate after the warm-up. It falls to zero along half a cosine.
	LR float64 `yaml:"lr"`
	// WarmUp is the number of updates in which the learning rate rises.
	WarmUp int `yaml:"warm_up"`
	// MaxNorm clips the gradient by its global norm; 0: it does not.
	MaxNorm float64 `yaml:"max_norm"`
	// EMA is the decay, in one update, of the average of the parameters from which samples are drawn.
	EMA float64 `yaml:"ema"`
	// Snapshots is how often, evenly over the run, two more averages of the parameters are kept in snapshots/. They give an
	// average of any length after the run, and earlier networks to guide by; 0: never.
	Snapshots int `yaml:"snapshots"`
	// Dropout is the probability of dropout in every residual block.
	Dropout float64 `yaml:"dropout"`
	// Unlabelled is the share of images whose class the network is not told, which guidance needs.
	Unlabelled float64 `yaml:"unlabelled"`

	// LogEvery is the number of updates between reports of the loss; 0: only at the end.
	LogEvery int `yaml:"log_every"`
	// SampleEvery is the number of updates between pictures of samples; 0: only at the end.
	SampleEvery int `yaml:"sample_every"`
	// CheckpointEvery is the number of updates between checkpoints; 0: only at the end.
	CheckpointEvery int `yaml:"checkpoint_every"`

	// Backend is "auto", "gpu", "cpu" or "ref". Results do not depend on it.
	Backend string `yaml:"backend"`
	// Device of the gpu backend, such as "gpu:1"; "": the first. gmel info lists them.
	Device string `yaml:"device"`
	// Threads of the backend; 0: all cores. Results do not depend on it.
	Threads int `yaml:"threads"`
	// ISA of the cpu backend; "": the best. Results do not depend on it.
	ISA string `yaml:"isa"`
}

// Tuning is the section tuning: how consistency is learnt. An update compares the estimates from noise t and from less noise
// r = t (1 - d (1 + 8 sigmoid(-t))) of the same image.
type Tuning struct {
	// Gap is d of the first updates.
	Gap float64 `yaml:"gap"`
	// Stages are equal parts of the run; d is halved from one to the next.
	Stages int `yaml:"stages"`
	// Huber is the constant of the pseudo-Huber loss, as a root mean square over the values of an image.
	Huber float64 `yaml:"huber"`
}

// Sample is the section sample: how samples are drawn for the pictures of a run.
type Sample struct {
	// Sampler is ddim, heun, ipndm, dpm++, unipc, ddpm, or consistency for a network with that objective.
	Sampler string `yaml:"sampler"`
	// Steps are those of the sampler. Each is one evaluation of the network; with heun it is two, but one for the last.
	Steps int `yaml:"steps"`
	// Highest is the noise level of the first step; 0: that of the sampler, 80, or 10 for consistency.
	Highest float64 `yaml:"highest"`
	// Lowest is the noise level of the last step; 0: that of the sampler, 0.002, or 0.4 for consistency.
	Lowest float64 `yaml:"lowest"`
	// Count is the number of samples of each class.
	Count int `yaml:"count"`
	// Guidance is the weight of classifier-free guidance; 1: none.
	Guidance float64 `yaml:"guidance"`
}

// Default returns the configuration of `gmel diffusion train` without arguments.
func Default() *Config {
	f, tuned := fit.Defaults(), fit.TunedDefaults().Tuning
	return &Config{
		Seed: 1,
		Data: Data{
			Source: Steel, Axes: string(dataset.AxesImages), ClassColumn: "class", TrainingPart: "train", HeldOutPart: "test", Window: 64,
			Height: 32, Width: 32, Fit: string(dataset.Crop), PerClass: 200, FlipX: true, FlipY: true, Shift: 0, Variants: 16, Told: true, Balance: 20, HeldOut: 0.2,
		},
		Model: Model{Size: "xs"},
		Train: Train{
			Objective: denoising, Updates: 1500, Batch: 32, LR: f.LR, WarmUp: f.WarmUp, MaxNorm: f.MaxNorm, EMA: f.EMA, Snapshots: 8, Dropout: 0.1,
			Unlabelled: f.Unlabelled,
			LogEvery:   50, SampleEvery: 500, CheckpointEvery: 500, Backend: "auto",
		},
		Tuning: Tuning{Gap: tuned.Gap, Stages: tuned.Stages, Huber: tuned.Huber},
		Sample: Sample{Sampler: "heun", Steps: 18, Count: 8, Guidance: 1},
	}
}

// sequenceModel is the size of the network for windows.
const sequenceModel = "1d"

// imageModels are the sizes of networks for images.
func imageModels() []string {
	return slices.DeleteFunc(slices.Clone(unet.Presets), func(name string) bool { return name == sequenceModel })
}

// forSequences changes the defaults to those of windows.
func (c *Config) forSequences() {
	c.Model.Size, c.Data.Axes, c.Data.FlipX, c.Data.FlipY = sequenceModel, string(dataset.AxesWindows), false, false
	c.Data.Equalise = true
}

// sections returns the parts of the document in the order in which they are printed.
func (c *Config) sections() []setting.Section {
	docs := func(name string) func() map[string]string {
		return func() map[string]string { return setting.StructDocs(configSource, name) }
	}
	return []setting.Section{
		{Value: c, Docs: docs("Config")},
		{Name: "data", Value: &c.Data, Doc: "data is the set.", Docs: docs("Data")},
		{Name: "model", Value: &c.Model, Doc: "model is the network.", Docs: docs("Model")},
		{Name: "train", Value: &c.Train, Doc: "train holds the settings of training.", Docs: docs("Train")},
		{Name: "tuning", Value: &c.Tuning, Doc: "tuning is the section of train.objective consistency.", Docs: docs("Tuning")},
		{Name: "sample", Value: &c.Sample, Doc: "sample says how samples are drawn for the pictures of a run.", Docs: docs("Sample")},
	}
}

// YAML returns every setting with the value in effect; Load reads it back.
func (c *Config) YAML() []byte { return setting.Text(setting.Encode(c.sections()), 4) }

// Commented is YAML with a description above every setting.
func (c *Config) Commented() []byte {
	doc := setting.Encode(c.sections())
	setting.Comment(doc, c.sections())
	return setting.Text(doc, 2)
}

// numbers returns the configuration without the settings that must not change a result. The place of a folder is left out,
// too: a checkpoint has the digest of what was read.
func (c *Config) numbers() *Config {
	n := *c
	if n.Data.Source != Steel {
		n.Data.Source = "a folder"
	}
	if n.Data.Labels != "" {
		n.Data.Labels = "a table"
	}
	n.Train.Backend, n.Train.Device, n.Train.Threads, n.Train.ISA = "", "", 0, ""
	n.Train.From = "" // the digest counts
	return &n
}

// options are those of the trainer.
func (c *Config) options() fit.Options {
	o, t := fit.Defaults(), &c.Train
	if t.Objective == consistency {
		o = fit.TunedDefaults()
		o.Tuning.Gap, o.Tuning.Stages, o.Tuning.Huber = c.Tuning.Gap, c.Tuning.Stages, c.Tuning.Huber
	}
	o.Seed, o.Updates, o.Batch, o.LR, o.WarmUp = c.Seed, t.Updates, t.Batch, t.LR, t.WarmUp
	o.MaxNorm, o.EMA, o.Unlabelled, o.Keep = t.MaxNorm, t.EMA, t.Unlabelled, t.Snapshots > 0
	return o
}

// snapshotEvery is the number of updates between snapshots; 0: there are none.
func (t *Train) snapshotEvery() int {
	if t.Snapshots == 0 {
		return 0
	}
	return (t.Updates + t.Snapshots - 1) / t.Snapshots
}

// most bounds sizes, so that products of them do not overflow.
const most = 1 << 16

// Check reports the settings that are not allowed.
func (d *Data) Check(v *setting.Checker) {
	d.checkSource(v)
	v.Count("height", d.Height, 4, 4096)
	v.Count("width", d.Width, 4, 4096)
	v.Require(d.Channels == 0 || d.Channels == 1 || d.Channels == 3, "channels", d.Channels, "1, 3, or 0 for what the images have")
	v.OneOf("fit", d.Fit, string(dataset.Crop), string(dataset.Pad), string(dataset.Stretch))
	v.Count("per_class", d.PerClass, 1, most)
	if d.sequences() {
		v.Count("shift", d.Shift, 0, most)
	} else {
		v.Count("shift", d.Shift, 0, min(d.Height, d.Width)-1)
	}
	v.Count("variants", d.Variants, 2, 1024)
	v.Require(d.Balance >= 1, "balance", d.Balance, "at least 1")
	v.Require(d.HeldOut >= 0 && d.HeldOut <= 0.9, "held_out", d.HeldOut, "0 to 0.9")
	small := min(d.Height, d.Width) < quality.Smallest
	v.Require(d.HeldOut == 0 || !small, "held_out", d.HeldOut, "0 for images below 8 by 8 pixels, which have no features")
	if d.Source == Steel {
		v.Require(d.Height == d.Width && d.Height >= 8 && d.Height <= 512, "height", d.Height, "for "+Steel+" the width, 8 to 512")
		v.Require(d.Channels < 2, "channels", d.Channels, "0 or 1 for "+Steel)
	}
}

// Check reports the settings that are not allowed.
func (m *Model) Check(v *setting.Checker) { v.OneOf("size", m.Size, unet.Presets...) }

// Check reports the settings that are not allowed.
func (t *Train) Check(v *setting.Checker) {
	v.OneOf("objective", t.Objective, denoising, consistency)
	v.Require(t.Objective != consistency || t.From != "", "objective", t.Objective, denoising+", or with train.from "+consistency)
	v.Count("updates", t.Updates, 1, 1<<24)
	v.Count("batch", t.Batch, 1, most)
	v.Require(t.LR > 0 && t.LR <= 1, "lr", t.LR, "above 0, up to 1")
	v.Count("warm_up", t.WarmUp, 0, 1<<24)
	v.NotNegative("max_norm", t.MaxNorm)
	share := func(path string, x float64) { v.Require(x >= 0 && x < 1, path, x, "from 0, below 1") }
	share("ema", t.EMA)
	v.Count("snapshots", t.Snapshots, 0, 256)
	share("dropout", t.Dropout)
	share("unlabelled", t.Unlabelled)
	v.AtLeast("log_every", t.LogEvery, 0)
	v.AtLeast("sample_every", t.SampleEvery, 0)
	v.AtLeast("checkpoint_every", t.CheckpointEvery, 0)
	v.OneOf("backend", t.Backend, append([]string{"auto"}, kernels.Backends()...)...)
	v.Count("threads", t.Threads, 0, 1024)
}

// Check reports the settings that are not allowed.
func (t *Tuning) Check(v *setting.Checker) {
	v.Require(t.Gap > 0 && t.Gap <= 1, "gap", t.Gap, "above 0, up to 1")
	v.Count("stages", t.Stages, 1, 20)
	v.Require(t.Huber > 0 && t.Huber <= 100, "huber", t.Huber, "above 0, up to 100")
}

// mostSteps bounds the steps of a sampler.
const mostSteps = 10000

// Check reports the settings that are not allowed.
func (s *Sample) Check(v *setting.Checker) {
	v.OneOf("sampler", s.Sampler, diffusion.Samplers()...)
	v.Count("steps", s.Steps, 1, mostSteps)
	s.checkLevels(v)
	v.Count("count", s.Count, 1, most)
	v.Require(s.Guidance >= 0 && s.Guidance <= 100, "guidance", s.Guidance, "0 to 100")
}
