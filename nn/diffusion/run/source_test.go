package run

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/train"
)

func put(t *testing.T, path string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// bytesArray writes images as uint8.
func bytesArray(t *testing.T, path string, s *dataset.Set) string {
	t.Helper()
	header := fmt.Sprintf("{'descr': '|u1', 'fortran_order': False, 'shape': (%d, %d, %d)}\n", s.N(), s.Shape[0], s.Shape[1])
	data := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(header)))
	data = append(data, header...)
	for _, v := range s.Values {
		data = append(data, byte(v))
	}
	return put(t, path, data)
}

// steelArray is an array of drawn defects with a table of labels: of every class, the last n of 4 images are of the part
// test, and images 0 and 1 are of one coil.
func steelArray(t *testing.T, apart int) (path string, set *dataset.Set) {
	t.Helper()
	set, err := dataset.Steel(3, 4, 8)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	labels := "Kind;part;coil\n"
	for row, class := range set.Class {
		part, coil := "train", fmt.Sprint(row)
		if row%4 >= 4-apart {
			part = "test"
		}
		if row%4 == 1 {
			coil = fmt.Sprint(row - 1)
		}
		labels += fmt.Sprintf("%s;%s;%s\n", set.Classes[class], part, coil)
	}
	put(t, filepath.Join(dir, "labels.csv"), []byte(labels))
	return bytesArray(t, filepath.Join(dir, "images.npy"), set), set
}

// A run reads some classes of a set, and is not of a set with other images or parts of these classes.
func TestReadFrom(t *testing.T) {
	path, _ := steelArray(t, 1)
	sets := []string{"data.class_column=kind", "data.group_column=coil", "data.split_column=part"}
	_, about, _, err := load(t, small(append(sets, "data.source="+path, "data.classes=[scratches, patches]")...)).Data.read()
	if err != nil {
		t.Fatal(err)
	}
	whole := func(path string) *dataset.Set {
		set, _, _, err := load(t, small(append(sets, "data.source="+path)...)).Data.Parts()
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	other, _ := steelArray(t, 2)
	value := whole(path)
	value.Sample(slices.Index(value.Class, slices.Index(value.Classes, "patches")))[5]++
	for want, list := range map[bool][]*dataset.Set{true: {whole(path)}, false: {whole(other), value}} {
		for i, set := range list {
			if same, err := about.ReadFrom(set); err != nil || same != want {
				t.Errorf("set %d is the same: %v, want %v; %v", i, same, want, err)
			}
		}
	}
	about.Classes = []string{"rust"}
	if _, err := about.ReadFrom(value); err == nil {
		t.Error("a class that the set does not have is read from it")
	}
}

// The table says which rows are trained on, and the classes that are asked for are numbered as they are asked for.
func TestArrayOfImages(t *testing.T) {
	path, set := steelArray(t, 1)
	src := small("data.source="+path, "data.class_column=kind", "data.group_column=coil", "data.split_column=part", "data.classes=[scratches, patches]")
	_, about, p, err := load(t, src).Data.read()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(about.Classes, []string{"scratches", "patches"}) || !slices.Equal(p.trained, []int{0, 1, 2, 4, 5, 6}) || !slices.Equal(p.apart, []int{3, 7}) {
		t.Errorf("classes %v, trained %v, apart %v", about.Classes, p.trained, p.apart)
	}
	for row := range p.set.N() {
		class, err := set.ClassNamed(p.set.Classes[p.set.Class[row]])
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(p.set.Sample(row), set.Sample(4*class+row%4)) {
			t.Errorf("row %d is another image", row)
		}
	}
	dir, out := filepath.Join(t.TempDir(), "run"), filepath.Join(t.TempDir(), "out")
	if _, err := Start(t.Context(), load(t, src), train.Options{Out: dir}); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, QualityText)); err != nil || !strings.HasPrefix(string(text), "2 held-out images, as many generated, against 6 of training") {
		t.Errorf("%s, %v", text, err)
	}
	drawSamples(t, dir, out)
	if _, err := os.Stat(filepath.Join(out, "patches", "00001.png")); err != nil {
		t.Error(err)
	}
}

