package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fakePeer is set where the test's own program plays a peer: its value is how it behaves.
const fakePeer = "GMEL_FAKE_PEER"

func TestMain(m *testing.M) {
	if how := os.Getenv(fakePeer); how != "" {
		play(how, os.Stdin, os.Stdout)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// play is a peer that answers with stock gorgonia, honestly or not.
func play(how string, in io.Reader, out io.Writer) {
	g, lines := &gorgonia{}, bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		switch how {
		case "dies":
			fmt.Fprintln(os.Stderr, "first words\nno module named torch")
			os.Exit(3)
		case "sleeps":
			time.Sleep(time.Minute)
		case "garbles":
			fmt.Fprintln(out, "hello")
			continue
		}
		var r request
		a, err := answer{}, json.Unmarshal(line, &r)
		if err == nil {
			a, err = reply(g, r, how)
		}
		if err != nil {
			a.Error = err.Error()
		}
		text, _ := json.Marshal(a)
		fmt.Fprintf(out, "%s\n", text)
	}
}

func reply(g *gorgonia, r request, how string) (a answer, err error) {
	switch r.Ask {
	case "load":
		t := Task{Work: r.Work, Sizes: r.Sizes, Threads: r.Threads}
		for _, w := range r.Tensors {
			x, err := unpack(w)
			if err != nil {
				return a, err
			}
			t.Given = append(t.Given, x)
		}
		a.Name, a.Family = "Fake 1.0", peerTorch
		if a.Ways, err = g.Load(context.Background(), t); how == "dies once" || how == "hangs once" {
			a.Ways = []string{"first", "second"}
		}
	case "check":
		if r.Way == "first" && how == "dies once" {
			fmt.Fprintln(os.Stderr, "CUDA error: an illegal memory access was encountered")
			os.Exit(3)
		}
		var list []Array
		list, err = g.Check(context.Background(), r.Way)
		for _, x := range list {
			if how == "errs" && x.Name == "grad/layer1.b" {
				x.Data[1] += 0.001
			}
			if how == "forgets" && x.Name == "grad/layer1.b" {
				continue
			}
			a.Tensors = append(a.Tensors, pack(x))
		}
	case "time":
		if r.Way == "first" && how == "hangs once" {
			time.Sleep(time.Minute)
		}
		a.Seconds, err = g.Time(context.Background(), r.Way, r.N)
	default:
		err = errors.New("unknown question " + r.Ask)
	}
	return a, err
}

// fake is the test's own program as a peer that behaves so.
func fake(t *testing.T, how string) Peer {
	t.Helper()
	t.Setenv(fakePeer, how)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p, err := StartPeer(self)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A peer that does not answer is ended, and the sentence says what it was asked and for how long.
func TestPatience(t *testing.T) {
	p := fake(t, "sleeps")
	x := &contest{o: &Options{Patience: 50 * time.Millisecond}, task: Task{Work: "mlp"}}
	_, err := x.load(p)
	if err == nil || err.Error() != `no answer to "load": the patience of 50ms is over` || !errors.As(err, &ended{}) {
		t.Errorf("%v", err)
	}
	if _, err := p.Check(context.Background(), "eager"); err == nil || !strings.Contains(err.Error(), "does not run") {
		t.Errorf("%v", err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// beside runs a perceptron beside a fake peer and stock gorgonia.
func beside(t *testing.T, how string) Row {
	t.Helper()
	o := onRef()
	o.Patience, o.Peers = 5*time.Second, []Peer{fake(t, how), &gorgonia{}}
	row, err := Run(MLP(4, 3, 5, 2), o)
	for _, p := range o.Peers {
		err = errors.Join(err, p.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(row.Peers) != 2 || !strings.HasPrefix(row.Peers[1].Peer, "gorgonia") || row.Peers[1].Ratio <= 0 {
		t.Fatalf("%s: %+v", how, row.Peers)
	}
	return row
}

// Two sides that do the same work are compared, over the protocol and inside the program.
func TestDuel(t *testing.T) {
	row := beside(t, "honest")
	if row.Peers[0].Peer != "Fake 1.0" {
		t.Errorf("%+v", row.Peers[0])
	}
	for i, goal := range []float64{4, 15} {
		d := row.Peers[i]
		if d.Ratio <= 0 || d.RatioLow > d.Ratio || d.RatioHigh < d.Ratio || d.Rounds < 5 || d.Own <= 0 || d.Seconds <= 0 {
			t.Errorf("%+v", d)
		}
		if !(d.Agreement < 1e-5) || len(d.Tried) != 1 || d.Tried[0].Variant != d.Variant || d.Goal != goal {
			t.Errorf("%+v", d)
		}
	}
}

// A peer that does other work, or none, has a row that says why; the next peer is measured all the same.
func TestPeersThatAreNone(t *testing.T) {
	for how, want := range map[string]string{
		"errs":    "none of its 1 ways works; TapeMachine, AdamSolver: does other work: grad/layer1.b differs by",
		"forgets": "does other work: grad/layer1.b [2] is missing",
		"garbles": "the answer is no JSON",
		"dies":    "the peer has ended (exit status 3): no module named torch",
	} {
		row := beside(t, how)
		if d := row.Peers[0]; !strings.Contains(d.Error, want) || d.Ratio != 0 || row.Seconds <= 0 {
			t.Errorf("%s: %+v, want %q", how, d, want)
		}
		if text := row.PeerText(); !strings.Contains(text, ": no ratio: ") || !strings.Contains(text, want) {
			t.Errorf("%s: %s", how, text)
		}
	}
	if _, err := StartPeers([]string{"gorgonia", "/no/such/program"}); err == nil {
		t.Error("a peer that cannot be started was started")
	}
	if _, err := StartPeers([]string{" "}); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Errorf("%v", err)
	}
}

// A peer that ends with one of its ways, or must be ended, is started again for the others.
func TestPeersBeginAnew(t *testing.T) {
	for how, want := range map[string]string{
		"dies once":  "the peer has ended (exit status 3): CUDA error: an illegal memory access was encountered",
		"hangs once": `no answer to "time": the patience of 5s is over`,
	} {
		d := beside(t, how).Peers[0]
		if d.Error != "" || d.Variant != "second" || d.Ratio <= 0 || len(d.Tried) != 2 || d.Tried[0].Error != want || d.Tried[1].Error != "" {
			t.Errorf("%s: %+v", how, d)
		}
	}
}

// A child is not sent more than it can take.
func TestMostSent(t *testing.T) {
	p := fake(t, "dies") // if it is sent anything
	x := &contest{o: &Options{}, task: Task{Work: "mlp", Given: []Array{{"x", []int{1<<28 + 1}, make([]float32, 1<<28+1)}}}}
	if _, err := x.load(p); err == nil || err.Error() != "not sent: the inputs are 1.0 GiB, at most 1 GiB go to a peer" {
		t.Errorf("%v", err)
	}
}

// A peer that does not know a work is left out.
func TestUnknownWork(t *testing.T) {
	o := onRef()
	o.Peers = []Peer{&gorgonia{}}
	row, err := Run(AMARLActor(2, 3, 8), o)
	if err != nil || len(row.Peers) != 0 {
		t.Errorf("%+v, %v", row.Peers, err)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b []float32
		want float64
	}{
		{[]float32{1, -4}, []float32{1, -3}, 0.25}, {[]float32{0, 0}, []float32{0, 0}, 0}, {nil, nil, 0},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance of %v and %v is %g, want %g", c.a, c.b, got, c.want)
		}
	}
	nan := []Array{{"x", []int{1}, []float32{float32(math.NaN())}}}
	both := append(nan, Array{"y", []int{1}, []float32{1}}) // what follows must not hide it
	for _, list := range [][]Array{nan, both} {
		if worst, name, err := Difference(list, list); !math.IsNaN(worst) || name != "x" || err != nil {
			t.Errorf("NaN agrees with NaN: %g %s %v", worst, name, err)
		}
	}
}

func TestWire(t *testing.T) {
	a := Array{"x", []int{2, 1}, []float32{1.5, float32(math.Inf(-1))}}
	b, err := unpack(pack(a))
	if err != nil || b.Name != "x" || len(b.Shape) != 2 || b.Data[0] != 1.5 || !math.IsInf(float64(b.Data[1]), -1) {
		t.Errorf("%+v, %v", b, err)
	}
	for _, bad := range []wire{{"x", []int{3}, pack(a).Data}, {"x", []int{2}, "?"}} {
		if _, err := unpack(bad); err == nil {
			t.Errorf("%+v was unpacked", bad)
		}
	}
}

// A report holds every row, its picture and its table; without peers there is none.
func TestReport(t *testing.T) {
	row := Row{Name: "actor", Shape: "mlp", Threads: 1, Device: "processor", Seconds: 2, Floor: 1, Peers: []Duel{
		{Peer: "PyTorch 2", Variant: "compiled", Seconds: 3, Own: 2, Ratio: 1.5, RatioLow: 1.4, RatioHigh: 1.6, Goal: 2, Tried: []Tried{{Variant: "eager", Seconds: 4}, {Variant: "compiled", Seconds: 3}, {Variant: "flex", Error: "out of memory"}}},
		{Peer: "gorgonia v0", Variant: "TapeMachine", Seconds: 20, Own: 2, Ratio: 10, RatioLow: 9, RatioHigh: 11, Goal: 20},
	}}
	alone, failed := row, Row{Name: "actor", Shape: "wide", Peers: []Duel{{Peer: "PyTorch 2", Error: "out of memory | 3"}}}
	alone.Peers = nil
	var text bytes.Buffer
	for _, r := range []Row{alone, row, failed} {
		if err := json.NewEncoder(&text).Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := ReadRows(&text)
	if err != nil || len(rows) != 2 || len(rows[0].Peers) != 2 {
		t.Fatalf("%+v, %v", rows, err)
	}
	folder := filepath.Join(t.TempDir(), "results")
	if err := Report(folder, rows); err != nil {
		t.Fatal(err)
	}
	for want, name := range map[string]string{
		"| actor | wide | 0 | 0.00 us | - | PyTorch | no ratio: out of memory / 3 |": "peers.md", "compiled 3.000 s; flex left out: out of memory": "peers.md",
		"| actor | mlp | 1 | 2.000 s | 50 % | PyTorch | compiled | 3.000 s | **1.50** [1.40, 1.60] | 3.00 | 2 |": "peers.md", `"ratio": 10`: "peers.json", "PNG": "peers.png",
	} {
		data, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || !bytes.Contains(data, []byte(want)) {
			t.Errorf("%s lacks %q: %v\n%.500s", name, want, err, data)
		}
	}
	for _, r := range []Row{{}, failed} {
		if err := Report(folder, []Row{r}); err == nil {
			t.Error("a report without a ratio")
		}
	}
	if _, err := ReadRows(strings.NewReader("{}\nx")); err == nil {
		t.Error("rows that are no JSON were read")
	}
}
