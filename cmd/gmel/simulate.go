package main

import (
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
	"github.com/urfave/cli/v2"
)

func simulateCommand() *cli.Command {
	return &cli.Command{
		Name:  "simulate",
		Usage: "play a heuristic or a reference",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "scenario", Usage: "preset, preset with a number of IEDs, or scenario file `NAME|NAME:N|FILE`", Value: "paper"},
			&cli.StringFlag{Name: "policy", Usage: "`NAME`: " + strings.Join(sim.Policies(), ", ") + "; or a reference that knows more than an IED can: " + strings.Join(sim.References(), ", "), Value: "switch-aware"},
			&cli.StringSliceFlag{Name: "set", Usage: "change a setting of the scenario or of the policy, such as scenario.ieds=50 or policy.queue_price=2: `PATH=VALUE`; may be repeated"},
			&cli.IntFlag{Name: "worlds", Usage: "`W` worlds side by side; 0: at most 64"},
			&cli.IntFlag{Name: "episodes", Usage: "`K` episodes over all worlds", Value: 100},
			&cli.Uint64Flag{Name: "seed", Usage: "seed `S` of worlds and policy", Value: 1},
			&cli.StringFlag{Name: "part", Usage: "`PART` of an arrival trace with a part that is held out: evaluation, as gmel eval plays it, or training", Value: sim.PartEvaluation},
			threadsFlag(), jsonFlag(),
			&cli.StringFlag{Name: "trace", Usage: "write one row per task to `FILE.csv`, which must not exist, or to a pipe such as /dev/stdout"},
		}, renderFlags()...),
		Action: simulate,
	}
}

func simulate(c *cli.Context) error {
	o, err := simulateOptions(c)
	if err != nil {
		return err
	}
	cam, err := camera(c, &o)
	if err != nil {
		return err
	}
	if cam != nil {
		o.Watcher, o.Watched = cam, c.Int("world")
	}
	p := progress(c)
	memory := simulateMemory(c, o)
	p.Line(fmt.Sprintf("%s of %s: %.3g MB", train.Counted(int64(o.Worlds), "world"), train.Counted(int64(o.Scenario.IEDs), "IED"), float64(memory.Parts[0].Bytes)/1e6))
	if err := memory.Fit(train.FreeMemory(nil)); err != nil {
		return err
	}
	o.Progress = p.Count("episode", "episodes")
	s, err := traced(c.String("trace"), p.Line, func(w io.Writer) (sim.Summary, error) {
		o.Trace = w
		return sim.Simulate(o)
	})
	p.Done()
	if err == nil && cam != nil {
		err = keepPicture(c, cam, p.Line)
	}
	if err != nil {
		return err
	}
	out := c.App.Writer
	if toStdout(c.String("trace")) {
		out = c.App.ErrWriter
	}
	if c.Bool("json") {
		return printJSON(out, s)
	}
	return printText(out, summaryText(s))
}

// simulateMemory is what the options take.
func simulateMemory(c *cli.Context, o sim.SimulateOptions) train.Memory {
	few := "--worlds or the scenario's ieds"
	if !c.IsSet("worlds") {
		few = "--episodes below 64, or the scenario's ieds"
	}
	m := train.Memory{Parts: []train.MemoryPart{
		{What: "the worlds", Bytes: sim.Bytes(o.Scenario, o.Worlds), Setting: few},
		{What: "the results of the episodes", Bytes: train.Times(sim.EpisodeBytes, o.Episodes), Setting: "--episodes"},
		{What: "the rows of the arrival trace", Bytes: sim.TraceBytes(o.Scenario), Setting: "the number of rows in tasks.arrivals.trace_file"},
	}}
	if movie := strings.EqualFold(filepath.Ext(c.String("render")), ".gif"); movie {
		m.Parts = append(m.Parts, train.MemoryPart{What: "the frames of the picture", Bytes: int64(min(c.Int("frames"), o.Slots(o.Watched))) * frameBytes, Setting: "--frames"})
	}
	return m
}

