package header

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/marl/actor"
	"github.com/gmel-go/gmel/sim/feature"
)

// drawn is a policy with these widths and random numbers.
func drawn(widths ...int) *actor.Policy {
	rng := rand.New(philox.NewSource(3, uint64(widths[0])))
	normals := func(n int, spread float64) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(spread * rng.NormFloat64())
		}
		return v
	}
	p := &actor.Policy{Mean: normals(widths[0], 2), Scale: normals(widths[0], 1)}
	c := &p.Contract
	c.Format, c.Version, c.Name, c.Algorithm = actor.Format, actor.Version, "hall */ \\ one\ntwo", "amarl"
	c.Network = actor.Network{Widths: widths, Activation: actor.LeakyReLU, Slope: 0.01, Clip: 5}
	c.Decision = actor.Decision{Outputs: actor.OutputLogits, Rule: actor.DecisionRule}
	for i := range widths[0] {
		c.Interface.Observations = append(c.Interface.Observations, feature.Observation{Name: fmt.Sprintf("number.%d", i%40), Meaning: "a number", Unit: "s", Offset: 0.3, Scale: 0.7}.Between(-2, 2.5).Cut())
	}
	for i := range widths[len(widths)-1] {
		c.Interface.Actions = append(c.Interface.Actions, feature.Action{Name: fmt.Sprintf("action-%d", i), Meaning: "an action"})
	}
	for i, in := range widths[:len(widths)-1] {
		p.Layers = append(p.Layers, actor.Layer{Weight: normals(in*widths[i+1], 1/math.Sqrt(float64(in))), Bias: normals(widths[i+1], 0.1)})
	}
	return p
}

// compiler is a compiler with flags, and what runs its programs where the machine does not.
type compiler struct {
	name   string
	flags  string
	runner string
}

var strict = "-Wall -Wextra -Wconversion -pedantic -Werror "

// compilers are those that the header must give the same bits with. The fused instructions of -march=native are the trap: gcc uses them
// for a*b + c by default with -std=gnu11.
var compilers = []compiler{
	{"gcc", strict + "-std=c99 -O2", ""},
	{"gcc", strict + "-std=c99 -O0 -march=native", ""},
	{"gcc", strict + "-std=gnu11 -O3 -march=native -ffp-contract=fast", ""},
	{"gcc", strict + "-std=gnu11 -O3 -march=native -ffp-contract=fast -DGMEL_POLICY_NO_FMA", ""},
	{"gcc", strict + "-std=c99 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all", ""},
	{"g++", strict + "-x c++ -std=c++17 -O2", ""},
	{"clang", strict + "-std=c99 -O2", ""},
	{"clang", strict + "-std=gnu11 -O3 -march=native -ffp-contract=fast", ""},
	{"aarch64-linux-gnu-gcc", strict + "-std=gnu11 -O3 -static", "qemu-aarch64"},
}

// In C, outputs have every bit of the player's, and actions are the same, however it is compiled.
func TestSameBitsInC(t *testing.T) {
	policies := map[string]*actor.Policy{"paper": drawn(28, 64, 64, 5), "wide": drawn(600, 24, 7), "linear": drawn(3, 2)}
	for name, p := range policies {
		dir := t.TempDir()
		writeHeader(t, dir, p)
		input, want := decisions(p, 3000)
		for i, c := range compilers {
			if name != "paper" && i != 0 && i != 4 {
				continue
			}
			t.Run(name+" "+c.name+" "+strings.TrimPrefix(c.flags, strict), func(t *testing.T) {
				observed := "-DOBSERVED=" + number(p.Contract.Interface.Observations[0].Observed(3.7))
				program := c.build(t, dir, "testdata/driver.c", `-DHEADER="`+filepath.Join(dir, "policy.h")+`"`, observed)
				if got := c.run(t, program, input); !bytes.Equal(got, want) {
					t.Errorf("%d bytes, want %d; first difference at %d", len(got), len(want), differs(got, want))
				}
			})
		}
	}
}

