package bench

import (
	"bufio"
	"bytes"
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
		a.Ways, err = g.Load(t)
	case "check":
		var list []Array
		list, err = g.Check(r.Way)
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
		a.Seconds, err = g.Time(r.Way, r.N)
	default:
		err = errors.New("unknown question " + r.Ask)
	}
	return a, err
}

// A peer that does not answer is ended, and the sentence says what it was asked.
func TestPatience(t *testing.T) {
	t.Setenv(fakePeer, "sleeps")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p, err := StartPeer(self)
	if err != nil {
		t.Fatal(err)
	}
	p.(*process).patience = 50 * time.Millisecond
	if _, err := p.Load(Task{Work: "mlp"}); err == nil || !strings.Contains(err.Error(), `no answer to "load" within 50ms`) {
		t.Errorf("%v", err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// beside runs a perceptron beside a fake peer.
func beside(t *testing.T, how string) (Row, error) {
	t.Helper()
	t.Setenv(fakePeer, how)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o := onRef()
	if o.Peers, err = StartPeers([]string{self, "gorgonia"}); err != nil {
		t.Fatal(err)
	}
	row, err := Run(MLP(4, 3, 5, 2), o)
	for _, p := range o.Peers {
		if closed := p.Close(); err == nil {
			err = closed
		}
	}
	return row, err
}

// Two sides that do the same work are compared, over the protocol and inside the program.
func TestDuel(t *testing.T) {
	row, err := beside(t, "honest")
	if err != nil {
		t.Fatal(err)
	}
	if len(row.Peers) != 2 || row.Peers[0].Peer != "Fake 1.0" || !strings.HasPrefix(row.Peers[1].Peer, "gorgonia") {
		t.Fatalf("%+v", row.Peers)
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

func TestPeersThatAreNone(t *testing.T) {
	for how, want := range map[string]string{
		"errs":    "does other work: grad/layer1.b differs by",
		"forgets": "does other work: grad/layer1.b [2] is missing",
		"garbles": "the answer is no JSON",
		"dies":    "the peer has ended .*: no module named torch",
	} {
		_, err := beside(t, how)
		found := err != nil
		for _, part := range strings.Split(want, ".*") {
			found = found && strings.Contains(err.Error(), part)
		}
		if !found {
			t.Errorf("%s: %v, want %q", how, err, want)
		}
	}
	if _, err := StartPeers([]string{"gorgonia", "/no/such/program"}); err == nil {
		t.Error("a peer that cannot be started was started")
	}
	if _, err := StartPeers([]string{" "}); err == nil || !strings.Contains(err.Error(), "empty") {
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
		{Peer: "PyTorch 2", Variant: "compiled", Seconds: 3, Own: 2, Ratio: 1.5, RatioLow: 1.4, RatioHigh: 1.6, Goal: 2, Tried: []Tried{{"eager", 4}, {"compiled", 3}}},
		{Peer: "gorgonia v0", Variant: "TapeMachine", Seconds: 20, Own: 2, Ratio: 10, RatioLow: 9, RatioHigh: 11, Goal: 20},
	}}
	text, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := ReadRows(bytes.NewReader(append(append(text, '\n'), text...)))
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	folder := filepath.Join(t.TempDir(), "results")
	if err := Report(folder, rows); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"peers.md": "| actor | mlp | 1 | 2.000 s | 50 % | PyTorch | compiled | 3.000 s | **1.50** [1.40, 1.60] | 3.00 | 2 |", "peers.json": `"ratio": 10`, "peers.png": "PNG",
	} {
		data, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || !bytes.Contains(data, []byte(want)) {
			t.Errorf("%s lacks %q: %v\n%.500s", name, want, err, data)
		}
	}
	if err := Report(folder, []Row{{}}); err == nil {
		t.Error("a report without peers")
	}
	if _, err := ReadRows(strings.NewReader("{}\nx")); err == nil {
		t.Error("rows that are no JSON were read")
	}
}
