package dataset

import (
	"image"
	"os"
)

// Image reads one image as Folder reads its images: values from 0 to 255, [Height, Width, Channels]. Channels of 0 are as many as it
// needs.
func Image(path string, o Images) ([]float32, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	p, err := decode(path)
	if err != nil {
		return nil, err
	}
	if p = o.fit(p); o.Channels == 0 {
		o.Channels = 3
		if p.grey() {
			o.Channels = 1
		}
	}
	return p.appendTo(nil, o.Channels), nil
}

// ImageSize is the size of an image file, before anything is done to it, in pixels.
func ImageSize(path string) (image.Point, error) {
	f, err := os.Open(path)
	if err != nil {
		return image.Point{}, err
	}
	defer f.Close()
	c, _, err := image.DecodeConfig(f)
	if err != nil {
		return image.Point{}, unreadable(path, err)
	}
	return image.Pt(c.Width, c.Height), nil
}
