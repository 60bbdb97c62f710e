package render

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/png"
)

// Picture returns the file: a PNG, or a GIF that repeats forever.
func (c *Camera) Picture() ([]byte, error) {
	return c.o.picture(len(c.taken), func(n int) image.Image { return Draw(&c.taken[n]) })
}

// PictureBeside is Picture with the slots of another camera at the right. Both must have seen as many slots of worlds with the
// same hall, servers and models.
func (c *Camera) PictureBeside(right *Camera) ([]byte, error) {
	if len(right.taken) != len(c.taken) {
		return nil, fmt.Errorf("render: %d slots cannot be drawn beside %d", len(c.taken), len(right.taken))
	}
	return c.o.picture(len(c.taken), func(n int) image.Image { return DrawPair(&c.taken[n], &right.taken[n]) })
}

// picture is the file of n drawings.
func (o *Options) picture(n int, draw func(int) image.Image) ([]byte, error) {
	if n == 0 {
		return nil, errors.New("render: there is no picture: the camera has seen nothing of the requested slots")
	}
	var out bytes.Buffer
	var err error
	if o.Movie {
		film, movie := newFilm(), gif.GIF{}
		for i := range n {
			movie.Image = append(movie.Image, film.develop(draw(i)))
			movie.Delay = append(movie.Delay, int(100/o.FPS+0.5))
		}
		err = gif.EncodeAll(&out, &movie)
	} else {
		err = png.Encode(&out, draw(0))
	}
	if err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	return out.Bytes(), nil
}
