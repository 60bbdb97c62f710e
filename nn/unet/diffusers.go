package unet

import (
	"errors"
	"fmt"
)

// check reports the first setting whose meaning the network does not have.
func (s *settings) check() error {
	for _, c := range []struct {
		key     string
		is      any
		allowed any
	}{
		{"act_fn", s.ActFn, "silu"}, {"center_input_sample", s.CenterInput, false}, {"class_embed_type", orNull(s.ClassEmbedType), "null"},
		{"downsample_type", s.DownsampleType, "conv"}, {"upsample_type", s.UpsampleType, "conv"}, {"mid_block_scale_factor", s.MidScale, 1.0},
		{"mid_block_type", orNull(s.MidBlock), middleBlock}, {"time_embedding_type", s.TimeEmbedding, "positional"},
		{"attn_norm_num_groups", s.attnGroups(), fmt.Sprint(s.Groups)}, {"num_train_timesteps", orNull(s.TrainTimesteps), "null"},
	} {
		if c.is != c.allowed {
			return fmt.Errorf("%s is %v, only %v is supported", c.key, c.is, c.allowed)
		}
	}
	if s.DownsamplePad != 0 && s.DownsamplePad != 1 {
		return fmt.Errorf("downsample_padding is %d, only 0 and 1 are supported", s.DownsamplePad)
	}
	if s.TimeScaleShift != "default" && s.TimeScaleShift != "scale_shift" {
		return fmt.Errorf("resnet_time_scale_shift is %s, only default and scale_shift are supported", s.TimeScaleShift)
	}
	if s.HeadDim != nil && *s.HeadDim < 1 {
		return fmt.Errorf("attention_head_dim is %d, must be at least 1 or null", *s.HeadDim)
	}
	if n := len(s.Channels); n == 0 || len(s.DownBlocks) != n || len(s.UpBlocks) != n {
		return fmt.Errorf("block_out_channels, down_block_types and up_block_types have %d, %d and %d entries, must have equally many", n, len(s.DownBlocks), len(s.UpBlocks))
	}
	if len(s.SampleSize) == 0 {
		return errors.New("sample_size is missing; write the size of the images")
	}
	return nil
}

// attnGroups are the groups of the norm of the middle's attention. If null, they are those of the other norms, but with
// scale_shift the library leaves out this norm.
func (s *settings) attnGroups() string {
	if !s.AddAttention || s.AttnGroups == nil && s.TimeScaleShift == "default" {
		return fmt.Sprint(s.Groups)
	}
	return orNull(s.AttnGroups)
}

func orNull[T any](x *T) string {
	if x == nil {
		return "null"
	}
	return fmt.Sprint(*x)
}

// config is the network that s describes.
func (s *settings) config() (Config, error) {
	if err := s.check(); err != nil {
		return Config{}, err
	}
	c := Config{
		Size: s.SampleSize, Inputs: s.InChannels, Outputs: s.OutChannels, Blocks: s.LayersPerBlock, Middle: s.AddAttention,
		Groups: s.Groups, Eps: s.NormEps, Kernel: 3, AtEnd: s.DownsamplePad == 0, Dropout: s.Dropout,
		TimeWidth: 4 * s.Channels[0], FreqShift: s.FreqShift, AddTime: s.TimeScaleShift == "default",
	}
	for i, n := range s.Channels {
		down, up := s.DownBlocks[i], s.UpBlocks[len(s.UpBlocks)-1-i]
		attends := down == downAttends
		if down != downPlain && !attends {
			return Config{}, fmt.Errorf("down_block_types has %s, only %s and %s are supported", down, downPlain, downAttends)
		}
		if up != upOf(attends) {
			return Config{}, fmt.Errorf("up_block_types has %s where only %s is supported: a level attends on both ways or on none", up, upOf(attends))
		}
		c.Levels = append(c.Levels, Level{Channels: n, Attention: attends})
	}
	for from, to := range map[*int]*int{s.HeadDim: &c.HeadWidth, s.ClassEmbeds: &c.Classes, s.TimeEmbeddingDim: &c.TimeWidth} {
		if from != nil {
			*to = *from
		}
	}
	return c, c.check()
}

func upOf(attends bool) string {
	if attends {
		return upAttends
	}
	return upPlain
}

// settingsOf describes the network for diffusers. It fails for what the library does not have.
func settingsOf(c *Config) (*settings, error) {
	switch {
	case c.Sequence():
		return nil, errors.New("diffusers has no such network for sequences")
	case c.Kernel != 3:
		return nil, fmt.Errorf("diffusers has only a Kernel of 3, not %d", c.Kernel)
	}
	s := defaults()
	s.AddAttention, s.HeadDim, s.AttnGroups, s.Channels, s.DownBlocks, s.UpBlocks = c.Middle, nil, &c.Groups, nil, nil, nil
	s.Dropout, s.FlipSinToCos, s.FreqShift, s.InChannels, s.OutChannels = c.Dropout, false, c.FreqShift, c.Inputs, c.Outputs
	s.LayersPerBlock, s.NormEps, s.Groups, s.SampleSize, s.TimeEmbeddingDim = c.Blocks, c.Eps, c.Groups, c.Size, &c.TimeWidth
	if c.HeadWidth > 0 {
		s.HeadDim = &c.HeadWidth
	}
	if c.Classes > 0 {
		s.ClassEmbeds = &c.Classes
	}
	if c.AtEnd {
		s.DownsamplePad = 0
	}
	if !c.AddTime {
		s.TimeScaleShift = "scale_shift"
	}
	for _, l := range c.Levels {
		down := downPlain
		if l.Attention {
			down = downAttends
		}
		s.Channels, s.DownBlocks = append(s.Channels, l.Channels), append(s.DownBlocks, down)
		s.UpBlocks = append([]string{upOf(l.Attention)}, s.UpBlocks...)
	}
	return s, nil
}