// drawSamples draws two samples of each class into a folder.
func drawSamples(t *testing.T, dir, out string) *Drawn {
	t.Helper()
	d, err := Draw(t.Context(), dir, SampleOptions{
		Sample: load(t, small()).Sample, Seed: 1, Out: out, Threads: 1, Progress: func(int, int) {}, Notice: func(text string) { t.Error(text) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Windows of an array, and images whose class cannot name a folder, come back as an array with labels.
func TestSamplesAsArray(t *testing.T) {
	windows := &dataset.Set{Shape: []int{2, 8}, Classes: []string{"a", "b/c"}}
	for i := range 12 {
		windows.Class = append(windows.Class, i%2)
		for k := range 16 {
			windows.Values = append(windows.Values, float32(math.Sin(float64(i*i+k*k))))
		}
	}
	dir := t.TempDir()
	labels, err := windows.Labels()
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "labels.csv"), labels)
	path := put(t, filepath.Join(dir, "windows.npy"), windows.Npy())
	run, out := filepath.Join(t.TempDir(), "run"), filepath.Join(t.TempDir(), "out")
	src := small("data.axes=nct", "data.held_out=0", "data.source="+path)
	src.Model = "1d"
	if _, err := Start(t.Context(), load(t, src), train.Options{Out: run}); err != nil {
		t.Fatal(err)
	}
	d := drawSamples(t, run, out)
	c := load(t, Sources{Model: "1d", Data: filepath.Join(out, "samples.npy")})
	back, err := c.Data.set()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(back.Values, d.Set.Values) || !slices.Equal(back.Shape, []int{8, 2}) || !slices.Equal(back.Class, d.Set.Class) {
		t.Errorf("shape %v, classes %v", back.Shape, back.Class)
	}
	images := &Drawn{pixels: true, Set: &dataset.Set{Shape: []int{1, 1, 1}, Values: []float32{7}, Class: []int{0}, Classes: []string{"../a"}}}
	files, err := images.files()
	if err != nil || len(files) != 2 || files[0].Name != "samples.npy" || files[1].Name != "labels.csv" {
		t.Errorf("%v, %v", files, err)
	}
}

// stopper ends a run after an update.
type stopper struct {
	ctx      context.Context
	progress func(train.Status)
}

func stopAt(t *testing.T, update int) stopper {
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	return stopper{ctx, func(s train.Status) {
		if s.Update >= update {
			stop()
		}
	}}
}

// A run whose array and labels have moved goes on, and refuses a table that puts other rows apart.
func TestLabelsMove(t *testing.T) {
	path, _ := steelArray(t, 1)
	labels := filepath.Join(filepath.Dir(path), "labels.csv")
	src := small("data.source="+path, "data.labels="+labels, "data.class_column=kind", "data.split_column=part")
	dir := filepath.Join(t.TempDir(), "run")
	stop := stopAt(t, 2)
	if r, err := Start(stop.ctx, load(t, src), train.Options{Out: dir, Progress: stop.progress}); err != nil || !r.Interrupted {
		t.Fatal(r, err)
	}
	moved := t.TempDir()
	if err := os.Rename(filepath.Dir(path), filepath.Join(moved, "set")); err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(moved, "set")
	other, _ := steelArray(t, 2)
	sets := func(labels string) Sources {
		return Sources{Data: filepath.Join(at, "images.npy"), Sets: []string{"data.labels=" + labels}}
	}
	_, err := Resume(t.Context(), dir, sets(filepath.Join(filepath.Dir(other), "labels.csv")), train.Options{})
	if !train.IsUsage(err) || !strings.Contains(err.Error(), "have changed since the run began") {
		t.Errorf("other parts: %v", err)
	}
	again := stopAt(t, 4)
	r, err := Resume(again.ctx, dir, sets(filepath.Join(at, "labels.csv")), train.Options{Progress: again.progress})
	if err != nil || !strings.Contains(r.Resume, "--data "+at+"/images.npy --set 'data.labels="+at+"/labels.csv'") {
		t.Errorf("%q, %v", r.Resume, err)
	}
}

func TestSourceFaults(t *testing.T) {
	images, _ := steelArray(t, 1)
	csv := sensors(t, 3)
	for sets, want := range map[string]string{
		"data.source=" + csv:                                "rig.csv is read as windows; allowed: 1d",
		"model.size=1d data.source=" + t.TempDir():          "is read as images; allowed: xs, s, m, l",
		"model.size=1d data.flip_y=true data.source=" + csv: "data.flip_y: true is not allowed; allowed: false for windows",
		"data.labels=l.csv":                                 "data.labels: \"l.csv\" is not allowed; allowed: \"\" for drawn images",
		"data.split_column=part":                            `data.split_column: "part" is not allowed; allowed: "" for drawn images`,
		"data.sensors=[a]":                                  "data.sensors: [a] is not allowed; allowed: [] for drawn images",
		"data.classes=[a,b,a]":                              `data.classes[2]: "a" is not allowed; allowed: each class once`,
		"data.axes=cyx":                                     `data.axes: "cyx" is not allowed; allowed: images, nyx`,
		"data.held_out_part=train":                          `data.held_out_part: "train" is not allowed; allowed: another one than training_part`,
		"data.window=2 data.source=" + csv:                  "data.window: 2 is not allowed; allowed: a whole number from 4 to",
	} {
		if _, err := Load(small(strings.Fields(sets)...)); !train.IsUsage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", sets, err, want)
		}
	}
	kind := "data.class_column=kind data.source=" + images + " "
	rig := "model.size=1d data.class_column=state data.source=" + csv + " "
	for sets, want := range map[string]string{
		"data.source=" + images:                                    "labels.csv:1: the header is [\"Kind;part;coil\"], without the column class",
		kind + "data.labels=/nowhere.csv":                          "data.labels: open /nowhere.csv: no such file or directory; allowed: a table",
		kind + "data.classes=[rust]":                               `data.classes: images.npy: there is no class "rust"; allowed: "crazing"`,
		kind + "data.split_column=part data.training_part=fit":     `data.training_part: "fit" is in no row of the column "part"; allowed: train, test`,
		kind + "data.split_column=part data.held_out_part=fit":     `data.held_out_part: "fit" is in 0 rows of the column "part"`,
		kind + "data.split_column=coil data.training_part=0":       "data.split_column: no row of the class \"inclusion\" is in the part \"0\"",
		kind + "data.split_column=part data.group_column=kind":     `data.split_column: images.npy: the source "crazing" is in "train", "test"`,
		kind + "data.axes=nyxc":                                    "images.npy: has the shape [24 8 8]; allowed: 4 dimensions, nyxc",
		rig + "data.window=8 data.sensors=[Heat]":                  "rig.csv:1: the header is",
		rig + "data.window=64":                                     `class "leak" has no window: its longest run of lines has 40`,
		rig + "data.window=10":                                     "data.window: unet: Size is [10], must be multiples of 4",
		rig + "data.window=4 data.hop=3":                           "data.held_out: the quality of windows of 4 times and 3 channels is not measured",
		"model.size=1d data.source=" + csv + " data.class_column=": `rig.csv:2: state: "ok" is not allowed; allowed: a finite number`,
		"model.size=1d data.source=/nowhere.csv":                   "data.source: /nowhere.csv is no file that can be read",
	} {
		c, err := Load(small(strings.Fields(sets)...))
		if err == nil {
			_, err = Start(t.Context(), c, train.Options{Out: filepath.Join(t.TempDir(), "run")})
		}
		if !train.IsUsage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", sets, err, want)
		}
	}
}

