package bench

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/unet"
)

// The images of the works on UNet-lite: grey, of 12 classes.
const (
	imageSide    = 32
	imageClasses = 12
	images       = 256 // of the set to train on
)

// evaluations of the plan that is sampled with.
const evaluations = 18

// Trainings are the cases of "unet-xs-train" and "unet-s-train".
func Trainings(size string) []Case { return []Case{Training(size, imageSide, 16)} }

// Training is one update of a diffusion model on B images as nn/diffusion/fit does it: images with noise of random levels, the
// network forward and backward with dropout, clipping, Adam, average of the parameters. A peer is compared without dropout,
// whose masks it draws in its own way.
func Training(size string, side, batch int) Case {
	return Case{
		Name: fmt.Sprintf("unet-%s-train", size), Shape: fmt.Sprintf("%dx%d B%d", side, side, batch), Unit: "images/s", Items: float64(batch),
		Peer: "unet-train", Sizes: unetSizes(size, side, batch), Goals: map[string]float64{peerTorch: 1.3},
		Open:  func(b kernels.Backend) (Running, error) { return openTraining(b, size, side, batch) },
		Batch: func(n int) Case { return Training(size, side, n) },
	}
}

// Samplings are the cases of "unet-xs-sample" and "unet-s-sample": one image and 16 at a time.
func Samplings(size string) []Case {
	return []Case{Sampling(size, imageSide, 1), Sampling(size, imageSide, 16)}
}

// Sampling is one evaluation of a diffusion model on B images and the step of the sampler that follows it, as nn/diffusion/sample
// plays a plan of 18 of iPNDM. A peer is compared by the images at the end of the plan.
func Sampling(size string, side, batch int) Case {
	return Case{
		Name: fmt.Sprintf("unet-%s-sample", size), Shape: fmt.Sprintf("%dx%d B%d", side, side, batch), Unit: "evaluations of an image/s", Items: float64(batch),
		Peer: "unet-sample", Sizes: unetSizes(size, side, batch), Goals: map[string]float64{peerTorch: 1.5, peerONNXRuntime: 1, peerOpenVINO: 1},
		Open:  func(b kernels.Backend) (Running, error) { return openSampling(b, size, side, batch) },
		Batch: func(n int) Case { return Sampling(size, side, n) },
	}
}

// newUNet is a network with parameters that are all drawn: the last layers of blocks begin as zero, which would hide
// errors of the layers before them.
func newUNet(size string, side int, dropout float32) (*unet.Model, []float32, error) {
	c, err := unet.Preset(size, []int{side, side}, 1, imageClasses)
	if err != nil {
		return nil, nil, err
	}
	c.Dropout = dropout
	m, err := unet.New("net", c)
	if err != nil {
		return nil, nil, err
	}
	flat := make([]float32, m.Params().Len())
	m.Params().Place(machine.NewLayout(), "net").Init(flat, seed)
	for _, q := range m.Params().List() {
		own := q.Of(flat)
		if allZero(own) {
			for i, v := range normals(q.Name(), len(own)) {
				own[i] = v / 32
			}
		}
	}
	return m, flat, nil
}

func allZero(v []float32) bool {
	for _, x := range v {
		if x != 0 {
			return false
		}
	}
	return true
}

// unetSizes describes a size of UNet-lite as the settings of a UNet2DModel of diffusers.
func unetSizes(size string, side, batch int) map[string]int {
	c, err := unet.Preset(size, []int{side, side}, 1, imageClasses)
	if err != nil {
		return nil // opening the case fails with the same error
	}
	sizes := map[string]int{"batch": batch, "side": side, "channels": c.Inputs, "levels": len(c.Levels), "blocks": c.Blocks, "groups": c.Groups, "classes": c.Classes, "middle": 0}
	for i, l := range c.Levels {
		sizes[fmt.Sprintf("width%d", i)] = l.Channels
	}
	if c.Middle {
		sizes["middle"] = 1
	}
	return sizes
}

// weights are the parameters by name.
func weights(prefix string, m *unet.Model, flat []float32) (arrays []Array) {
	for _, q := range m.Params().List() {
		arrays = append(arrays, Array{prefix + q.Name(), q.Shape(), q.Of(flat)})
	}
	return arrays
}
