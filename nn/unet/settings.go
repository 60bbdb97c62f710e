package unet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// settings are the keys of the config.json of a UNet2DModel, with the values that diffusers takes for absent ones.
type settings struct {
	ActFn            string   `json:"act_fn"`
	AddAttention     bool     `json:"add_attention"`
	HeadDim          *int     `json:"attention_head_dim"`
	AttnGroups       *int     `json:"attn_norm_num_groups"`
	Channels         []int    `json:"block_out_channels"`
	CenterInput      bool     `json:"center_input_sample"`
	ClassEmbedType   *string  `json:"class_embed_type"`
	DownBlocks       []string `json:"down_block_types"`
	DownsamplePad    int      `json:"downsample_padding"`
	DownsampleType   string   `json:"downsample_type"`
	Dropout          float32  `json:"dropout"`
	FlipSinToCos     bool     `json:"flip_sin_to_cos"`
	FreqShift        float64  `json:"freq_shift"`
	InChannels       int      `json:"in_channels"`
	LayersPerBlock   int      `json:"layers_per_block"`
	MidScale         float64  `json:"mid_block_scale_factor"`
	MidBlock         *string  `json:"mid_block_type"`
	NormEps          float32  `json:"norm_eps"`
	Groups           int      `json:"norm_num_groups"`
	ClassEmbeds      *int     `json:"num_class_embeds"`
	TrainTimesteps   *int     `json:"num_train_timesteps"`
	OutChannels      int      `json:"out_channels"`
	TimeScaleShift   string   `json:"resnet_time_scale_shift"`
	SampleSize       side     `json:"sample_size"`
	TimeEmbeddingDim *int     `json:"time_embedding_dim"`
	TimeEmbedding    string   `json:"time_embedding_type"`
	UpBlocks         []string `json:"up_block_types"`
	UpsampleType     string   `json:"upsample_type"`
}

// The names of blocks.
const (
	className   = "UNet2DModel"
	middleBlock = "UNetMidBlock2D"
	downPlain   = "DownBlock2D"
	downAttends = "AttnDownBlock2D"
	upPlain     = "UpBlock2D"
	upAttends   = "AttnUpBlock2D"
)

// defaults are those of diffusers, not of UNet-lite.
func defaults() *settings {
	head, middle := 8, middleBlock
	return &settings{
		ActFn: "silu", AddAttention: true, HeadDim: &head, Channels: []int{224, 448, 672, 896},
		DownBlocks:    []string{downPlain, downAttends, downAttends, downAttends},
		DownsamplePad: 1, DownsampleType: "conv", FlipSinToCos: true, InChannels: 3, LayersPerBlock: 2, MidScale: 1, MidBlock: &middle,
		NormEps: 1e-5, Groups: 32, OutChannels: 3, TimeScaleShift: "default", TimeEmbedding: "positional",
		UpBlocks: []string{upAttends, upAttends, upAttends, upPlain}, UpsampleType: "conv",
	}
}

// side is the number of rows and columns of an image. In JSON it is one number if they are equal.
type side []int

// UnmarshalJSON implements json.Unmarshaler.
func (s *side) UnmarshalJSON(text []byte) error {
	var n int
	if string(text) != "null" && json.Unmarshal(text, &n) == nil {
		*s = side{n, n}
		return nil
	}
	var both []int
	if err := json.Unmarshal(text, &both); err != nil || len(both) != 2 {
		return errors.New("no size")
	}
	*s = both
	return nil
}

// MarshalJSON implements json.Marshaler.
func (s side) MarshalJSON() ([]byte, error) {
	if s[0] == s[1] {
		return json.Marshal(s[0])
	}
	return json.Marshal([]int(s))
}

// kinds say what a key must be, by the kind of its field.
var kinds = map[string]string{
	"string": "a text", "*string": "a text or null", "bool": "true or false", "int": "a whole number", "*int": "a whole number or null",
	"float32": "a number", "float64": "a number", "[]int": "a list of whole numbers", "[]string": "a list of texts", "unet.side": "a whole number or two",
}

// parse reads config.json strictly.
func parse(text []byte) (*settings, error) {
	raw := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	if class, ok := raw["_class_name"]; ok && string(class) != `"`+className+`"` {
		return nil, fmt.Errorf("_class_name is %s, only %q is supported", class, className)
	}
	s := defaults()
	fields := s.fields()
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		if strings.HasPrefix(key, "_") { // notes of the library
			continue
		}
		field, ok := fields[key]
		if !ok {
			return nil, fmt.Errorf("key %s is unknown", key)
		}
		null := string(raw[key]) == "null"
		if nullable := strings.HasPrefix(kind(field), "*"); null && !nullable || json.Unmarshal(raw[key], field) != nil {
			return nil, fmt.Errorf("%s is %.40s, must be %s", key, raw[key], kinds[kind(field)])
		}
	}
	return s, nil
}

// encode is the text of config.json: keys in order, as the library writes them.
func (s *settings) encode() ([]byte, error) {
	all := map[string]any{"_class_name": className}
	for key, field := range s.fields() {
		all[key] = field
	}
	text, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// fields are pointers to the fields of s by their keys.
func (s *settings) fields() map[string]any {
	v := reflect.ValueOf(s).Elem()
	fields := map[string]any{}
	for i := range v.NumField() {
		fields[v.Type().Field(i).Tag.Get("json")] = v.Field(i).Addr().Interface()
	}
	return fields
}

// kind is the type of the field that a pointer is to.
func kind(field any) string { return reflect.TypeOf(field).Elem().String() }
