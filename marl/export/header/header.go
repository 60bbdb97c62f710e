// Package header writes a trained policy as one C99 header without dependencies. Its outputs have the bits of package
// kernels/ref on every processor with IEEE 754 arithmetic.
package header

import (
	"bytes"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl/actor"
)

//go:embed policy.h.tmpl
var source string

var page = template.Must(template.New("policy.h").Parse(source))

// content is what the template shows. Numbers are C expressions.
type content struct {
	Title, File, Mask, Outputs string
	About                      []string // lines
	Bytes, Stack               int
	Widest, Block              int
	Observations, Actions      []entry
	Mean, Deviation, Clip      string
	Layers                     []layer
	Last                       string // the array with the outputs
	Golden                     []vector
}

// entry is an observation or an action.
type entry struct {
	Name, Text               string
	Offset, Scale, Low, High string
}

// layer is a layer that reads the array From and writes the array To.
type layer struct {
	Number, In, Out     int
	Weight, Bias, Slope string
	From, To            string
}

// Text returns the header for a policy that [actor.Policy.Check] accepts. file is the name that its comments give it.
func Text(p *actor.Policy, file string) ([]byte, error) {
	n := &p.Contract.Network
	c := content{
		Title: clean(fmt.Sprintf("Policy %s of gmel, trained by %s", p.Contract.Name, p.Contract.Algorithm)), File: clean(file),
		Mask: clean(strings.TrimSuffix(p.Contract.Interface.Mask, ".")), Outputs: p.Contract.Decision.Outputs, About: about(&p.Contract),
		Widest: slices.Max(n.Widths), Block: kernels.BlockK, Clip: number(n.Clip),
		Observations: observations(&p.Contract), Actions: actions(&p.Contract),
		Mean: array(p.Mean), Deviation: array(p.Scale), Last: "x", Golden: golden(p),
	}
	constants := 6 * len(p.Mean)
	for i, l := range p.Layers {
		slope := n.Slope
		if i+1 == len(p.Layers) {
			slope = 1
		}
		x := layer{Number: i, In: l.In(), Out: l.Out(), Weight: array(byInput(l)), Bias: array(l.Bias), Slope: number(slope), From: "x", To: "y"}
		if i%2 == 1 {
			x.From, x.To = "y", "x"
		}
		c.Layers, c.Last = append(c.Layers, x), x.To
		constants += len(l.Weight) + len(l.Bias)
	}
	c.Bytes, c.Stack = 4*constants, 4*(3*c.Widest+n.Widths[len(n.Widths)-1])
	var text bytes.Buffer
	if err := page.Execute(&text, c); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	return text.Bytes(), nil
}

// byInput are the weights [in, out].
func byInput(l actor.Layer) []float32 {
	in, out := l.In(), l.Out()
	w := make([]float32, in*out)
	for o := range out {
		for i := range in {
			w[i*out+o] = l.Weight[o*in+i]
		}
	}
	return w
}

// about says where a policy comes from.
func about(c *actor.Contract) []string {
	lines := []string{
		fmt.Sprintf("Update %d, seed %d, checkpoint %s.", c.Checkpoint.Update, c.Checkpoint.Seed, c.Checkpoint.SHA256),
		fmt.Sprintf("Game: %s with %d agents; a slot has %g s, and a decision is for a slot.", c.Game.Name, c.Game.Agents, c.Game.SlotS),
	}
	if c.Decision.Turns > 1 {
		lines = append(lines, fmt.Sprintf("Agents decide in %d turns of a slot, agent i in turn i mod %d; the last observations tell what earlier turns chose.", c.Decision.Turns, c.Decision.Turns))
	}
	lines = append(lines, c.Interface.Notes...)
	for i := range lines {
		lines[i] = clean(lines[i])
	}
	return lines
}

func observations(c *actor.Contract) []entry {
	var list []entry
	names := newNames("GMEL_POLICY_OBS_")
	for _, o := range c.Interface.Observations {
		e := entry{Name: names.of(o.Name), Offset: number(o.Offset), Scale: number(o.Scale), Low: "-FLT_MAX", High: "FLT_MAX"}
		e.Text = clean(fmt.Sprintf("%s; %s", o.Meaning, bounds(o.Low, o.High, o.Unit)))
		if o.Clipped && o.Low != nil {
			e.Low = number(*o.Low)
		}
		if o.Clipped && o.High != nil {
			e.High = number(*o.High)
		}
		list = append(list, e)
	}
	return list
}

// bounds says in words between which values a quantity is.
func bounds(low, high *float32, unit string) string {
	if unit == "1" {
		unit = "a pure number"
	} else {
		unit = "in " + unit
	}
	switch {
	case low != nil && high != nil:
		return fmt.Sprintf("%s, %g to %g", unit, *low, *high)
	case low != nil:
		return fmt.Sprintf("%s, at least %g", unit, *low)
	case high != nil:
		return fmt.Sprintf("%s, at most %g", unit, *high)
	}
	return unit
}

func actions(c *actor.Contract) []entry {
	var list []entry
	names := newNames("GMEL_POLICY_ACT_")
	for _, a := range c.Interface.Actions {
		list = append(list, entry{Name: names.of(a.Name), Text: clean(a.Meaning)})
	}
	return list
}

// array lists numbers, eight on a line.
func array(v []float32) string {
	var b strings.Builder
	for i, x := range v {
		if i%8 == 0 {
			b.WriteString("    ")
		}
		b.WriteString(number(x))
		if b.WriteByte(','); i%8 == 7 || i+1 == len(v) {
			b.WriteByte('\n')
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// number is a float constant without rounding.
func number(x float32) string {
	if x == float32(math.Trunc(float64(x))) && x > -1e6 && x < 1e6 && !(x == 0 && math.Signbit(float64(x))) {
		return strconv.FormatFloat(float64(x), 'f', 1, 32) + "f"
	}
	return strconv.FormatFloat(float64(x), 'x', -1, 32) + "f"
}
