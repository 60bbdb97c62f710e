package render

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/png"
	"math"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/sim"
)

// yard is a scene with all symbols at known positions.
func yard() *Scene {
	return &Scene{
		Title: "yard", WidthM: 100, DepthM: 50, Models: []string{"small", "large"}, FullS: 2, TopBps: 1e8,
		IEDs: []IED{
			{X: 10, Y: 10, State: Idle, Server: -1},
			{X: 20, Y: 25, State: Local, Server: -1},
			{X: 30, Y: 40, State: Offloading, Server: 0, RateBps: 1e8},
			{X: 91, Y: 12, State: Failed, Server: -1},
			{X: 93, Y: 45, State: Cloud, Server: 1, RateBps: 1e8},
		},
		Servers: []Server{
			{X: 70, Y: 40, GPUs: []GPU{{1, []int{1, 0}}}, Tasks: 1},
			{X: 70, Y: 12, GPUs: []GPU{{3, []int{0}}}},
		},
		Tasks: 4, Completed: 3,
	}
}

// wantPixel checks the colour at a position in the hall, shifted by dx, dy pixels.
func wantPixel(t *testing.T, img image.Image, s *Scene, x, y, dx, dy float64, want color.RGBA) {
	t.Helper()
	l := newLayout(s)
	px, py := l.at(x, y)
	at := image.Pt(int(math.Floor(px+dx)), int(math.Floor(py+dy)))
	if got := color.RGBAModel.Convert(img.At(at.X, at.Y)); got != want {
		t.Errorf("(%g m, %g m) + (%g, %g): %v, want %v", x, y, dx, dy, got, want)
	}
}

func TestDraw(t *testing.T) {
	s := yard()
	img := Draw(s)
	l := newLayout(s)
	for n, want := range []color.RGBA{white, blue, green, vermillion, ink} {
		wantPixel(t, img, s, s.IEDs[n].X, s.IEDs[n].Y, 0, 0, want)
	}
	wantPixel(t, img, s, 91, 12, -0.8*l.radius, 0, white) // a cross, not a disc
	wantPixel(t, img, s, 20, 25, -0.8*l.radius, 0, blue)
	wantPixel(t, img, s, 10, 10, -0.7*l.radius, 0, dim) // a ring
	wantPixel(t, img, s, 47, 40, 0, 0, green)           // the upload on its way
	wantPixel(t, img, s, 47, 40, 0, 10, ground)
	wantPixel(t, img, s, 45, 22, 0, 0, ground) // no upload goes there

	// Servers: the square, the bar at its right, the models below.
	bar := (0.5 + signEdge + barWidth/2) * l.side
	for m, at := range [][2]float64{{70, 40}, {70, 12}} {
		wantPixel(t, img, s, at[0], at[1], -0.4*l.side, -0.4*l.side, ink)
		low, high := dim, white
		if m == 1 {
			low, high = vermillion, vermillion // more than full
		}
		wantPixel(t, img, s, at[0], at[1], bar, (0.5-0.25*barHeight)*l.side, low)
		wantPixel(t, img, s, at[0], at[1], bar, (0.5-0.75*barHeight)*l.side, high)
	}
	chip := (0.5 + signEdge + chipSide/2) * l.side
	wantPixel(t, img, s, 70, 40, (-0.5+chipSide/2)*l.side, chip, modelColor(1))
	wantPixel(t, img, s, 70, 40, (-0.5+1.5*chipSide)*l.side+1, chip, modelColor(0))
	wantPixel(t, img, s, 70, 12, (-0.5+chipSide/2)*l.side, chip, modelColor(0))
	wantPixel(t, img, s, 70, 12, (-0.5+1.5*chipSide)*l.side+1, chip, white)
}

// The circle of a coverage is drawn in the hall and not beyond it, and the legend beside the hall explains it.
func TestCoverageCircle(t *testing.T) {
	s := yard()
	s.Servers = []Server{{X: 70, Y: 20, GPUs: []GPU{{0, nil}}, ReachM: 25}, {X: 20, Y: 20, GPUs: []GPU{{0, nil}}}}
	bare := *s
	bare.Servers = []Server{s.Servers[0], s.Servers[1]}
	bare.Servers[0].ReachM = 0
	with, without := Draw(s), Draw(&bare)
	l := newLayout(s)
	px, py := l.at(70, 20)
	_, y0 := l.at(0, 0)
	_, y1 := l.at(0, s.DepthM)
	changed, explained := 0, false
	for x := range l.width {
		for y := range l.height {
			if with.At(x, y) == without.At(x, y) {
				continue
			}
			if float64(x) >= l.panelX {
				explained = true
				continue
			}
			changed++
			if d := math.Hypot(float64(x)+0.5-px, float64(y)+0.5-py) / l.scale; math.Abs(d-25) > 0.5 {
				t.Fatalf("pixel (%d, %d), %v m from the server, belongs to the circle", x, y, d)
			}
			if float64(y) < min(y0, y1)-1 || float64(y) > max(y0, y1)+1 {
				t.Fatalf("pixel (%d, %d) is outside of the hall", x, y)
			}
		}
	}
	if !explained {
		t.Error("the legend does not explain the circle")
	}
	if arc := 2 * math.Pi * 25 * l.scale; float64(changed) < 0.7*arc || float64(changed) > 3*arc {
		t.Errorf("%d pixels are on the circle, whose length is %v", changed, arc)
	}
}

