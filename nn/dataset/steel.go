package dataset

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
)

// SteelClasses are the classes of the embedded set, named after the defects of hot-rolled strip that the NEU
// surface defect database has: K. Song, Y. Yan, "A noise robust method based on completed local binary patterns
// for hot-rolled steel strip surface defects", Applied Surface Science 285, 2013. The pictures are drawn by
// this package; no image of that database is in them.
var SteelClasses = []string{"crazing", "inclusion", "patches", "pitted surface", "rolled-in scale", "scratches"}

// shade is brightness that a defect adds at a point of the unit square; the range from black to white is 1.
type shade func(x, y float64) float64

// Steel draws a set of steel defects: perClass grey images of size by size pixels of each class, in the order of
// classes. A picture depends on (seed, class, index, size) alone; pictures of one (seed, class, index) in two
// sizes show the same defect. size is 8 to 512, perClass 1 to 100,000.
func Steel(seed uint64, perClass, size int) (*Set, error) {
	if size < 8 || size > 512 {
		return nil, fmt.Errorf("builtin:steel: images of %d pixels; allowed: 8 to 512", size)
	}
	if perClass < 1 || perClass > 100000 {
		return nil, fmt.Errorf("builtin:steel: %d images of a class; allowed: 1 to 100000", perClass)
	}
	n := perClass * len(SteelClasses)
	s := &Set{Name: "builtin:steel", Shape: []int{size, size, 1}, High: 255, Bytes: true, Classes: SteelClasses}
	s.Values, s.Class, s.Origin = make([]float32, n*size*size), make([]int, n), make([]string, n)
	each(n, func(row int) {
		class, index := row/perClass, row%perClass
		s.Class[row], s.Origin[row] = class, fmt.Sprintf("%s %d", SteelClasses[class], index)
		for i, v := range SteelImage(seed, class, index, size) {
			s.Values[row*size*size+i] = float32(v)
		}
	})
	return s, nil
}

// each calls f for 0 to n-1 on all processors.
func each(n int, f func(i int)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wait.Wait()
}

// SteelImage draws one picture of Steel: grey values [size, size].
func SteelImage(seed uint64, class, index, size int) []byte {
	d := newDice(seed, uint32(class), uint32(index), forSteel)
	strip := newStrip(d)
	defect := [...]func(*dice) shade{crazing, inclusion, patches, pitted, scale, scratches}[class](d)
	grain := d.between(.008, .022)
	pixels := make([]byte, size*size)
	for i := range pixels {
		v := area(i%size, i/size, size, func(x, y float64) float64 { return strip(x, y) + defect(x, y) })
		v += float64(grain * d.bell())
		pixels[i] = byte(math.Floor(min(255, max(0, float64(255*v)+.5))))
	}
	return pixels
}

// area is the mean of a shade over a pixel, from samples that are at most 1/96 apart.
func area(ix, iy, size int, f shade) float64 {
	n := max(1, (95+size)/size)
	sum := 0.
	for j := range n {
		for i := range n {
			x := (float64(ix) + (float64(i)+.5)/float64(n)) / float64(size)
			y := (float64(iy) + (float64(j)+.5)/float64(n)) / float64(size)
			sum += f(x, y)
		}
	}
	return sum / float64(n*n)
}

// newStrip is the strip without a defect: uneven light, streaks in the direction of rolling (down), and mottling.
func newStrip(d *dice) shade {
	base := d.between(.42, .62)
	lightX, lightY := d.between(-.12, .12), d.between(-.12, .12)
	streaks, streak := newNoise(d, 28, 2), d.between(.01, .045)
	mottle, spot := newFractal(d, 5, 4, 3), d.between(.01, .035)
	return func(x, y float64) float64 {
		v := base + dot(lightX, lightY, x-.5, y-.5)
		return v + float64(streak*streaks.at(x, y)) + float64(spot*mottle.at(x, y))
	}
}
