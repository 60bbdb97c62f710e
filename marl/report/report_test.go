package report

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/internal/disk"
	_ "github.com/gmel-go/gmel/marl/amarl" // registers itself
	_ "github.com/gmel-go/gmel/marl/ppo"   // registers itself
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/record"
)

// Runs of a second, by `gmel train --config cmd/gmel/testdata/tiny.yaml --set train.log_every=10 --set train.eval_every=20 --set
// table_episodes=20` with seeds 1 and 2, and by amarl-ppo with seed 1.
var runs = []string{"testdata/runs/amarl-1", "testdata/runs/amarl-2", "testdata/runs/amarl-ppo-1"}

func page(t *testing.T, dirs ...string) *Page {
	t.Helper()
	p, err := New(dirs, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func html(t *testing.T, p *Page) string {
	t.Helper()
	data, err := p.HTML()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// line is a line of metrics.jsonl, read without the package that the page uses.
type line map[string]any

func recorded(t *testing.T, dir, kind string) (all []line) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var x line
		if err := json.Unmarshal(s.Bytes(), &x); err != nil {
			t.Fatal(err)
		}
		if x["kind"] == kind {
			all = append(all, x)
		}
	}
	return all
}

// figuresIn are the figures that a browser gets.
func figuresIn(t *testing.T, text string) map[string]Figure {
	t.Helper()
	m := regexp.MustCompile(`(?s)<script type="application/json" id="figures">(.*?)</script>`).FindStringSubmatch(text)
	if m == nil {
		t.Fatal("no figures in the page")
	}
	var list []Figure
	if err := json.Unmarshal([]byte(m[1]), &list); err != nil {
		t.Fatal(err)
	}
	all := map[string]Figure{}
	for _, f := range list {
		all[f.ID] = f
	}
	return all
}

// The line of all heads is the mean over runs with an interval; lines of heads have none. A run without the record has no figure.
func TestAttentionByDistance(t *testing.T) {
	all := figuresIn(t, html(t, page(t, runs...)))
	f := all["s0-distance-0"]
	if got := seriesOf(f); !slices.Equal(got, []string{"head 0", "head 1", "head 2", "head 3", "all heads", "uniform"}) {
		t.Fatalf("series %q", got)
	}
	want := (0.25048754 + 0.24906212) / 2 // the first numbers of the lists "mean"
	mean, level := f.Series[4], f.Series[5]
	if math.Abs(float64(mean.Y[0])-want) > 1e-6 || f.X[0] != 5 || mean.Runs[0] != 2 || mean.Low == nil || f.Series[0].Low != nil || level.Y[0] != 0.25 {
		t.Errorf("%+v, want %g at 5 m", mean, want)
	}
	if _, there := all["s0-distance-1"]; there {
		t.Error("amarl-ppo has a figure without a record")
	}
	dir := copied(t, runs[0], "damaged")
	write(t, `{"distance_m":[10,30],"mean":[0.25]}`, dir, "attention.json")
	if text := html(t, page(t, dir)); !strings.Contains(text, "attention.json is damaged: it has 2 distances and a list of 1 weights") || strings.Contains(text, "s0-distance-0") {
		t.Error("a damaged record is not a note")
	}
}

// Two seeds are one line with the mean of both (the interquartile mean of two), at the slots that their reports tell.
func TestLearningCurve(t *testing.T) {
	f := figuresIn(t, html(t, page(t, runs...)))["s0-eval-completion_rate"]
	if got := seriesOf(f); !slices.Equal(got, []string{"amarl", "amarl-ppo", "random", "local", "nearest", "greedy", "softmin", "switch-aware"}) {
		t.Fatalf("series %q", got)
	}
	var want []float64
	a, b := recorded(t, runs[0], "amarl-greedy"), recorded(t, runs[1], "amarl-greedy")
	for i := range a {
		want = append(want, (a[i]["completion_rate"].(float64)+b[i]["completion_rate"].(float64))/2)
	}
	var got []float64
	for i, y := range f.Series[0].Y {
		if !math.IsNaN(float64(y)) {
			got = append(got, float64(y))
			if low, high := f.Series[0].Low[i], f.Series[0].High[i]; low > y || high < y || f.Series[0].Runs[i] != 2 {
				t.Errorf("at %g: %g is not in [%g, %g] of %d runs", f.X[i], y, low, high, f.Series[0].Runs[i])
			}
		}
	}
	if len(got) != len(want) || len(want) < 3 {
		t.Fatalf("%d points, want %d", len(got), len(want))
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-5 {
			t.Errorf("point %d: %g, want %g", i, got[i], want[i])
		}
	}
	last := recorded(t, runs[0], "train")
	if x, want := f.X[len(f.X)-1], last[len(last)-1]["env_slots"].(float64); float64(x) != want {
		t.Errorf("the curve ends at slot %g, the run at %g", x, want)
	}
	if f.Series[1].Low != nil {
		t.Error("a single run has an interval over seeds")
	}
}

func seriesOf(f Figure) (names []string) {
	for _, s := range f.Series {
		names = append(names, s.Name)
	}
	return names
}

// The table has the numbers of table.json: those of a single run with its interval, and those of heuristics.
func TestFinalTable(t *testing.T) {
	p := page(t, runs...)
	final := p.Tasks[0].Final
	var file struct {
		Policies []struct {
			Policy     string
			Completion train.Interval `json:"completion_rate"`
		}
	}
	data, err := os.ReadFile(filepath.Join(runs[2], "table.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, want := range file.Policies {
		for _, row := range final.Rows {
			if row.Name == want.Policy || row.Name == "amarl-ppo" && want.Policy == "amarl-ppo-greedy" {
				found++
				if got := row.Cells[0].interval; math.Abs(got.Point-want.Completion.Mean) > 1e-12 || math.Abs(got.High-got.Point-want.Completion.Half) > 1e-12 {
					t.Errorf("%s: %+v, want %+v", row.Name, got, want.Completion)
				}
			}
		}
	}
	if found != 7 || len(final.Rows) != 8 || final.Rows[0].Runs != 2 {
		t.Errorf("%d of 7 rows found; %+v", found, final.Rows)
	}
	best := 0
	for _, row := range final.Rows {
		for _, c := range row.Cells {
			if c.Low > c.Point || c.Point > c.High || c.Low < 0 || c.High > 100 {
				t.Errorf("%s: mark at %g, %g, %g", row.Name, c.Low, c.Point, c.High)
			}
			if c.Best {
				best++
			}
		}
	}
	if best != len(final.Head) {
		t.Errorf("%d best numbers in %d columns", best, len(final.Head))
	}
}

// The parts of the latency add up to the mean latency, and the bars to their longest.
func TestSplits(t *testing.T) {
	last := recorded(t, runs[2], "amarl-ppo-greedy")
	splits := page(t, runs[2]).Tasks[0].Splits
	if len(splits) != 2 { // before training, and after it
		t.Fatalf("%d bars", len(splits))
	}
	longest := 0.0
	for i, at := range []int{0, len(last) - 1} {
		if want := last[at]["mean_latency_s"].(float64); math.Abs(splits[i].Total-want) > 1e-6 {
			t.Errorf("%s: %g s, want %g", splits[i].Name, splits[i].Total, want)
		}
		width := 0.0
		for _, p := range splits[i].Parts {
			width += p.Width
		}
		longest = max(longest, width)
	}
	if math.Abs(longest-100) > 1e-9 {
		t.Errorf("the longest bar has %g %%", longest)
	}
}

// Shares of actions are a stack that adds up to 1.
func TestChoices(t *testing.T) {
	f := figuresIn(t, html(t, page(t, runs...)))["s0-choice-0"]
	if !f.Stack || len(f.Series) != 5 {
		t.Fatalf("%d series", len(f.Series))
	}
	for i := range f.X {
		sum := 0.0
		for _, s := range f.Series {
			sum += float64(s.Y[i])
		}
		if math.Abs(sum-1) > 1e-4 {
			t.Errorf("at %g: %g", f.X[i], sum)
		}
	}
	attention := figuresIn(t, html(t, page(t, runs...)))["s0-attention-0"]
	if level := attention.Series[len(attention.Series)-1]; level.Name != "uniform" || math.Abs(float64(level.Y[0])-math.Log(4)) > 1e-5 { // 5 IEDs
		t.Errorf("uniform attention is %v, want ln 4", level.Y)
	}
}

// A page asks nothing of anyone, and equal folders give equal pages.
func TestPageStandsAlone(t *testing.T) {
	text := html(t, page(t, runs...))
	for _, m := range regexp.MustCompile(`(?i)\s(src|href|action|data-src|srcset)="?([^"\s>]+)|url\(([^)]*)\)|@import`).FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(m[2], "data:") {
			t.Errorf("the page refers to %q", m[0])
		}
	}
	if again := html(t, page(t, runs...)); again != text {
		t.Error("the same folders give another page")
	}
	for _, want := range []string{"<h1>tiny</h1>", ">3 finished<", "Settings of training that differ", "amarl-ppo</th>", "MIT License"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the page", want)
		}
	}
}

