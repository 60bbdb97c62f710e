package unet_test

import (
	"fmt"
	"log"

	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/unet"
)

// A network that diffusers has written evaluates two images, with the numbers that diffusers gives.
func ExampleLoad() {
	m, parameters, err := unet.Load("testdata/attention", "net")
	if err != nil {
		log.Fatal(err)
	}
	layout := machine.NewLayout()
	net, batch := m.Params().Place(layout, "net"), m.Place(layout, "batch", 2)
	b := machine.NewBuilder("evaluate", layout)
	m.Evaluate(b, net, batch)
	program, err := b.Build()
	if err != nil {
		log.Fatal(err)
	}
	backend, err := kernels.Open("auto", kernels.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer backend.Close()
	session, err := machine.NewSession(backend, layout, program)
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()
	upload := func(to machine.Tensor, x []float32) {
		if err := session.Upload(to, x); err != nil {
			log.Fatal(err)
		}
	}
	upload(net.Flat, parameters)
	upload(batch.Time, []float32{0.5, -1})
	upload(batch.Class, []float32{0, 3})
	if err := session.Run(program); err != nil { // x is zero
		log.Fatal(err)
	}
	y := make([]float32, batch.Y.Len())
	if err := session.Download(y, batch.Y); err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Count(), "parameters, y", batch.Y.Shape())
	fmt.Printf("first numbers of the two images: %.3f %.3f\n", y[0], y[len(y)/2])
	// Output:
	// 11611 parameters, y [2 8 12 3]
	// first numbers of the two images: 0.148 0.300
}
