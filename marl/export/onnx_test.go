package export

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/sim"
	"google.golang.org/protobuf/encoding/protowire"
)

// fields are those of a message by their numbers.
type fields map[protowire.Number][][]byte

func parse(t *testing.T, data []byte) fields {
	t.Helper()
	f := fields{}
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		size := protowire.ConsumeFieldValue(number, kind, data[max(n, 0):])
		if n < 0 || size < 0 {
			t.Fatalf("the message is damaged: %v", protowire.ParseError(min(n, size)))
		}
		value := data[n : n+size]
		if kind == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(value)
		}
		f[number], data = append(f[number], value), data[n+size:]
	}
	return f
}

func (f fields) text(n protowire.Number) string { return string(f[n][0]) }

func (f fields) number(n protowire.Number) int {
	v, _ := protowire.ConsumeVarint(f[n][0])
	return int(v)
}

// operator is a node of a graph that was read.
type operator struct {
	op, to     string
	from       []string
	attributes map[string]fields
}

// reader plays the graph of a file for one observation; it is a second implementation of the operators that are used.
type reader struct {
	nodes  []operator
	values map[string][]float64
	rows   map[string]int // of a matrix
}

// open reads the graph and checks the versions, and that each name is written before it is read.
func open(t *testing.T, file []byte) *reader {
	t.Helper()
	model := parse(t, file)
	operators := parse(t, model[8][0])
	if model.number(1) != 8 || operators.text(1) != "" || operators.number(2) != 17 {
		t.Fatalf("intermediate representation %d, operators %q %d", model.number(1), operators.text(1), operators.number(2))
	}
	g, known := parse(t, model[7][0]), map[string]bool{}
	r := &reader{values: map[string][]float64{}, rows: map[string]int{}}
	for _, data := range g[11] {
		known[parse(t, data).text(1)] = true
	}
	for _, data := range g[5] {
		c := parse(t, data)
		known[c.text(8)] = true
		if len(c[1]) == 2 {
			r.rows[c.text(8)] = c.number(1)
		}
		for raw := c[9][0]; len(raw) > 0; raw = raw[4:] {
			r.values[c.text(8)] = append(r.values[c.text(8)], float64(math.Float32frombits(binary.LittleEndian.Uint32(raw))))
		}
	}
	for _, data := range g[1] {
		n := parse(t, data)
		o := operator{op: n.text(4), to: n.text(2), attributes: map[string]fields{}}
		for _, name := range n[1] {
			if o.from = append(o.from, string(name)); !known[string(name)] {
				t.Fatalf("%s reads %s, which is not written yet", o.op, name)
			}
		}
		for _, a := range n[5] {
			o.attributes[parse(t, a).text(1)] = parse(t, a)
		}
		known[o.to], r.nodes = true, append(r.nodes, o)
	}
	for _, data := range g[12] {
		if name := parse(t, data).text(1); !known[name] {
			t.Fatalf("the output %s is not written", name)
		}
	}
	return r
}

// play returns the logits and the action.
func (r *reader) play(t *testing.T, obs, mask []float32) (logits []float64, action int) {
	t.Helper()
	for name, from := range map[string][]float32{"observation": obs, "mask": mask} {
		r.values[name] = nil
		for _, v := range from {
			r.values[name] = append(r.values[name], float64(v))
		}
	}
	for _, n := range r.nodes {
		r.values[n.to] = r.operate(t, n)
	}
	return r.values["logits"], int(r.values["action"][0])
}

func (r *reader) operate(t *testing.T, n operator) []float64 {
	in := func(i int) []float64 { return r.values[n.from[i]] }
	each := func(f func(i int, v float64) float64) (y []float64) {
		for i, v := range in(0) {
			y = append(y, f(i, v))
		}
		return y
	}
	switch n.op {
	case "Sub":
		return each(func(i int, v float64) float64 { return v - in(1)[i] })
	case "Mul":
		return each(func(i int, v float64) float64 { return v * in(1)[i] })
	case "Clip":
		return each(func(_ int, v float64) float64 { return min(max(v, in(1)[0]), in(2)[0]) })
	case "LeakyRelu":
		alpha := math.Float32frombits(binary.LittleEndian.Uint32(n.attributes["alpha"][2][0]))
		return each(func(_ int, v float64) float64 { return max(v, 0) + float64(alpha)*min(v, 0) })
	case "Gemm":
		if n.attributes["transB"].number(3) != 1 {
			t.Fatal("Gemm without transB")
		}
		return product(in(0), in(1), in(2), r.rows[n.from[1]])
	case "Where":
		return each(func(i int, v float64) float64 { return map[bool]float64{true: in(1)[i], false: in(2)[0]}[v != 0] })
	case "ArgMax":
		best := 0
		for i, v := range in(0) {
			if v > in(0)[best] {
				best = i
			}
		}
		return []float64{float64(best)}
	}
	t.Fatalf("operator %s", n.op)
	return nil
}

// product is w x + b for w [rows, len(x)].
func product(x, w, b []float64, rows int) []float64 {
	y := make([]float64, rows)
	for o := range y {
		y[o] = b[o]
		for i, v := range x {
			y[o] += w[o*len(x)+i] * v
		}
	}
	return y
}

// recorded are n observations with masks that a random policy meets, and what the trained policy does in their place.
func recorded(t *testing.T, from *run.Trained, n int) (obs, mask []float32, actions []int32) {
	t.Helper()
	w, err := sim.New(from.Config.Scenario, 16, 9)
	if err != nil {
		t.Fatal(err)
	}
	random, err := sim.NewPolicy("random", from.Config.Scenario, 9)
	if err != nil {
		t.Fatal(err)
	}
	played := make([]int32, w.W*w.A)
	for len(mask) < n*w.U {
		obs, mask = append(obs, w.Obs...), append(mask, w.Mask...)
		random.Act(w, played)
		if err := w.Step(played); err != nil {
			t.Fatal(err)
		}
	}
	backend, err := kernels.Open("ref", kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { backend.Close() })
	p, err := from.Policy(marl.Execution{Backend: backend})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	actions = make([]int32, len(mask)/w.U)
	if err := p.Choose(marl.View{Obs: obs, Mask: mask}, [2]float32{}, actions); err != nil {
		t.Fatal(err)
	}
	return obs, mask, actions
}

// The file of ONNX decides like the policy, by a reader of our own; make export-test asks ONNX Runtime.
func TestONNX(t *testing.T) {
	for _, algo := range []string{"amarl", "d3qn"} {
		t.Run(algo, func(t *testing.T) {
			dir, from, p := exported(t, algo)
			g, o, u := open(t, file(t, dir, networkFile)), len(p.Mean), len(p.Contract.Interface.Actions)
			obs, mask, actions := recorded(t, from, 500)
			seen := map[int]bool{}
			for i, want := range actions {
				logits, got := g.play(t, obs[i*o:][:o], mask[i*u:][:u])
				if got != int(want) {
					t.Fatalf("row %d: action %d, want %d; logits %v", i, got, want, logits)
				}
				seen[got] = true
			}
			if len(seen) < 2 {
				t.Errorf("only the actions %s were chosen", fmt.Sprint(seen))
			}
		})
	}
}
