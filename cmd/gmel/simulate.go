package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
	"github.com/gmel-go/gmel/sim/render"
	"github.com/urfave/cli/v2"
)

func simulateCommand() *cli.Command {
	return &cli.Command{
		Name:  "simulate",
		Usage: "play a trained policy, a heuristic or a reference, or two of them in the same worlds",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "scenario", Usage: "preset, preset with a number of IEDs, or scenario file `NAME|NAME:N|FILE`; without it the scenario of the run, if the policy is one of a run", Value: "paper"},
			&cli.StringFlag{Name: "policy", Usage: "run folder, for its greedy policy, or `NAME`: " + strings.Join(sim.Policies(), ", ") + "; or a reference that knows more than an IED can: " + strings.Join(sim.References(), ", "), Value: "switch-aware"},
			&cli.StringFlag{Name: "beside", Usage: "a second policy in the same worlds, `NAME|RUN` as --policy; --render draws both side by side"},
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

func simulate(c *cli.Context) (err error) {
	o, err := simulateOptions(c)
	if err != nil {
		return err
	}
	players, err := contestants(c)
	if err != nil {
		return err
	}
	defer func() {
		for _, p := range players {
			err = errors.Join(err, p.finish())
		}
	}()
	o.Scenario = players[0].scenario
	cams, err := cameras(c, o, players)
	if err != nil {
		return err
	}
	say := progress(c).Line
	memory := simulateMemory(c, o, len(players))
	say(fmt.Sprintf("%s of %s: %.3g MB", train.Counted(int64(o.Worlds), "world"), train.Counted(int64(o.Scenario.IEDs), "IED"), float64(memory.Parts[0].Bytes)/1e6))
	if err := memory.Fit(train.FreeMemory(nil)); err != nil {
		return err
	}
	played, err := playAll(c, o, players, cams)
	if err != nil {
		return err
	}
	if cams != nil {
		if err := keepPicture(c, cams, say); err != nil {
			return err
		}
	}
	return printPlayed(c, played)
}

// playAll plays the policies in turn, in the same worlds.
func playAll(c *cli.Context, o sim.SimulateOptions, players []*contestant, cams []*render.Camera) (all []sim.Summary, err error) {
	for i, player := range players {
		p := progress(c)
		o.Scenario, o.Policy, o.Progress = player.scenario, player.Policy, p.Count("episode", "episodes")
		if cams != nil {
			o.Watcher, o.Watched = cams[i], c.Int("world")
		}
		s, err := traced(c.String("trace"), p.Line, func(w io.Writer) (sim.Summary, error) {
			o.Trace = w
			return sim.Simulate(o)
		})
		p.Done()
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// printPlayed prints what became of one policy, or of two.
func printPlayed(c *cli.Context, played []sim.Summary) error {
	out := c.App.Writer
	if toStdout(c.String("trace")) {
		out = c.App.ErrWriter
	}
	switch {
	case c.Bool("json") && len(played) > 1:
		return printJSON(out, map[string][]sim.Summary{"policies": played})
	case c.Bool("json"):
		return printJSON(out, played[0])
	}
	var texts []string
	for _, s := range played {
		texts = append(texts, summaryText(s))
	}
	return printText(out, strings.Join(texts, "\n"))
}

// simulateMemory is what the options take.
func simulateMemory(c *cli.Context, o sim.SimulateOptions, players int) train.Memory {
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
		frame := int64(players) * (frameBytes + iedBytes*int64(o.Scenario.IEDs))
		m.Parts = append(m.Parts, train.MemoryPart{What: "the frames of the picture", Bytes: int64(min(c.Int("frames"), o.Slots(c.Int("world")))) * frame, Setting: "--frames"})
	}
	return m
}

func simulateOptions(c *cli.Context) (o sim.SimulateOptions, err error) {
	o = sim.SimulateOptions{Worlds: c.Int("worlds"), Episodes: c.Int("episodes"), Seed: c.Uint64("seed"), Threads: c.Int("threads")}
	if o.Episodes < 1 || o.Worlds < 0 || o.Threads < 0 {
		return o, train.Usagef("--episodes is %d, --worlds %d, --threads %d; allowed: at least 1, 0 and 0", o.Episodes, o.Worlds, o.Threads)
	}
	if o.Worlds == 0 {
		o.Worlds = sim.DefaultWorlds(o.Episodes)
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if c.IsSet("beside") && c.String("trace") != "" {
		return o, train.Usagef("--trace is for one policy: leave out --beside")
	}
	return o, nil
}

// tracePart is the scenario for the part of its trace that is asked for.
func tracePart(c *cli.Context, s *sim.Scenario) (*sim.Scenario, error) {
	part := c.String("part")
	switch {
	case part != sim.PartEvaluation && part != sim.PartTraining:
		return nil, train.Usagef("--part %q is not allowed; allowed: %s, %s", part, sim.PartEvaluation, sim.PartTraining)
	case c.IsSet("part") && s.Tasks.Arrivals.Window.HeldOut == 0:
		return nil, train.Usagef("--part is not allowed: the scenario %s holds out no part of an arrival trace (tasks.arrivals.window.held_out)", s.Name)
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
	if s.Measured != "" {
		fmt.Fprintf(&b, "devices     %s\n", s.Measured)
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
	where := s.DestinationShares()
	fmt.Fprintf(&b, "actions     local %.3f, candidates %.3f\n", where[0], where[1:])
	if s.LevelShares != nil {
		fmt.Fprintf(&b, "levels      %.3f, cheapest first\n", s.LevelShares)
	}
	if s.Quality != nil {
		fmt.Fprintf(&b, "quality     %.4f of completed tasks\n", *s.Quality)
	}
	fmt.Fprintf(&b, "speed       %.3g agent-steps/s\nhash        %s\n", s.AgentStepsPerS, s.Hash)
	return b.String()
}