// copied is a copy of a run that a test may damage.
func copied(t *testing.T, from, name string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

func write(t *testing.T, text string, path ...string) {
	t.Helper()
	if err := disk.Write(filepath.Join(path...), []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// What is not finished or damaged is a sentence on the page, and the rest is shown.
func TestDamage(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join(runs[0], "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(whole), "\n")
	for name, x := range map[string]struct {
		damage func(dir string)
		note   string
		curves bool
	}{
		"stopped":   {func(dir string) { os.Remove(filepath.Join(dir, "table.json")) }, "it stopped at update 60 of 60, and can be resumed", true},
		"torn line": {func(dir string) { write(t, string(whole[:len(whole)-5]), dir, "metrics.jsonl") }, "", true},
		"bad line":  {func(dir string) { write(t, lines[0]+"{]\n"+lines[1], dir, "metrics.jsonl") }, "metrics.jsonl:2", false},
		"bad table": {func(dir string) { write(t, "{", dir, "table.json") }, "table.json is damaged", true},
		"no lines":  {func(dir string) { os.Remove(filepath.Join(dir, "metrics.jsonl")) }, "", false},
		"settings":  {func(dir string) { write(t, "seed: x\n", dir, "config.yaml") }, "cannot be shown", false},
		"versions":  {func(dir string) { write(t, "[", dir, "versions.json") }, "versions.json", true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := copied(t, runs[0], "run")
			x.damage(dir)
			p := page(t, dir)
			text := html(t, p)
			if notes := strings.Join(p.Notes, "\n"); !strings.Contains(notes, x.note) || (x.note == "") != (len(p.Notes) == 0) {
				t.Errorf("notes: %q, want one with %q", notes, x.note)
			}
			if _, there := figuresIn(t, text)["s0-eval-completion_rate"]; there != x.curves {
				t.Errorf("curves: %v, want %v", there, x.curves)
			}
		})
	}
	if _, err := New([]string{t.TempDir()}, Options{}); !train.IsUsage(err) {
		t.Errorf("an empty folder: %v", err)
	}
}

// Names of folders and scenarios are text, whatever they contain.
func TestEscaping(t *testing.T) {
	dir := copied(t, runs[0], `<img src=x onerror=alert(1)>`)
	data, err := os.ReadFile(filepath.Join(dir, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, strings.Replace(string(data), "name: tiny", `name: '</script><script>alert(2)</script>'`, 1), dir, "config.yaml")
	p := page(t, dir)
	text := html(t, p)
	if p.Title != "</script><script>alert(2)</script>" {
		t.Fatalf("title %q", p.Title)
	}
	for _, bad := range []string{"<img src=x", "<script>alert"} {
		if strings.Contains(text, bad) {
			t.Errorf("%s is not escaped", bad)
		}
	}
	if !strings.Contains(text, "&lt;img src=x onerror=alert(1)&gt;") {
		t.Error("the folder is not named")
	}
}

// The times of processes add up, also where one that goes on has trained for longer at its first report than the one before.
func TestSeconds(t *testing.T) {
	process := func(from int, seconds ...float64) (lines []record.Line) {
		for i, now := range seconds {
			update := from + 10*(i+1)
			lines = append(lines, record.Line{Update: update, Values: map[string]float64{"seconds": now, "updates_per_s": float64(update-from) / now}})
		}
		return lines
	}
	for _, x := range []struct {
		timing []record.Line
		want   float64
	}{
		{nil, 0},
		{process(0, 2.5, 5), 5},
		{slices.Concat(process(0, 2.5, 5), process(20, 3)), 8},
		{slices.Concat(process(0, 1.0/3, 0.7), process(20, 7, 9), process(40, 9.5)), 0.7 + 9 + 9.5},
	} {
		if got := (&source{timing: x.timing}).seconds(); math.Abs(got-x.want) > 1e-12 {
			t.Errorf("%g s, want %g", got, x.want)
		}
	}
}

func TestThin(t *testing.T) {
	var xs []float64
	for i := range 1001 {
		xs = append(xs, float64(i))
	}
	if got := thin(slices.Clone(xs)); len(got) > mostPoints+1 || got[0] != 0 || got[len(got)-1] != 1000 || !slices.IsSorted(got) {
		t.Errorf("%d points from %g to %g", len(got), got[0], got[len(got)-1])
	}
	if got := thin(xs[:400]); len(got) != 400 {
		t.Errorf("%d of 400 points", len(got))
	}
}

func TestDiffering(t *testing.T) {
	d := differing([]string{"a", "b", "c"}, []map[string]string{{"x": "1", "y": "2"}, {"x": "1", "y": "2"}, {"x": "1", "y": "3", "z": "4"}})
	if len(d.Same) != 1 || d.Same[0].Name != "x" || len(d.Differ) != 2 {
		t.Fatalf("%+v", d)
	}
	y, z := d.Differ[0].Values, d.Differ[1].Values
	if y[0].Odd || !y[2].Odd || y[2].Text != "3" || z[0] != (Fact{absent, false}) || !z[2].Odd {
		t.Errorf("%+v %+v", y, z)
	}
}
