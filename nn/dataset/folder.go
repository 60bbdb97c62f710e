package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Fit is what happens to an image of another size.
type Fit string

const (
	Crop    Fit = "crop"    // scaled until it covers the size, the middle is kept; the default
	Pad     Fit = "pad"     // scaled until it is inside of the size, border pixels are repeated
	Stretch Fit = "stretch" // scaled in both directions apart
)

// Images says what images of a folder become.
type Images struct {
	Height, Width int // pixels, 1 to 4096
	Channels      int // 1: grey; 3: colour; 0: grey if all images are
	Fit           Fit // "": Crop
	// Source finds the source of an image in its file name: the first group in parentheses. nil: each image is alone.
	Source *regexp.Regexp
}

var imageNames = []string{".png", ".jpg", ".jpeg", ".bmp", ".gif"}

// file is an image of a folder.
type file struct {
	path  string
	class int
	group string
}

// Folder reads a folder that has a subfolder of images for each class: PNG, JPEG, BMP, or the first picture of a GIF.
// Classes and images are in alphabetical order. Names that begin with a dot are ignored, and so are other
// files beside the folders of classes. Colour becomes grey by the weights of ITU-R BT.601, 16 bits become 8, transparent
// pixels are laid on black, and the orientation in the metadata of a JPEG file is not looked at.
func Folder(dir string, o Images) (*Set, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	s := &Set{Name: filepath.Base(dir), High: 255, Bytes: true}
	files, err := s.list(dir, o.Source)
	if err != nil {
		return nil, err
	}
	pictures, problems := make([]rgb, len(files)), make([]error, len(files))
	each(len(files), func(i int) {
		if pictures[i], problems[i] = decode(files[i].path); problems[i] == nil {
			pictures[i] = o.fit(pictures[i])
		}
	})
	var bad faults
	for _, err := range problems {
		if err != nil {
			bad.add(err)
		}
	}
	if err := bad.err(); err != nil {
		return nil, err
	}
	s.fill(files, pictures, o)
	return s, nil
}

// complete fills in the defaults and checks the rest.
func (o *Images) complete() error {
	if o.Fit == "" {
		o.Fit = Crop
	}
	switch {
	case o.Height < 1 || o.Height > 4096 || o.Width < 1 || o.Width > 4096:
		return fmt.Errorf("images of %d by %d pixels; allowed: 1 to 4096", o.Height, o.Width)
	case o.Channels != 0 && o.Channels != 1 && o.Channels != 3:
		return fmt.Errorf("images of %d channels; allowed: 1, 3, or 0 for as many as the files need", o.Channels)
	case o.Fit != Crop && o.Fit != Pad && o.Fit != Stretch:
		return fmt.Errorf("the fit %q of images is not known; allowed: %s, %s, %s", string(o.Fit), Crop, Pad, Stretch)
	case o.Source != nil && o.Source.NumSubexp() < 1:
		return fmt.Errorf("the pattern %q has no group in parentheses that could be the source of an image", o.Source)
	}
	return nil
}

// list finds the classes and the images of a folder.
func (s *Set) list(dir string, source *regexp.Regexp) (files []file, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var bad faults
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case isFolder(path):
			s.Classes = append(s.Classes, e.Name())
			files = append(files, listClass(path, len(s.Classes)-1, source, &bad)...)
		case isImage(e.Name()):
			bad.file(path, 0, "is an image beside the folders of classes", "images inside of a folder named after their class")
		}
	}
	if len(s.Classes) == 0 && len(bad.all) == 0 {
		bad.file(dir, 0, "has no folder", "a folder of images for each class")
	}
	return files, bad.err()
}

// listClass lists the images of one class.
func listClass(dir string, class int, source *regexp.Regexp, bad *faults) (files []file) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		bad.add(err)
		return nil
	}
	seen := 0
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if strings.HasPrefix(e.Name(), ".") || e.Name() == "Thumbs.db" || e.Name() == "desktop.ini" {
			continue
		}
		seen++
		if isFolder(path) {
			bad.file(path, 0, "is a folder inside of a class", "images only")
			continue
		}
		if !isImage(e.Name()) {
			bad.file(path, 0, "is no image", strings.Join(imageNames, ", "))
			continue
		}
		f := file{path: path, class: class}
		if source != nil {
			m := source.FindStringSubmatch(e.Name())
			if m == nil {
				bad.file(path, 0, "the name does not say the source", "names that match "+source.String())
				continue
			}
			f.group = m[1]
		}
		files = append(files, f)
	}
	if seen == 0 {
		bad.file(dir, 0, "has no images", "at least one image of each class")
	}
	return files
}

// isFolder follows links.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isImage(name string) bool {
	return slices.Contains(imageNames, strings.ToLower(filepath.Ext(name)))
}

// fill puts the pictures into the set.
func (s *Set) fill(files []file, pictures []rgb, o Images) {
	if o.Channels == 0 {
		o.Channels = 1
		if slices.ContainsFunc(pictures, func(p rgb) bool { return !p.grey() }) {
			o.Channels = 3
		}
	}
	s.Shape = []int{o.Height, o.Width, o.Channels}
	s.Values = make([]float32, 0, len(files)*s.Size())
	for i, f := range files {
		s.Values = pictures[i].appendTo(s.Values, o.Channels)
		s.Class = append(s.Class, f.class)
		s.Origin = append(s.Origin, f.path)
		if o.Source != nil {
			s.Group = append(s.Group, f.group)
		}
	}
}
