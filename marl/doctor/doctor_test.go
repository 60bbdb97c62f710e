package doctor

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/internal/disk"
	_ "github.com/gmel-go/gmel/marl/amarl" // registers itself
	_ "github.com/gmel-go/gmel/marl/ippo"  // registers itself
	_ "github.com/gmel-go/gmel/marl/ppo"   // registers itself
	"github.com/gmel-go/gmel/marl/run"
)

// made is a run of 100 updates with a report at every fifth and an evaluation at every tenth. change may spoil the numbers of a line; at is
// the part of the run.
type made struct {
	report  map[string]func(at float64) float64
	greedy  map[string]func(at float64) float64
	sampled map[string]func(at float64) float64
	against float64 // completion of the greedy policy minus that of the heuristic, ± 0.01
	updates int     // that have been made; 0: all
}

func constant(v float64) func(float64) float64 { return func(float64) float64 { return v } }

// sound are the numbers of a run with nothing wrong.
func sound() *made {
	return &made{
		report: map[string]func(float64) float64{
			"entropy": func(at float64) float64 { return 1.5 - 1.3*at }, "unexplained": constant(0.3), "explained_variance": constant(0.4),
			"grad_norm_critic": constant(2), "grad_norm_actor": constant(0.1), "clip_fraction": constant(0.1), "approx_kl": constant(0.01),
		},
		greedy:  map[string]func(float64) float64{"completion_rate": rises, "share_action_0": constant(0.1), "share_action_1": constant(0.5), "share_action_2": constant(0.4)},
		sampled: map[string]func(float64) float64{"completion_rate": rises},
		against: 0.05,
	}
}

// rises ends its rise in the first half.
func rises(at float64) float64 { return min(0.3+1.3*at, 0.95) }

func values(of map[string]func(float64) float64, at float64) string {
	var b strings.Builder
	for name, f := range of {
		v := f(at)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			fmt.Fprintf(&b, `,"%s":"%v"`, name, v)
		} else {
			fmt.Fprintf(&b, `,"%s":%g`, name, v)
		}
	}
	return b.String()
}

