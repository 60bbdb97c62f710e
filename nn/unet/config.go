package unet

import (
	"cmp"
	"fmt"
	"slices"
)

// Level is a resolution of the network. Each has half the rows and columns of the one before.
type Level struct {
	Channels  int
	Attention bool // self-attention after each of its residual blocks
}

// Config describes a network.
type Config struct {
	Size    []int // of the input without channels: [Y, X] of an image or [T] of a sequence
	Inputs  int   // channels of x
	Outputs int   // channels of y
	Levels  []Level
	Blocks  int  // residual blocks of a level on the way down; on the way up there is one more
	Middle  bool // self-attention between the two residual blocks of the middle

	HeadWidth int     // width of a head of attention; 0: one head
	Groups    int     // of every group normalisation
	Eps       float32 // added to every variance
	Kernel    int     // width of the convolutions, odd
	AtEnd     bool    // an image is padded only below and to the right when it is made smaller, as in DDPM
	Dropout   float32 // probability, before the second convolution of a residual block, in training

	Classes   int     // rows of the class embedding, 0: no classes
	Augment   int     // numbers that say how a sample was augmented, 0: none
	TimeWidth int     // width of the embeddings of time, class and augmentation
	FreqShift float64 // the lowest frequency of the time embedding is 10000^(-(H-1)/(H-FreqShift)), H half the channels of level 0
	AddTime   bool    // time is added to the features, as in DDPM; otherwise it scales and shifts them
}

// Presets are the names of the sizes of UNet-lite.
var Presets = []string{"xs", "s", "m", "l", "1d"}

// Preset is a size of UNet-lite by its name, one of Presets, for data of this size and number of channels. Its class
// embedding has a row for each class and a last one for "none"; without classes it has none. The network "1d" is for
// sequences.
func Preset(name string, size []int, channels, classes int) (Config, error) {
	c := Config{Size: slices.Clone(size), Inputs: channels, Outputs: channels, Eps: 1e-5, Kernel: 3, Dropout: 0.1, FreqShift: 1}
	base, blocks, factors := 0, 1, []int{1, 2, 2}
	switch name {
	case "xs":
		base = 16
	case "s", "1d":
		base, c.Middle = 32, true
	case "m":
		base, blocks, c.Middle = 64, 2, true
	case "l":
		base, blocks, factors, c.Middle = 96, 2, []int{1, 2, 3}, true
	default:
		return Config{}, fmt.Errorf("unet: no size %q, only %v", name, Presets)
	}
	c.Blocks, c.Groups, c.TimeWidth = blocks, base/4, 4*base
	for i, f := range factors {
		c.Levels = append(c.Levels, Level{Channels: f * base, Attention: blocks == 2 && i == len(factors)-1})
	}
	if name == "1d" {
		c.Kernel = 5
	}
	if classes < 0 {
		return Config{}, fmt.Errorf("unet: %d classes, must be at least 1, or 0 for none", classes)
	}
	if classes > 0 {
		c.Classes = classes + 1
	}
	if (name == "1d") != (len(size) == 1) {
		return Config{}, fmt.Errorf("unet: size %v does not fit %q: sequences [T] have 1d, images [Y, X] the others", size, name)
	}
	return c, c.Validate()
}

// Sequence reports that the data are sequences, not images.
func (c *Config) Sequence() bool { return len(c.Size) == 1 }

// Validate returns an error that names the first field that does not fit, or nil.
func (c *Config) Validate() error {
	if err := c.check(); err != nil {
		return fmt.Errorf("unet: %w", err)
	}
	return nil
}

func (c *Config) check() error {
	for _, check := range []func() error{c.checkSize, c.checkLevels, c.checkBlocks, c.checkEmbedding} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) checkSize() error {
	if len(c.Size) != 1 && len(c.Size) != 2 {
		return fault("Size", c.Size, "[Y, X] or [T]")
	}
	if len(c.Levels) < 1 || len(c.Levels) > 16 {
		return fmt.Errorf("there are %d Levels, must be 1 to 16", len(c.Levels))
	}
	factor := 1 << (len(c.Levels) - 1)
	for _, n := range c.Size {
		if n < 1 || n > most || n%factor != 0 {
			return fault("Size", c.Size, "multiples of %d: %d levels halve it %d times", factor, len(c.Levels), len(c.Levels)-1)
		}
	}
	return cmp.Or(within("Inputs", c.Inputs, 1), within("Outputs", c.Outputs, 1))
}

// fault says what a field must be.
func fault(field string, is any, must string, with ...any) error {
	return fmt.Errorf("%s is %v, must be %s", field, is, fmt.Sprintf(must, with...))
}

// most is a limit of every size, so that products of them do not overflow.
const most = 1 << 20

// within checks a number.
func within(name string, n, least int) error {
	if n < least || n > most {
		return fault(name, n, "%d to %d", least, most)
	}
	return nil
}

func channelsOf(level int) string { return fmt.Sprintf("Levels[%d].Channels", level) }

func (c *Config) checkLevels() error {
	if err := cmp.Or(within("Groups", c.Groups, 1), within("HeadWidth", c.HeadWidth, 0)); err != nil {
		return err
	}
	for i, l := range c.Levels {
		attends := l.Attention || c.Middle && i == len(c.Levels)-1
		switch {
		case l.Channels < 1 || l.Channels > most || l.Channels%c.Groups != 0:
			return fault(channelsOf(i), l.Channels, "a multiple of the %d Groups", c.Groups)
		case attends && c.HeadWidth > 0 && l.Channels%c.HeadWidth != 0:
			return fault(channelsOf(i), l.Channels, "a multiple of HeadWidth, %d", c.HeadWidth)
		}
	}
	return nil
}

func (c *Config) checkBlocks() error {
	switch {
	case c.Blocks < 1 || c.Blocks > 100:
		return fault("Blocks", c.Blocks, "1 to 100")
	case !(c.Eps > 0):
		return fault("Eps", c.Eps, "positive")
	case c.Kernel < 1 || c.Kernel > 99 || c.Kernel%2 == 0:
		return fault("Kernel", c.Kernel, "an odd number from 1 to 99")
	case c.AtEnd && (c.Sequence() || c.Kernel < 3):
		return fault("AtEnd", c.AtEnd, "false for sequences and for a Kernel of 1")
	case !(c.Dropout >= 0 && c.Dropout < 1):
		return fault("Dropout", c.Dropout, "at least 0 and less than 1")
	}
	return nil
}

func (c *Config) checkEmbedding() error {
	half := c.Levels[0].Channels / 2
	switch {
	case c.Levels[0].Channels%2 != 0:
		return fault(channelsOf(0), c.Levels[0].Channels, "even: half of them are sines of time, half cosines")
	case !(c.FreqShift >= 0 && c.FreqShift < float64(half)):
		return fault("FreqShift", c.FreqShift, "at least 0 and less than half of the channels of level 0, %d", half)
	}
	return cmp.Or(within("Classes", c.Classes, 0), within("Augment", c.Augment, 0), within("TimeWidth", c.TimeWidth, 1))
}
