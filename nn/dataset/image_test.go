package dataset

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// An image alone has the values that it has in a folder.
func TestImageIsThatOfAFolder(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "class", "a.png")
	m := image.NewRGBA(image.Rect(0, 0, 9, 5))
	for i := range 45 {
		m.Set(i%9, i/9, color.RGBA{uint8(5 * i), uint8(200 - i), 7, 255})
	}
	if err := os.Mkdir(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, m); err != nil {
		t.Fatal(err)
	}
	for _, o := range []Images{{Height: 4, Width: 4}, {Height: 4, Width: 6, Channels: 1, Fit: Pad}, {Height: 5, Width: 9, Channels: 3, Fit: Stretch}} {
		set, err := Folder(dir, o)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Image(path, o)
		if err != nil || !slices.Equal(got, set.Values) {
			t.Errorf("%+v: %v, error %v; want %v", o, got, err, set.Values)
		}
	}
	if size, err := ImageSize(path); err != nil || size != image.Pt(9, 5) {
		t.Errorf("size %v, error %v", size, err)
	}
	if err := os.WriteFile(path, []byte("nonsense"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, sizeErr := ImageSize(path)
	_, err = Image(path, Images{Height: 4, Width: 4})
	for _, err := range []error{err, sizeErr} {
		if err == nil || !strings.Contains(err.Error(), "a.png: is in no known format") {
			t.Errorf("error %v", err)
		}
	}
}
