package run

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"text/template"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/train"
)

// Files of an exported folder that do not depend on the run.
var (
	//go:embed export/pipeline.py
	pipelineCode []byte

	//go:embed export/sample.py
	sampleCode []byte

	//go:embed export/README.md.tmpl
	modelCard string

	//go:embed export/sequence.md.tmpl
	sequenceCard string
)

// ExportOptions say which network becomes a folder for other programs.
type ExportOptions struct {
	Run    string  // its folder
	Out    string  // new folder
	EMA    float64 // see Weights
	Notice func(string)
}

// Export writes the network of the latest checkpoint of a run, with the average of its parameters, into a folder that
// DiffusionPipeline.from_pretrained opens: the network, its scheduler, how it is sampled and what its numbers mean. The network is there
// in ONNX, too. It says which network that is.
func Export(o ExportOptions) (which string, err error) {
	c, _, err := folderConfig(train.Folder(o.Run))
	if err != nil {
		return "", err
	}
	g, which, err := Weights{EMA: o.EMA}.load(train.Folder(o.Run), c, o.Notice)
	if err != nil {
		return "", err
	}
	name, err := filepath.Abs(o.Run)
	if err != nil {
		return "", err
	}
	files, err := g.export(filepath.Base(name))
	if err != nil {
		return "", err
	}
	err = disk.WriteFolder(o.Out, files)
	if errors.Is(err, fs.ErrExist) {
		return "", train.Usagef("%s exists and is not overwritten; choose another --out", o.Out)
	}
	return which, err
}

// export returns the files of a folder by their names. Of a network for sequences, which diffusers does not have, there is ONNX alone.
func (g *generator) export(run string) (files map[string][]byte, err error) {
	files, kind := map[string][]byte{}, sequenceCard
	if c := g.model.Config(); !c.Sequence() {
		if files, err = g.diffusers(); err != nil {
			return nil, err
		}
		kind = modelCard
	}
	files["sample.py"] = sampleCode
	if files[denoiserFile], err = g.denoiser(); err != nil {
		return nil, err
	}
	files["README.md"], err = g.card(run, kind)
	return files, err
}

// diffusers are the files that the library opens.
func (g *generator) diffusers() (map[string][]byte, error) {
	network, err := g.model.Files(g.flat)
	if err != nil {
		return nil, train.Usagef("the network cannot be exported: %w", err)
	}
	files := map[string][]byte{"pipeline.py": pipelineCode}
	for name, data := range network {
		files[path.Join("unet", name)] = data
	}
	for name, settings := range map[string]map[string]any{
		"scheduler/scheduler_config.json": {
			"_class_name": "EDMEulerScheduler", "sigma_schedule": "karras", "final_sigmas_type": "zero", "prediction_type": "epsilon",
			"sigma_min": lowestSigma, "sigma_max": highestSigma, "rho": rho, "sigma_data": diffusion.DataStd, "num_train_timesteps": 1000,
		},
		"model_index.json": {
			"_class_name": []string{"pipeline", "GmelPipeline"}, "unet": []string{"diffusers", "UNet2DModel"},
			"scheduler": []string{"diffusers", "EDMEulerScheduler"}, "data": g.meaning(),
		},
	} {
		text, err := json.MarshalIndent(settings, "", "  ")
		if err != nil {
			return nil, err
		}
		files[name] = append(text, '\n')
	}
	return files, nil
}

// meaning is what pipeline.py knows of the set.
func (g *generator) meaning() map[string]any {
	d, s := g.data, g.data.Standard
	meaning := map[string]any{"classes": d.Classes, "shape": d.Shape, "mean": s.Mean, "scale": s.Scale, "low": s.Low, "high": s.High}
	if d.Equaliser != nil {
		meaning["gain"] = d.Equaliser.Gain
	}
	return meaning
}

// card is the README.md of the folder, by the text of a template.
func (g *generator) card(run, text string) ([]byte, error) {
	d := g.data
	first, err := json.Marshal(d.Classes[0])
	if err != nil {
		return nil, err
	}
	t, err := template.New("README.md").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the model card: %w", err)
	}
	last := len(d.Shape) - 1
	about := map[string]any{
		"Run": run, "Images": d.Images, "Updates": g.update, "Classes": d.Classes, "First": string(first), "Sensors": d.Sensors, "Equalised": d.Equaliser != nil,
		"Length": d.Shape[0], "Height": d.Shape[0], "Width": d.Shape[last-1], "Channels": d.Shape[last], "Low": d.Standard.Low, "High": d.Standard.High,
	}
	var b bytes.Buffer
	err = t.Execute(&b, about)
	return b.Bytes(), err
}
