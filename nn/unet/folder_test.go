package unet

import (
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gmel-go/gmel/internal/safetensors"
)

// A network that is saved is the same one when it is loaded, and diffusers' tensors stay as they are.
func TestSaveAndLoad(t *testing.T) {
	for _, name := range []string{"attention", "ddpm"} {
		from, to := filepath.Join("testdata", name), filepath.Join(t.TempDir(), "new", name)
		g := readGolden(t, from)
		if err := g.m.Save(to, g.flat); err != nil {
			t.Fatal(err)
		}
		m, flat, err := Load(to, "net")
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(g.m.Config(), m.Config()); d != "" {
			t.Errorf("%s: config (-saved +loaded):\n%s", name, d)
		}
		if d := cmp.Diff(g.flat, flat); d != "" {
			t.Errorf("%s: parameters (-saved +loaded):\n%s", name, d)
		}
		want := readTensors(t, filepath.Join(from, weightsFile))
		if flipped(t, from) {
			swapHalves(want[frequencies])
		}
		if d := cmp.Diff(want, readTensors(t, filepath.Join(to, weightsFile))); d != "" {
			t.Errorf("%s: tensors (-diffusers +ours):\n%s", name, d)
		}
		if err := m.Save(to, flat); err == nil || !strings.Contains(err.Error(), "exists; a network is saved to a new folder") {
			t.Errorf("saved twice: error %v", err)
		}
		if files, err := os.ReadDir(to); err != nil || len(files) != 2 {
			t.Errorf("the folder has %v, error %v; want two files", files, err)
		}
	}
}

// What a network is told of augmentation stays behind: the library has no such input, and samples do without it.
func TestSavedWithoutAugment(t *testing.T) {
	c := tiny()["told"]
	told := model(t, c)
	flat := normals(told.Params().Len(), 1)
	dir := filepath.Join(t.TempDir(), "told")
	if err := told.Save(dir, flat); err != nil {
		t.Fatal(err)
	}
	m, _, err := Load(dir, "net")
	if err != nil {
		t.Fatal(err)
	}
	c.Augment = 0
	if d := cmp.Diff(c, m.Config()); d != "" {
		t.Errorf("config (-saved +loaded):\n%s", d)
	}
	saved := readTensors(t, filepath.Join(dir, weightsFile))
	for name, x := range told.tensors(flat) {
		if d := cmp.Diff(x, saved[name]); d != "" {
			t.Errorf("%s (-ours +saved):\n%s", name, d)
		}
	}
}

func TestSettingsOfPresets(t *testing.T) {
	for _, name := range Presets {
		if name == "1d" {
			continue
		}
		for _, size := range [][]int{{16, 16}, {40, 24}} {
			c := preset(t, name, size, 3, 7)
			s, err := settingsOf(&c)
			if err != nil {
				t.Fatal(err)
			}
			text, err := s.encode()
			if err != nil {
				t.Fatal(err)
			}
			read, err := parse(text)
			if err != nil {
				t.Fatal(err)
			}
			got, err := read.config()
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c, got); d != "" {
				t.Errorf("%s %v (-want +got):\n%s", name, size, d)
			}
		}
	}
}

func TestOnlyNetworksOfDiffusersAreSaved(t *testing.T) {
	wide := tiny()["scaled"]
	wide.Kernel = 5
	for want, c := range map[string]Config{"diffusers has no such network for sequences": tiny()["sequence"], "diffusers has only a Kernel of 3, not 5": wide} {
		m, dir := model(t, c), filepath.Join(t.TempDir(), "x")
		if err := m.Save(dir, make([]float32, m.Params().Len())); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
		if _, err := os.Lstat(dir); err == nil {
			t.Error("a folder was made")
		}
	}
}

// spoilt copies the folder of diffusers with another text in config.json, or other tensors.
func spoilt(t *testing.T, change func(config string) string, spoil func(all map[string]safetensors.Tensor)) string {
	t.Helper()
	from, dir := "testdata/attention", t.TempDir()
	config, err := os.ReadFile(filepath.Join(from, configFile))
	if err != nil {
		t.Fatal(err)
	}
	all := maps.Clone(readTensors(t, filepath.Join(from, weightsFile)))
	if spoil != nil {
		spoil(all)
	}
	weights, err := safetensors.Encode(all)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		config = []byte(change(string(config)))
	}
	for name, data := range map[string][]byte{configFile: config, weightsFile: weights} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func wantFault(t *testing.T, dir, want string) {
	t.Helper()
	_, _, err := Load(dir, "net")
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v, want %q in one line", err, want)
	}
}

