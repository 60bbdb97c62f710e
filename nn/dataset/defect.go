package dataset

import "math"

// crazing is a net of fine dark cracks, broken in places.
func crazing(d *dice) shade {
	net := newMesh(d, d.upTo(3, 6), d.upTo(5, 8))
	bend, by := newFractal(d, 5, 5, 2), d.between(.02, .05)
	gaps, gap := newFractal(d, 4, 4, 2), d.between(-.5, -.15)
	width, depth := d.between(.018, .03), d.between(.22, .42)
	core := float64(width / 4)
	return func(x, y float64) float64 {
		far := net.at(x+float64(by*bend.at(x, y)), y+float64(by*bend.at(y, x)))
		crack := 1 - ramp(core, width, far)
		return -float64(depth * crack * ramp(gap-.15, gap+.15, gaps.at(x, y)))
	}
}

// inclusion is a few dark spindles of slag along the direction of rolling, with ragged edges.
func inclusion(d *dice) shade {
	ragged := newFractal(d, 14, 8, 2)
	var all []shade
	for range d.upTo(1, 3) {
		all = append(all, spindle(d, ragged))
	}
	return darkest(all)
}

func spindle(d *dice, ragged fractal) shade {
	cx, cy := d.between(.15, .85), d.between(.25, .75)
	dx, dy := direction(d.between(-.12, .12), 1)
	half, width := d.between(.16, .45), d.between(.025, .075)
	depth, rough := d.between(.28, .45), d.between(.3, .8)
	return func(x, y float64) float64 {
		along := dot(dx, dy, x-cx, y-cy) / half
		across := math.Abs(dot(dy, -dx, x-cx, y-cy))
		edge := float64(width*(1-float64(along*along))) + float64(rough*width*ragged.at(x, y))
		inside := 1 - ramp(edge-.012, edge+.012, across)
		return -float64(depth*inside) - float64(.12*inside*ragged.at(y, x))
	}
}

// patches are large blotches with sharp edges and a texture of their own, mostly darker than the strip.
func patches(d *dice) shade {
	form := newFractal(d, d.upTo(2, 3), d.upTo(2, 3), 3)
	bend, by := newNoise(d, 5, 5), d.between(.02, .06)
	texture, rough := newFractal(d, 14, 14, 2), d.between(.04, .09)
	level, depth := d.between(.0, .22), d.between(.17, .3)
	if d.unit() < .2 {
		depth = -depth
	}
	return func(x, y float64) float64 {
		v := form.at(x+float64(by*bend.at(x, y)), y+float64(by*bend.at(y, x)))
		inside := ramp(level-.04, level+.04, v)
		return float64(inside * (float64(rough*texture.at(x, y)) - depth))
	}
}

// pitted is many small dark pits, each with a bright rim on the side of the light, denser in places.
func pitted(d *dice) shade {
	where, dense := newFractal(d, 3, 3, 2), d.between(-.5, .1)
	rough, height := newFractal(d, 12, 12, 2), d.between(.03, .06)
	large := d.between(.03, .06)
	type pit struct{ x, y, r, depth float64 }
	var pits []pit
	for range d.upTo(60, 130) {
		p := pit{d.unit(), d.unit(), mix(.014, large, float64(d.unit()*d.unit())), d.between(.25, .5)}
		if where.at(p.x, p.y) > dense {
			pits = append(pits, p)
		}
	}
	return func(x, y float64) float64 {
		v := float64(height * rough.at(x, y))
		for _, p := range pits {
			v -= float64(p.depth * spot(x-p.x, y-p.y, p.r))
			v += float64(.3 * p.depth * spot(x-p.x-p.r, y-p.y-p.r, p.r))
		}
		return max(v, -.5)
	}
}

// spot is 1 in the middle of a disc and 0 from its radius on.
func spot(dx, dy, r float64) float64 {
	square := dot(dx, dy, dx, dy)
	if square >= r*r {
		return 0
	}
	return 1 - ramp(.3, 1, math.Sqrt(square)/r)
}

// scale is scale that was rolled in: a rough field of flat flecks, dark with bright crests, across the strip.
func scale(d *dice) shade {
	flecks := newFractal(d, d.upTo(4, 7), d.upTo(13, 19), 2)
	where, dense := newFractal(d, 3, 2, 2), d.between(-.7, -.1)
	dark, bright := d.between(.22, .38), d.between(.12, .25)
	slant := d.between(-.25, .25)
	return func(x, y float64) float64 {
		v := flecks.at(x, y+float64(slant*(x-.5)))
		field := ramp(dense-.3, dense+.3, where.at(x, y))
		return float64(field * (float64(bright*ramp(.1, .6, v)) - float64(dark*ramp(.05, .45, -v))))
	}
}

// scratches are one to four long thin straight lines, bright with a dark side.
func scratches(d *dice) shade {
	dx, dy := direction(d.between(-.25, .25), 1)
	if d.unit() < .25 {
		dx, dy = dy, dx
	}
	worn := newFractal(d, 6, 6, 2)
	var all []shade
	for range d.upTo(1, 4) {
		all = append(all, scratch(d, dx, dy, worn))
	}
	return func(x, y float64) float64 {
		v := 0.
		for _, f := range all {
			v += f(x, y)
		}
		return min(.5, max(-.3, v))
	}
}

func scratch(d *dice, dx, dy float64, worn fractal) shade {
	dx, dy = direction(dx+d.between(-.05, .05), dy+d.between(-.05, .05))
	cx, cy, half := d.between(.1, .9), d.between(.1, .9), d.between(.3, 1.1)
	width, light := d.between(.007, .02), d.between(.3, .6)
	side, thin, wide := float64(2*width), float64(width/2), float64(1.5*width)
	if d.unit() < .5 {
		side = -side
	}
	return func(x, y float64) float64 {
		along := math.Abs(dot(dx, dy, x-cx, y-cy))
		across := dot(dy, -dx, x-cx, y-cy)
		deep := float64(light*(1-ramp(half-.1, half, along))) * (1 + float64(.5*worn.at(x, y)))
		line := 1 - ramp(thin, wide, math.Abs(across))
		shadow := 1 - ramp(thin, wide, math.Abs(across-side))
		return float64(deep * (line - float64(.4*shadow)))
	}
}

func direction(x, y float64) (float64, float64) {
	length := math.Sqrt(dot(x, y, x, y))
	return x / length, y / length
}

// darkest is the darkest of some shades at every point.
func darkest(all []shade) shade {
	return func(x, y float64) float64 {
		v := 0.
		for _, f := range all {
			v = min(v, f(x, y))
		}
		return v
	}
}
