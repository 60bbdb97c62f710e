package dataset

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/internal/setting"
	"golang.org/x/image/bmp"
)

// encoded is an image of one colour in a format.
func encoded(t *testing.T, format string, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, m)
	case "jpg":
		err = jpeg.Encode(&b, m, &jpeg.Options{Quality: 100})
	case "bmp":
		err = bmp.Encode(&b, m)
	case "gif":
		err = gif.Encode(&b, m, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func plain(c color.Color) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, 4, 4))
	for i := range 16 {
		m.Set(i%4, i/4, c)
	}
	return m
}

func grey(v byte) image.Image {
	m := image.NewGray(image.Rect(0, 0, 4, 4))
	for i := range m.Pix {
		m.Pix[i] = v
	}
	return m
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "README.txt", []byte("about"))
	put(t, dir, ".git/config", []byte("x"))
	put(t, dir, "crack/coil7_1.png", encoded(t, "png", grey(10)))
	put(t, dir, "crack/coil7_2.JPG", encoded(t, "jpg", grey(20)))
	put(t, dir, "crack/Thumbs.db", []byte("x"))
	put(t, dir, "scale/coil8_1.bmp", encoded(t, "bmp", grey(30)))
	put(t, dir, "scale/coil9_1.gif", encoded(t, "gif", grey(255)))
	deep := image.NewGray16(image.Rect(0, 0, 4, 4))
	for i := range 16 {
		deep.SetGray16(i%4, i/4, color.Gray16{0x80ff})
	}
	put(t, dir, "scale/coil9_2.png", encoded(t, "png", deep))
	s, err := Folder(dir, Images{Height: 2, Width: 2, Source: regexp.MustCompile(`^(coil\d+)_`)})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Shape, []int{2, 2, 1}) || s.Low != 0 || s.High != 255 {
		t.Errorf("shape %v, range %v to %v; all images are grey", s.Shape, s.Low, s.High)
	}
	if !slices.Equal(s.Classes, []string{"crack", "scale"}) || !slices.Equal(s.Class, []int{0, 0, 1, 1, 1}) {
		t.Errorf("classes %v, rows %v", s.Classes, s.Class)
	}
	if want := []string{"coil7", "coil7", "coil8", "coil9", "coil9"}; !slices.Equal(s.Group, want) {
		t.Errorf("sources %v, want %v", s.Group, want)
	}
	for row, want := range []float32{10, 20, 30, 255, 128} {
		if got := s.Sample(row); got[0] != want || got[3] != want {
			t.Errorf("%s: %v, want %v", s.Origin[row], got, want)
		}
	}
	if !slices.Equal(s.Counts(s.Rows()), []int{2, 3}) {
		t.Errorf("counts %v", s.Counts(s.Rows()))
	}
}

func TestFolderColour(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a/1.png", encoded(t, "png", plain(color.NRGBA{200, 100, 50, 255})))
	put(t, dir, "a/2.png", encoded(t, "png", grey(7)))
	put(t, dir, "a/3.png", encoded(t, "png", plain(color.NRGBA{200, 100, 50, 0})))
	for _, c := range []struct {
		channels int
		shape    []int
		first    []float32
	}{
		{0, []int{1, 1, 3}, []float32{200, 100, 50}},
		{3, []int{1, 1, 3}, []float32{200, 100, 50}},
		{1, []int{1, 1, 1}, []float32{124}}, // .299 200 + .587 100 + .114 50 = 124.2
	} {
		s, err := Folder(dir, Images{Height: 1, Width: 1, Channels: c.channels})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.Shape, c.shape) || !slices.Equal(s.Sample(0), c.first) {
			t.Errorf("channels %d: shape %v, pixel %v; want %v, %v", c.channels, s.Shape, s.Sample(0), c.shape, c.first)
		}
		if s.Sample(1)[0] != 7 || s.Sample(2)[0] != 0 {
			t.Errorf("channels %d: grey %v, transparent %v; want 7 and 0", c.channels, s.Sample(1), s.Sample(2))
		}
	}
}

// All bad files are named, each in its sentence, up to a bound.
func TestFolderNamesBadFiles(t *testing.T) {
	dir := t.TempDir()
	whole := encoded(t, "png", grey(1))
	put(t, dir, "lost.png", whole)
	put(t, dir, "a/sub/1.png", whole)
	put(t, dir, "a/notes.txt", []byte("x"))
	put(t, dir, "b/.keep", nil)
	_, err := Folder(dir, Images{Height: 2, Width: 2})
	for _, want := range []string{
		"lost.png: is an image beside the folders of classes; allowed: images inside of a folder named after their class",
		"sub: is a folder inside of a class; allowed: images only",
		"notes.txt: is no image; allowed: .png, .jpg, .jpeg, .bmp, .gif",
		"b: has no images; allowed: at least one image of each class",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %q", err, want)
		}
	}

	dir = t.TempDir()
	put(t, dir, "a/good.png", whole)
	put(t, dir, "a/half.png", whole[:len(whole)/2])
	put(t, dir, "a/empty.png", nil)
	put(t, dir, "a/page.png", []byte("<html>not found</html>"))
	huge := bytes.Clone(encoded(t, "bmp", grey(1)))
	copy(huge[18:26], []byte{0, 0, 1, 0, 0, 0, 1, 0}) // 65,536 by 65,536
	put(t, dir, "a/huge.bmp", huge)
	_, err = Folder(dir, Images{Height: 2, Width: 2})
	for _, want := range []string{
		"half.png: ends before the image does", "empty.png: is in no known format", "page.png: is in no known format",
		"huge.bmp: has 65536 by 65536 pixels; allowed: 1 to 67108864 pixels",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %q", err, want)
		}
	}
	if err != nil && strings.Contains(err.Error(), "good.png") {
		t.Errorf("a good file is named: %v", err)
	}

	dir = t.TempDir()
	for i := range 50 {
		put(t, dir, fmt.Sprintf("a/%d.png", i), nil)
	}
	_, err = Folder(dir, Images{Height: 2, Width: 2})
	if all := setting.Split(err); len(all) != maxFaults+1 || all[maxFaults].Error() != "and 30 more faults" {
		t.Errorf("50 bad files give %d errors, the last is %v", len(all), all[len(all)-1])
	}
}

func TestFolderRefusesOptions(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a/x.png", encoded(t, "png", grey(1)))
	for want, o := range map[string]Images{
		"images of 0 by 2 pixels":               {Width: 2},
		"images of 2 channels":                  {Width: 2, Height: 2, Channels: 2},
		`the fit "cut" of images is not known`:  {Width: 2, Height: 2, Fit: "cut"},
		"has no group in parentheses":           {Width: 2, Height: 2, Source: regexp.MustCompile("a")},
		"x.png: the name does not say the sour": {Width: 2, Height: 2, Source: regexp.MustCompile(`(\d+)`)},
	} {
		if _, err := Folder(dir, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
	if _, err := Folder(t.TempDir(), Images{Width: 2, Height: 2}); err == nil || !strings.Contains(err.Error(), "has no folder") {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := Folder(filepath.Join(dir, "none"), Images{Width: 2, Height: 2}); err == nil {
		t.Error("a folder that is not there was read")
	}
}