// Public sets, which GMEL_DATA names (see the tests of nn/dataset), with the parts that their tables say.
func TestRealSets(t *testing.T) {
	dir := os.Getenv("GMEL_DATA")
	if dir == "" {
		t.Skip("SKIPPED: set GMEL_DATA to a folder with xsdd and hydraulic to test with public data")
	}
	for _, c := range []struct {
		src            Sources
		shape          []int
		classes        int
		trained, apart int
	}{
		{Sources{Data: dir + "/xsdd/images32.npy", Sets: []string{"data.split_column=split", "data.group_column=neardup_group"}}, []int{32, 32, 1}, 7, 952, 408},
		{Sources{Data: dir + "/hydraulic/windows.npy", Model: "1d",
			Sets: []string{"data.axes=nct", "data.class_column=cooler_x_pump9", "data.split_column=split", "data.group_column=run"}}, []int{60, 8}, 9, 1519, 686},
	} {
		_, about, p, err := load(t, c.src).Data.read()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(about.Shape, c.shape) || len(about.Classes) != c.classes || len(p.trained) != c.trained || len(p.apart) != c.apart {
			t.Errorf("%s: shape %v, %d classes, %d and %d rows", c.src.Data, about.Shape, len(about.Classes), len(p.trained), len(p.apart))
		}
	}
}

// A large set is compared in part, with as much of each class; a small one as it is.
func TestLargeSetsAreComparedInPart(t *testing.T) {
	set := &dataset.Set{}
	p := &parts{set: set}
	for row := range 3 * mostTraining {
		set.Class = append(set.Class, row%3/2) // two of three are of class 0
		p.trained = append(p.trained, row)
	}
	p.apart = []int{5, 3}
	c := p.compared()
	count := map[int]int{}
	for _, row := range c.trained {
		count[set.Class[row]]++
	}
	if len(c.trained) != mostTraining || !slices.IsSorted(c.trained) || math.Abs(float64(count[0]-2*count[1])) > 3 {
		t.Errorf("%d rows, %v of the classes", len(c.trained), count)
	}
	if !slices.Equal(c.apart, p.apart) {
		t.Errorf("held out: %v", c.apart)
	}
}