// A failed upload is a dashed line: only some of its pixels are coloured.
func TestFailedUpload(t *testing.T) {
	s := yard()
	s.IEDs[2].State = Failed
	img := Draw(s)
	l := newLayout(s)
	coloured, bare := 0, 0
	for x := 36.0; x < 60; x += 0.25 {
		px, py := l.at(x, 40)
		switch c := color.RGBAModel.Convert(img.At(int(px), int(py))).(color.RGBA); {
		case c == vermillion:
			coloured++
		case min(c.R, c.G, c.B) > 220: // the floor, or a line of the scale
			bare++
		}
	}
	if coloured < 20 || bare < 10 {
		t.Errorf("%d pixels of the line, %d between", coloured, bare)
	}
}

// For all sizes, the hall keeps its aspect ratio, y points upwards, and everything is inside the picture.
func TestLayout(t *testing.T) {
	for _, size := range [][2]float64{{300, 150}, {60, 600}, {600, 6}, {5477, 2738}} {
		for _, n := range []int{1, 30, 1000, 10000} {
			s := yard()
			s.WidthM, s.DepthM = size[0], size[1]
			s.IEDs = make([]IED, n)
			l := newLayout(s)
			x0, y1 := l.at(0, 0)
			x1, y0 := l.at(s.WidthM, s.DepthM)
			if math.Abs((x1-x0)/(y1-y0)/(s.WidthM/s.DepthM)-1) > 1e-9 {
				t.Errorf("%v: %g x %g pixels", size, x1-x0, y1-y0)
			}
			if x0 < 0 || y0 < headHeight || x1 > l.panelX || int(y1) > l.height-axisHeight || l.width > 1300 || l.height > 900 {
				t.Errorf("%v: hall to (%g, %g) in %d x %d, panel at %g", size, x1, y1, l.width, l.height, l.panelX)
			}
			if step := l.tick(); step*l.scale < 70-1e-9 || step*l.scale > 176 {
				t.Errorf("%v: marks %g pixels apart", size, step*l.scale)
			}
		}
	}
}

// The width of a link grows with the logarithm of the rate over two decades.
func TestLinkWidth(t *testing.T) {
	l := layout{radius: 7}
	for rate, want := range map[float64]float64{1e8: 4, 1e7: 2.35, 1e6: 0.7, 10: 0.7} {
		if got := l.linkWidth(rate, 1e8); math.Abs(got-want) > 1e-9 {
			t.Errorf("%g bit/s: width %g, want %g", rate, got, want)
		}
	}
}

// watch simulates the scenario with a camera.
func watch(t *testing.T, s *sim.Scenario, name string, o Options) (*Camera, sim.Summary) {
	t.Helper()
	p, err := sim.NewPolicy(name, s, 3)
	if err != nil {
		t.Fatal(err)
	}
	c := NewCamera(s, o)
	r, err := sim.Simulate(sim.SimulateOptions{Scenario: s, Policy: p, Episodes: 1, Seed: 3, Watcher: c, Watched: o.World})
	if err != nil {
		t.Fatal(err)
	}
	return c, r
}