// The self-test passes, and sees a changed weight and a changed rule.
func TestSelfTest(t *testing.T) {
	c, dir := compilers[0], t.TempDir()
	text := writeHeader(t, dir, drawn(28, 64, 64, 5))
	path := filepath.Join(dir, "policy.h")
	if out := c.run(t, c.build(t, dir, path, "-DGMEL_SELFTEST"), nil); !strings.Contains(string(out), "32 golden vectors, every bit equal") {
		t.Errorf("%s", out)
	}
	for old, changed := range map[string]string{
		"? v : slope * v": "? v : 0.010000001f * v", "y[j] + bias[j]": "y[j] - bias[j]", "outputs[j] > outputs[best]": "outputs[j] >= outputs[best] - 1",
		"return (float)s;": "return a * b + c;",
	} {
		bad := strings.Replace(text, old, changed, 1)
		if bad == text {
			t.Fatalf("no %q in the header", old)
		}
		write(t, path, bad)
		if out, err := exec.Command(c.build(t, dir, path, "-DGMEL_SELFTEST", "-Wno-error")).CombinedOutput(); err == nil {
			t.Errorf("with %q the self-test passes: %s", changed, out)
		}
	}
}

// Flags that change results are refused with a sentence.
func TestRefusesFastMath(t *testing.T) {
	dir := t.TempDir()
	writeHeader(t, dir, drawn(3, 2))
	for _, flag := range []string{"-ffast-math", "-Ofast", "-ffinite-math-only"} {
		out, err := exec.Command(compilers[0].path(t), "-fsyntax-only", flag, "-x", "c", filepath.Join(dir, "policy.h")).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "compile this file without them") {
			t.Errorf("%s: %v\n%s", flag, err, out)
		}
	}
}

func (c compiler) path(t *testing.T) string {
	t.Helper()
	for _, program := range []string{c.name, c.runner} {
		if _, err := exec.LookPath(program); err != nil && program != "" {
			t.Skipf("there is no %s here", program)
		}
	}
	return c.name
}

// build compiles a source and returns the program.
func (c compiler) build(t *testing.T, dir, source string, flags ...string) string {
	t.Helper()
	program := filepath.Join(dir, "program")
	args := append(strings.Fields(c.flags), flags...)
	if filepath.Ext(source) == ".h" {
		args = append(args, "-x", "c")
	}
	if out, err := exec.Command(c.path(t), append(args, source, "-o", program)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

func (c compiler) run(t *testing.T, program string, input []byte) []byte {
	t.Helper()
	cmd := exec.Command(program)
	if c.runner != "" {
		cmd = exec.Command(c.runner, program)
	}
	var out, fault bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &out, &fault
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s%s", err, &out, &fault)
	}
	return out.Bytes()
}

func writeHeader(t *testing.T, dir string, p *actor.Policy) string {
	t.Helper()
	text, err := Text(p, "policy.h")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "policy.h"), string(text))
	return string(text)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// decisions are the input of the driver for observations of all sizes, and what it must write.
func decisions(p *actor.Policy, rows int) (input, want []byte) {
	rng := rand.New(philox.NewSource(7, 0))
	player := actor.NewPlayer(p)
	obs, outputs := make([]float32, len(p.Mean)), make([]float32, len(p.Contract.Interface.Actions))
	legal, mask := make([]bool, len(outputs)), make([]byte, len(outputs))
	for range rows {
		for j := range obs {
			obs[j] = p.Mean[j] + float32(math.Ldexp(rng.NormFloat64(), rng.IntN(8)-4))
		}
		for j := range legal {
			legal[j] = rng.IntN(3) > 0
			mask[j] = 0
			if legal[j] {
				mask[j] = 1
			}
		}
		player.Outputs(obs, outputs)
		input, _ = binary.Append(input, binary.LittleEndian, obs)
		want, _ = binary.Append(want, binary.LittleEndian, outputs)
		input, want = append(input, mask...), append(want, byte(player.Act(obs, legal)), byte(player.Act(obs, nil)))
	}
	return input, want
}

func differs(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