// write makes the folder of the run, as training does, and reads it.
func (m *made) write(t *testing.T) *run.Past {
	t.Helper()
	c, err := run.Load(run.Sources{Sets: []string{"train.updates=100"}})
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	made := m.updates
	if made == 0 {
		made = 100
	}
	for update := 0; update <= made; update += 5 {
		at := float64(update) / 100
		if update > 0 {
			fmt.Fprintf(&lines, `{"update":%d,"kind":"train"%s}`+"\n", update, values(m.report, at))
		}
		if update%10 == 0 {
			fmt.Fprintf(&lines, `{"update":%d,"kind":"amarl-sampled"%s}`+"\n", update, values(m.sampled, at))
			fmt.Fprintf(&lines, `{"update":%d,"kind":"amarl-greedy"%s}`+"\n", update, values(m.greedy, at))
		}
	}
	dir := t.TempDir()
	row := func(name string, rate float64) string {
		return fmt.Sprintf(`{"policy":"%s","completion_rate":{"mean":%g,"half_95":0.01}}`, name, rate)
	}
	difference := func(name string) string {
		return fmt.Sprintf(`{"policy":"%s","against":"greedy","completion_rate":{"mean":%g,"half_95":0.01}}`, name, m.against)
	}
	table := fmt.Sprintf(`{"policies":[%s,%s,%s],"differences":[%s,%s]}`, row("amarl-sampled", 0.8), row("amarl-greedy", 0.8), row("greedy", 0.8-m.against),
		difference("amarl-sampled"), difference("amarl-greedy"))
	files := map[string]string{"config.yaml": string(c.YAML()), "metrics.jsonl": lines.String(), "table.json": table}
	if made < 100 {
		delete(files, "table.json")
	}
	for name, text := range files {
		if err := disk.Write(filepath.Join(dir, name), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	p, err := run.ReadPast(dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func found(d *Diagnosis) (names []string) {
	for _, f := range d.Findings {
		names = append(names, f.Rule)
	}
	return names
}

// limit is a threshold of a rule, with a run on either side of it.
type limit struct {
	rule      string
	wrong, ok func(*made)
	says      string
}

// reported is a limit of a number in reports of training.
func reported(rule, name string, wrong, ok func(float64) float64, says string) limit {
	set := func(f func(float64) float64) func(*made) { return func(m *made) { m.report[name] = f } }
	return limit{rule, set(wrong), set(ok), says}
}

// evaluated is a limit of a number in greedy evaluations.
func evaluated(rule, name string, wrong, ok func(float64) float64, says string) limit {
	set := func(f func(float64) float64) func(*made) { return func(m *made) { m.greedy[name] = f } }
	return limit{rule, set(wrong), set(ok), says}
}

// after is a number that changes after a part of the run.
func after(part, before, then float64) func(float64) float64 {
	return func(at float64) float64 {
		if at <= part {
			return before
		}
		return then
	}
}

// both plays greedy and sampled with one score.
func both(score func(at float64) float64) func(*made) {
	return func(m *made) { m.greedy["completion_rate"], m.sampled["completion_rate"] = score, score }
}

var limits = []limit{
	reported("not-finite", "critic_loss", after(0.4, 1, math.NaN()), constant(1e30), "critic_loss is NaN at update 45 (train)"),
	evaluated("one-action", "share_action_0", after(0.5, 0.2, 0.99), after(0.5, 0.99, 0.97), "computes 99.0 % of the tasks locally"),
	evaluated("one-action", "share_action_2", constant(0.985), constant(0.975), "98.5 % of the tasks to candidate 2 alone"),
	reported("entropy-gone", "entropy", after(0.2, 1, 0.03), after(0.4, 1, 0.03), "at update 25, in the first third"),
	reported("entropy-stays", "entropy", constant(1.05), constant(0.95), // ln 3 = 1.0986
		"still 1.05 in the last quarter of the run, and a uniform one has 1.1"),
	reported("value-error", "unexplained", constant(1.2), after(0.75, 1.2, 0.9), "leaves 120 % of the variance"),
	reported("value-error", "explained_variance", constant(-0.1), after(0.75, -0.1, 0.1), "explains -10 % of the variance"),
	reported("gradient-grows", "grad_norm_critic", after(0.7, 2, 41), after(0.7, 2, 39), "grows to 41, and its median in the first half of the run is 2"),
	reported("gradient-zero", "grad_norm_actor", after(0.7, 0.1, 0), after(0.9, 0.1, 0), "grad_norm_actor is 0 in the last quarter"),
	reported("steps-too-large", "clip_fraction", constant(0.35), after(0.5, 0.5, 0.25), "35 % of the decisions are clipped"),
	reported("steps-too-large", "approx_kl", constant(0.06), constant(0.04), "moves by 0.06 nats"),
	{
		"below-heuristic", func(m *made) { m.against = -0.02 }, func(m *made) { m.against = -0.009 },
		"worse than the heuristic greedy: completion -0.0200 ± 0.0100",
	},
	{
		"got-worse", both(func(at float64) float64 { return rises(at) - max(0, at-0.7) }), both(func(at float64) float64 { return rises(at) - max(0, at-0.7)/10 }),
		"was better before: completion 0.9500 at update 50",
	},
	{
		"greedy-below-sampled", func(m *made) { m.sampled["completion_rate"] = constant(0.99) }, func(m *made) { m.sampled["completion_rate"] = constant(0.98) },
		"completion 0.9500 and 0.9900",
	},
	{"still-rising", both(func(at float64) float64 { return 0.3 + 0.6*at }), both(rises), "completion 0.7800 at update 80, 0.9000 at update 100"},
}

// Each rule speaks where its threshold is passed, and not on the other side of it; no other rule does.
func TestRules(t *testing.T) {
	for _, x := range limits {
		t.Run(x.rule, func(t *testing.T) {
			m := sound()
			x.wrong(m)
			d := Examine(m.write(t))
			if got := found(d); len(got) != 1 || got[0] != x.rule || !strings.Contains(d.Findings[0].What, x.says) || len(d.Findings[0].Try) == 0 {
				t.Errorf("findings %+v, want %s with %q", d.Findings, x.rule, x.says)
			}
			m = sound()
			x.ok(m)
			if d := Examine(m.write(t)); len(d.Findings) > 0 || !strings.Contains(d.Text(), "nothing looks wrong.") {
				t.Errorf("within the threshold: %s", d.Text())
			}
		})
	}
}

// Every rule has a limit above.
func TestLimits(t *testing.T) {
	for _, name := range Names() {
		if !slices.ContainsFunc(limits, func(x limit) bool { return x.rule == name }) {
			t.Errorf("no limit of the rule %s is tested", name)
		}
	}
}

// Nothing is wrong with good runs. testdata has what `gmel train` wrote by default, and with --algo amarl-ppo and ippo, --set
// train.updates=3200 --set train.eval_every=320.
func TestNoFalseAlarm(t *testing.T) {
	for _, name := range []string{"amarl", "amarl-ppo", "ippo"} {
		p, err := run.ReadPast(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if d := Examine(p); !strings.HasSuffix(d.Text(), ": nothing looks wrong.\n") || d.Update != d.Updates {
			t.Error(d.Text())
		}
	}
}

// A young run and a run that goes on are no fault.
func TestUnfinished(t *testing.T) {
	m := sound()
	for updates, want := range map[int]string{ // its score still rises
		20: "update 20 of 100: nothing looks wrong to 3 of 12 rules; there is too little of the run for the others.\n\n" +
			"Not judged: entropy-stays, value-error, gradient-zero (needed: 4 reports of training in the last quarter of the run); " +
			"gradient-grows (needed: 4 reports of training in the first half of the run and one in the second); " +
			"steps-too-large (needed: 4 reports of training in the second half of the run); below-heuristic (needed: the final table); " +
			"got-worse, greedy-below-sampled (needed: 5 evaluations); still-rising (needed: the whole run with 5 evaluations).\n",
		95: "update 95 of 100: nothing looks wrong to 10 of 12 rules; there is too little of the run for the others.\n\n" +
			"Not judged: below-heuristic (needed: the final table); still-rising (needed: the whole run with 5 evaluations).\n",
	} {
		m.updates = updates
		if d := Examine(m.write(t)); len(d.Findings) > 0 || !strings.HasSuffix(d.Text(), want) {
			t.Error(d.Text())
		}
	}
	p := m.write(t)
	if err := os.Remove(filepath.Join(string(p.Folder), "metrics.jsonl")); err != nil {
		t.Fatal(err)
	}
	p, err := run.ReadPast(string(p.Folder))
	if err != nil {
		t.Fatal(err)
	}
	if text := Examine(p).Text(); !strings.Contains(text, "no report of training yet") {
		t.Error(text)
	}
}

// What to try names settings of the run with their values.
func TestTries(t *testing.T) {
	m := sound()
	m.report["entropy"] = constant(0.01)
	d := Examine(m.write(t))
	if text := d.Text(); !strings.Contains(text, "   - raise amarl.alpha (0.1)\n") || !strings.Contains(text, "(entropy-gone)") {
		t.Error(text)
	}
}

// Every rule is explained where a user looks.
func TestRulesAreDocumented(t *testing.T) {
	data, err := os.ReadFile("../../docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Names() {
		if !strings.Contains(string(data), "| `"+name+"` |") {
			t.Errorf("docs/commands.md has no row for the rule %s", name)
		}
	}
}