func paper(t *testing.T, change string) *sim.Scenario {
	t.Helper()
	s, err := sim.Parse([]byte("name: small\n"+change), "test")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Camera and meter count the same tasks, and the PNG shows the scene of its slot.
func TestCameraPNG(t *testing.T) {
	for _, options := range []string{
		"time: {slots: 20}", "time: {slots: 20}\ncompute: {cloud: {gcycles_per_s: 50, backhaul_mbps: 1000, delay_s: 0.02}}",
		"time: {slots: 20}\ntasks: {arrivals: {process: poisson, rate_per_slot: 0.6, queue: 1}}",
		"time: {slots: 20}\nservers: 1\ncompute: {server_gpus: [3]}",
	} {
		s := paper(t, options)
		c, r := watch(t, s, "random", Options{Title: "test", Slot: 19})
		if c.Seen() != 20 || len(c.taken) != 1 || c.taken[0].Slot != 19 {
			t.Fatalf("%s: %d slots seen, picture %+v", options, c.Seen(), c.taken)
		}
		still := &c.taken[0]
		if got := still; int64(got.Tasks) != r.Tasks || math.Abs(float64(got.Completed)/float64(got.Tasks)-r.CompletionRate) > 1e-12 {
			t.Errorf("%s: %d of %d tasks, the meter has %d and %g", options, got.Completed, got.Tasks, r.Tasks, r.CompletionRate)
		}
		sent := 0
		for _, ied := range still.IEDs {
			if ied.Server >= 0 {
				sent++
			}
			if (ied.State == Offloading || ied.State == Cloud) != (ied.Server >= 0 && ied.State != Failed) {
				t.Errorf("%s: %+v", options, ied)
			}
		}
		for _, es := range still.Servers {
			sent -= es.Tasks
		}
		if sent != 0 {
			t.Errorf("%s: %d more IEDs send than servers receive", options, sent)
		}
		data, err := c.Picture()
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		for _, ied := range still.IEDs {
			if ied.State == Failed {
				wantPixel(t, img, still, ied.X, ied.Y, 0, 0, color.RGBAModel.Convert(Draw(still).At(pixel(still, ied))).(color.RGBA))
			}
		}
	}
}

func pixel(s *Scene, n IED) (x, y int) {
	l := newLayout(s)
	px, py := l.at(n.X, n.Y)
	return int(px), int(py)
}

// A GIF has a frame for each slot up to the limit. Drawn over each other, the frames are the pictures
// of the slots.
func TestCameraGIF(t *testing.T) {
	s := paper(t, "time: {slots: 6}")
	for limit, want := range map[int]int{4: 4, 6: 6, 9: 6} {
		c, _ := watch(t, s, "greedy", Options{Title: "test", Movie: true, Frames: limit, FPS: 8})
		data, err := c.Picture()
		if err != nil {
			t.Fatal(err)
		}
		g, err := gif.DecodeAll(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if len(g.Image) != want || c.Seen() != 6 {
			t.Errorf("limit %d: %d frames of %d slots, want %d of 6", limit, len(g.Image), c.Seen(), want)
		}
		for _, d := range g.Delay {
			if d != 13 { // hundredths of a second
				t.Errorf("delay %d", d)
			}
		}
		l := newLayout(&c.taken[0])
		if g.Config.Width != l.width || g.Config.Height != l.height {
			t.Errorf("%d x %d pixels, want %d x %d", g.Config.Width, g.Config.Height, l.width, l.height)
		}
		screen := image.NewRGBA(image.Rect(0, 0, l.width, l.height))
		for _, frame := range g.Image {
			draw.Draw(screen, frame.Rect, frame, frame.Rect.Min, draw.Over)
		}
		final := newFilm().develop(Draw(&c.taken[want-1]))
		for y := range l.height {
			for x := range l.width {
				if got, want := screen.RGBAAt(x, y), color.RGBAModel.Convert(final.At(x, y)); got != want {
					t.Fatalf("limit %d: pixel %d, %d is %v, want %v", limit, x, y, got, want)
				}
			}
		}
	}
}

// The film has the colours of the style exactly and antialiased colours approximately.
func TestFilm(t *testing.T) {
	s := yard()
	img := Draw(s)
	got := newFilm().develop(img)
	worst := 0.0
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			a, b := color.RGBAModel.Convert(img.At(x, y)).(color.RGBA), color.RGBAModel.Convert(got.At(x, y)).(color.RGBA)
			for _, d := range []int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B), int(a.A) - int(b.A)} {
				worst = max(worst, math.Abs(float64(d)))
			}
		}
	}
	if worst > 64 { // mixtures of two colours; shades to white are finer
		t.Errorf("a colour of the film is %g of 255 away", worst)
	}
	for n, want := range []color.RGBA{white, blue, green, vermillion, ink} {
		wantPixel(t, got, s, s.IEDs[n].X, s.IEDs[n].Y, 0, 0, want)
	}
}

// Two equal pictures make a valid GIF.
func TestFilmOfNothingNew(t *testing.T) {
	f := newFilm()
	img := Draw(yard())
	g := gif.GIF{Image: []*image.Paletted{f.develop(img), f.develop(img)}, Delay: []int{1, 1}}
	var out bytes.Buffer
	if err := gif.EncodeAll(&out, &g); err != nil {
		t.Fatal(err)
	}
	if back, err := gif.DecodeAll(&out); err != nil || len(back.Image) != 2 || back.Image[1].Rect.Dx() != 1 {
		t.Errorf("%v", err)
	}
}

func TestCameraWithoutFilm(t *testing.T) {
	for _, o := range []Options{{Slot: 3}, {Movie: true, Frames: 1, FPS: 1}} {
		if _, err := NewCamera(paper(t, ""), o).Picture(); err == nil || !strings.Contains(err.Error(), "seen nothing") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