func TestFaultsOfSettings(t *testing.T) {
	for want, c := range map[string][2]string{
		`config.json: act_fn is gelu, only silu is supported`:                        {`"silu"`, `"gelu"`},
		`key norm_type is unknown`:                                                   {`"act_fn"`, `"norm_type": "layer", "act_fn"`},
		`norm_num_groups is "2", must be a whole number`:                             {`"norm_num_groups": 2`, `"norm_num_groups": "2"`},
		`freq_shift is null, must be a number`:                                       {`"freq_shift": 1`, `"freq_shift": null`},
		`sample_size is [8], must be a whole number or two`:                          {"\"sample_size\": [\n    8,\n    12\n  ]", `"sample_size": [8]`},
		`sample_size is missing; write the size`:                                     {"\"sample_size\": [\n    8,\n    12\n  ]", `"dropout": 0`},
		`num_class_embeds is 2.5, must be a whole number or null`:                    {`"num_class_embeds": 4`, `"num_class_embeds": 2.5`},
		`_class_name is "UNet1DModel", only "UNet2DModel" is supported`:              {`"UNet2DModel"`, `"UNet1DModel"`},
		`down_block_types has SkipDownBlock2D, only DownBlock2D and AttnDownBlock2D`: {`"DownBlock2D"`, `"SkipDownBlock2D"`},
		`up_block_types has UpBlock2D where only AttnUpBlock2D is supported`:         {`"AttnUpBlock2D"`, `"UpBlock2D"`},
		`attn_norm_num_groups is 1, only 2 is supported`:                             {`"attn_norm_num_groups": 2`, `"attn_norm_num_groups": 1`},
		`attn_norm_num_groups is null, only 2 is supported`:                          {`"attn_norm_num_groups": 2`, `"attn_norm_num_groups": null`},
		`downsample_padding is 2, only 0 and 1 are supported`:                        {`"downsample_padding": 1`, `"downsample_padding": 2`},
		`resnet_time_scale_shift is spatial, only default`:                           {`"scale_shift"`, `"spatial"`},
		`class_embed_type is timestep, only null is supported`:                       {`"class_embed_type": null`, `"class_embed_type": "timestep"`},
		`mid_block_type is null, only UNetMidBlock2D is supported`:                   {`"UNetMidBlock2D"`, `null`},
		`num_train_timesteps is 1000, only null is supported`:                        {`"num_train_timesteps": null`, `"num_train_timesteps": 1000`},
		`have 2, 1 and 2 entries, must have equally many`:                            {"\"DownBlock2D\",", ""},
		`attention_head_dim is 0, must be at least 1 or null`:                        {`"attention_head_dim": 4`, `"attention_head_dim": 0`},
		`Levels[1].Channels is 8, must be a multiple of HeadWidth, 3`:                {`"attention_head_dim": 4`, `"attention_head_dim": 3`},
		`config.json: Blocks is 1000000000, must be 1 to 100`:                        {`"layers_per_block": 1`, `"layers_per_block": 1000000000`},
		`not a JSON object`: {`{`, `[`},
	} {
		dir := spoilt(t, func(text string) string {
			changed := strings.Replace(text, c[0], c[1], 1)
			if changed == text {
				t.Fatalf("%q is not in the text", c[0])
			}
			return changed
		}, nil)
		wantFault(t, dir, want)
	}
}

func TestFaultsOfTensors(t *testing.T) {
	const name = "mid_block.attentions.0.to_q.weight"
	for want, spoil := range map[string]func(all map[string]safetensors.Tensor){
		"safetensors: tensor " + name + "[8 8] is missing": func(all map[string]safetensors.Tensor) { delete(all, name) },
		"tensor extra[1] is none of the network": func(all map[string]safetensors.Tensor) {
			all["extra"] = safetensors.Tensor{Shape: []int{1}, Data: []float32{1}}
		},
		"tensor " + name + " has shape [64], must be [8 8]": func(all map[string]safetensors.Tensor) {
			all[name] = safetensors.Tensor{Shape: []int{64}, Data: all[name].Data}
		},
		"tensor conv_out.bias has the value NaN at 1": func(all map[string]safetensors.Tensor) {
			all["conv_out.bias"].Data[1] = float32(math.NaN())
		},
		"tensor class_embedding.weight has shape [3 8], must be [4 8]": func(all map[string]safetensors.Tensor) {
			all["class_embedding.weight"] = safetensors.Tensor{Shape: []int{3, 8}, Data: make([]float32, 24)}
		},
	} {
		wantFault(t, spoilt(t, nil, spoil), want)
	}
}

func TestFaultsOfFolders(t *testing.T) {
	dir := t.TempDir()
	wantFault(t, dir, configFile)
	if err := os.WriteFile(filepath.Join(dir, pipelineFile), []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	wantFault(t, dir, "is the folder of a pipeline; name its part with the network")
	cut := spoilt(t, nil, nil)
	if err := os.Truncate(filepath.Join(cut, weightsFile), 1000); err != nil {
		t.Fatal(err)
	}
	wantFault(t, cut, "it is cut off or no safetensors file")
	if err := os.Remove(filepath.Join(cut, weightsFile)); err != nil {
		t.Fatal(err)
	}
	wantFault(t, cut, weightsFile)
}
