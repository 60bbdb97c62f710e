package run

import (
	"encoding/json"
	"maps"

	"github.com/gmel-go/gmel/nn/diffusion"
)

// denoiserFile is the network for the many programs that read ONNX.
const denoiserFile = "denoiser.onnx"

// denoiser is the network in ONNX. Its metadata have what samples are drawn by, and what their numbers mean.
func (g *generator) denoiser() ([]byte, error) {
	m, err := g.model.Denoiser(g.flat, diffusion.DataStd)
	if err != nil {
		return nil, err
	}
	m.Metadata = map[string]string{}
	constants := g.meaning()
	maps.Copy(constants, map[string]any{"sigma_min": lowestSigma, "sigma_max": highestSigma, "rho": rho, "sigma_data": diffusion.DataStd})
	for key, value := range constants {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		m.Metadata[key] = string(text)
	}
	return m.Encode(), nil
}