func simulateOptions(c *cli.Context) (o sim.SimulateOptions, err error) {
	o = sim.SimulateOptions{Worlds: c.Int("worlds"), Episodes: c.Int("episodes"), Seed: c.Uint64("seed"), Threads: c.Int("threads")}
	if o.Episodes < 1 || o.Worlds < 0 || o.Threads < 0 {
		return o, usagef("--episodes is %d, --worlds %d, --threads %d; allowed: at least 1, 0 and 0", o.Episodes, o.Worlds, o.Threads)
	}
	if o.Worlds == 0 {
		o.Worlds = sim.DefaultWorlds(o.Episodes)
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.Scenario, o.Policy, err = game(c, o.Seed); err != nil {
		return o, err
	}
	o.Scenario, err = tracePart(c, o.Scenario)
	return o, err
}

// game reads the scenario and the policy, with the settings of --set.
func game(c *cli.Context, seed uint64) (*sim.Scenario, sim.Policy, error) {
	s, err := run.LoadScenario(c.String("scenario"), setting.Origin{Flag: "--scenario"})
	if err != nil {
		return nil, nil, err
	}
	p, err := sim.NewPolicy(c.String("policy"), s, seed)
	if err != nil {
		return nil, nil, &train.UsageError{Err: err}
	}
	r := setting.NewReader()
	for _, text := range c.StringSlice("set") {
		if err := r.Set(text); err != nil {
			return nil, nil, &train.UsageError{Err: err}
		}
	}
	r.Read(setting.Section{Name: "scenario", Value: s, Files: s.Files()})
	if own := sim.Settings(p); own != nil {
		r.Read(setting.Section{Name: "policy", Value: own})
	} else {
		r.Refuse("policy", fmt.Sprintf("the policy %s has no settings", p.Name()))
	}
	if err := r.Check(); err != nil {
		return nil, nil, &train.UsageError{Err: err}
	}
	s.NormaliseShares()
	return s, p, nil
}

// tracePart is the scenario for the part of its trace that is asked for.
func tracePart(c *cli.Context, s *sim.Scenario) (*sim.Scenario, error) {
	part := c.String("part")
	switch {
	case part != sim.PartEvaluation && part != sim.PartTraining:
		return nil, usagef("--part %q is not allowed; allowed: %s, %s", part, sim.PartEvaluation, sim.PartTraining)
	case c.IsSet("part") && s.Tasks.Arrivals.Window.HeldOut == 0:
		return nil, usagef("--part is not allowed: the scenario %s holds out no part of an arrival trace (tasks.arrivals.window.held_out)", s.Name)
	case part == sim.PartTraining:
		return s, nil
	}
	return s.HeldOut(), nil
}

func summaryText(s sim.Summary) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s on %s: %s, %s, %s, seed %d\n", s.Policy, s.Scenario, train.Counted(int64(s.Episodes), "episode"),
		train.Counted(int64(s.Agents), "IED"), train.Counted(s.Tasks, "task"), s.Seed)
	if k := sim.Knowledge(s.Policy); k != "" {
		fmt.Fprintf(&b, "knowledge   a reference that %s\n", k)
	}
	if s.TracePart != nil {
		fmt.Fprintf(&b, "arrivals    %s\n", s.TracePart)
	}
	if s.Tasks == 0 {
		b.WriteString("completion  n/a, as all means over tasks: there were none\n")
		fmt.Fprintf(&b, "speed       %.3g agent-steps/s\nhash        %s\n", s.AgentStepsPerS, s.Hash)
		return b.String()
	}
	fmt.Fprintf(&b, "completion  %.4f\n", s.CompletionRate)
	fmt.Fprintf(&b, "latency     %.3f s mean, %.3f s p95 (a failed task counts its deadline)\n", s.MeanLatencyS, s.P95LatencyS)
	l := s.LatencySplit
	fmt.Fprintf(&b, "of which    radio wait %.3f, upload %.3f, queue %.3f, model load %.3f, compute %.3f, download %.3f s\n",
		l.RadioWait, l.Upload, l.QueueWait, l.Switch, l.Compute, l.Download)
	fmt.Fprintf(&b, "reward      %.3f per IED and episode\n", s.MeanReward)
	fmt.Fprintf(&b, "energy      %.2f J per task\n", s.EnergyJ)
	fmt.Fprintf(&b, "actions     local %.3f, candidates %.3f\n", s.ActionShares[0], s.ActionShares[1:])
	fmt.Fprintf(&b, "speed       %.3g agent-steps/s\nhash        %s\n", s.AgentStepsPerS, s.Hash)
	return b.String()
}
