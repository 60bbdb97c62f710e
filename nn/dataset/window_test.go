package dataset

import (
	"slices"
	"strings"
	"testing"
)

const sensors = `time,temp,flow,state,run
0,1,10,ok,1
1,2,20,ok,1
2,3,30,ok,1
3,4,40,ok,1
4,5,50,leak,1
5,6,60,leak,1
6,7,70,leak,2
7,8,80,leak,2
8,9,90,leak,2
`

func TestWindows(t *testing.T) {
	file := put(t, t.TempDir(), "s.csv", []byte(sensors))
	c := Cut{Columns: Columns{Class: "state", Group: "run"}, Channels: []string{"flow", "temp"}, Length: 2, Stride: 1}
	s, err := Windows(file, c)
	if err != nil {
		t.Fatal(err)
	}
	// Lines 2-5 are ok of run 1, 6-7 leak of run 1, 8-10 leak of run 2: 3 + 1 + 2 windows, none across a border.
	if want := []string{"s.csv:2", "s.csv:3", "s.csv:4", "s.csv:6", "s.csv:8", "s.csv:9"}; !slices.Equal(s.Origin, want) {
		t.Errorf("windows begin at %v, want %v", s.Origin, want)
	}
	if !slices.Equal(s.Shape, []int{2, 2}) || !slices.Equal(s.Sample(3), []float32{50, 5, 60, 6}) {
		t.Errorf("shape %v, fourth window %v", s.Shape, s.Sample(3))
	}
	if !slices.Equal(s.Classes, []string{"leak", "ok"}) || !slices.Equal(s.Class, []int{1, 1, 1, 0, 0, 0}) {
		t.Errorf("classes %v, rows %v", s.Classes, s.Class)
	}
	if want := []string{"1", "1", "1", "1", "2", "2"}; !slices.Equal(s.Group, want) || s.Low != 1 || s.High != 90 {
		t.Errorf("sources %v, range %v to %v", s.Group, s.Low, s.High)
	}

	c = Cut{Columns: Columns{Class: "state"}, Length: 3}
	if s, err = Windows(file, c); err != nil {
		t.Fatal(err)
	}
	if want := []string{"lines 2 to 5", "lines 6 to 10"}; !slices.Equal(s.Group, want) {
		t.Errorf("sources %v, want %v", s.Group, want)
	}
	if !slices.Equal(s.Sensors, []string{"time", "temp", "flow", "run"}) {
		t.Errorf("sensors %v", s.Sensors)
	}
	if !slices.Equal(s.Shape, []int{3, 4}) || !slices.Equal(s.Sample(1)[:4], []float32{4, 5, 50, 1}) {
		t.Errorf("shape %v, second window %v: all other columns are channels", s.Shape, s.Sample(1))
	}
}

// A table as a spreadsheet program writes it where numbers have a comma, without a column of the class.
func TestWindowsOfSpreadsheet(t *testing.T) {
	file := put(t, t.TempDir(), "s.csv", []byte("Run;Temp\r\n1;1,5\r\n1;2,5\r\n2;3,5\r\n"))
	s, err := Windows(file, Cut{Columns: Columns{Group: "run"}, Length: 1})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Values, []float32{1.5, 2.5, 3.5}) || !slices.Equal(s.Group, []string{"1", "1", "2"}) || !slices.Equal(s.Classes, []string{"all"}) {
		t.Errorf("values %v, sources %v, classes %v", s.Values, s.Group, s.Classes)
	}
}

func TestWindowsRefuse(t *testing.T) {
	dir := t.TempDir()
	state := Columns{Class: "state"}
	for _, c := range []struct {
		text string
		cut  Cut
		want string
	}{
		{sensors, Cut{Columns: state}, "windows of 0 rows"},
		{sensors, Cut{Columns: state, Length: 2, Stride: -1}, "every -1 rows"},
		{sensors, Cut{Length: 2}, `:2: state: "ok" is not allowed; allowed: a finite number`},
		{sensors, Cut{Columns: state, Length: 2, Channels: []string{"heat"}}, "without the column heat"},
		{sensors, Cut{Columns: Columns{Class: "state", Group: "shift"}, Length: 2}, "without the column shift"},
		{sensors, Cut{Columns: Columns{Class: "state", Group: "run"}, Length: 4},
			`class "leak" has no window: its longest run of lines has 3; allowed: at least 4 consecutive lines`},
		{"x,state\n1,a\n,a\nnan,b\n", Cut{Columns: state, Length: 1}, `:3: x: "" is not allowed; allowed: a finite number`},
		{"x,state\n1,a\n,a\nnan,b\n", Cut{Columns: state, Length: 1}, `:4: x: "nan" is not allowed`},
		{"state\na\n", Cut{Columns: state, Length: 1}, "has no column with values"},
	} {
		_, err := Windows(put(t, dir, "s.csv", []byte(c.text)), c.cut)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v\nwant %q", c.cut, err, c.want)
		}
	}
}
