package dataset

import (
	"errors"
	"fmt"
	"image"
	"image/draw"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"os"
	"slices"

	_ "golang.org/x/image/bmp"
)

// maxPixels is the largest image that is decoded.
const maxPixels = 1 << 26

// decode reads an image file.
func decode(path string) (rgb, error) {
	f, err := os.Open(path)
	if err != nil {
		return rgb{}, err
	}
	defer f.Close()
	c, _, err := image.DecodeConfig(f)
	if err != nil {
		return rgb{}, unreadable(path, err)
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxPixels/c.Height {
		return rgb{}, fault(path, 0, fmt.Sprintf("has %d by %d pixels", c.Width, c.Height), fmt.Sprintf("1 to %d pixels", maxPixels))
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return rgb{}, err
	}
	m, _, err := image.Decode(f)
	if err != nil {
		return rgb{}, unreadable(path, err)
	}
	return flatten(m), nil
}

func unreadable(path string, err error) error {
	problem := "cannot be decoded: " + err.Error()
	if errors.Is(err, image.ErrFormat) {
		problem = "is in no known format"
	} else if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		problem = "ends before the image does"
	}
	return fault(path, 0, problem, "a whole image as PNG, JPEG, BMP or GIF")
}

// flatten lays an image on black and drops the alpha channel.
func flatten(m image.Image) rgb {
	b := m.Bounds()
	flat := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(flat, flat.Bounds(), m, b.Min, draw.Src)
	p := rgb{b.Dx(), b.Dy(), make([]byte, 0, 3*b.Dx()*b.Dy())}
	for i := 0; i < len(flat.Pix); i += 4 {
		p.pix = append(p.pix, flat.Pix[i:i+3]...)
	}
	return p
}

func (o *Images) fit(p rgb) rgb {
	switch o.Fit {
	case Crop:
		p = p.crop(o.Width, o.Height)
	case Pad:
		return p.inside(o.Width, o.Height).extend(o.Width, o.Height)
	}
	return p.resize(o.Width, o.Height)
}

// Resize brings images of bytes to the size and the channels that o asks for, as Folder does with its files; o.Source is
// not looked at. Images of other numbers are refused unless they have them already.
func (s *Set) Resize(o Images) error {
	if err := o.complete(); err != nil {
		return err
	}
	if o.Channels == 0 {
		o.Channels = s.Channels()
	}
	to := []int{o.Height, o.Width, o.Channels}
	if slices.Equal(s.Shape, to) {
		return nil
	}
	if !s.Bytes {
		return fmt.Errorf("%s: images %v of fractions are not brought to %v; allowed: their own size and channels, or an array of uint8", s.Name, s.Shape, to)
	}
	pictures := make([]rgb, s.N())
	each(s.N(), func(row int) { pictures[row] = o.fit(s.bytes(row)) })
	s.Shape, s.Values = to, make([]float32, 0, s.N()*o.Height*o.Width*o.Channels)
	for _, p := range pictures {
		s.Values = p.appendTo(s.Values, o.Channels)
	}
	return nil
}

// bytes is a row of a set of images of bytes.
func (s *Set) bytes(row int) rgb {
	p := rgb{w: s.Shape[1], h: s.Shape[0]}
	for _, v := range s.Sample(row) {
		p.pix = append(p.pix, byte(v))
		if s.Channels() == 1 {
			p.pix = append(p.pix, byte(v), byte(v))
		}
	}
	return p
}

func (p rgb) grey() bool {
	for i := 0; i < len(p.pix); i += 3 {
		if p.pix[i] != p.pix[i+1] || p.pix[i] != p.pix[i+2] {
			return false
		}
	}
	return true
}

// appendTo appends the pixels as numbers. The weights of grey are those of BT.601 times 65,536.
func (p rgb) appendTo(values []float32, channels int) []float32 {
	for i := 0; i < len(p.pix); i += 3 {
		r, g, b := p.pix[i], p.pix[i+1], p.pix[i+2]
		if channels == 3 {
			values = append(values, float32(r), float32(g), float32(b))
			continue
		}
		values = append(values, float32((19595*uint32(r)+38470*uint32(g)+7471*uint32(b)+1<<15)>>16))
	}
	return values
}
