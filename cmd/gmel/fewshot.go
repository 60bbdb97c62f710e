package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion/run"
	"github.com/gmel-go/gmel/nn/fewshot"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/urfave/cli/v2"
)

func fewshotCommand() *cli.Command {
	return &cli.Command{
		Name:  "fewshot",
		Usage: "compare what helps a classifier with k images of rare classes: augmentation, mixtures, generated images",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "data", Usage: "the set, as in gmel diffusion train: `SOURCE|builtin:steel`", Value: run.Steel},
			&cli.StringSliceFlag{Name: "set", Usage: "a setting of the set `PATH=VALUE`, as in gmel diffusion train, such as data.split_column=split; may be repeated"},
			&cli.StringFlag{Name: "rare", Usage: "rare classes `NAME,NAME,...`"},
			&cli.IntFlag{Name: "k", Usage: "`K` images of each rare class; all of the others", Value: 5},
			&cli.IntFlag{Name: "harm", Usage: "compare the arms that need a generator at `K` images as well, to see harm; 0: do not"},
			&cli.IntFlag{Name: "draws", Usage: "`N` draws of the K images", Value: fewshot.DefaultDraws},
			&cli.IntFlag{Name: "seeds", Usage: "`N` classifiers of each arm in a draw", Value: fewshot.DefaultSeeds},
			&cli.IntFlag{Name: "parts", Usage: "validate the baselines on `N` of five parts of a draw, to choose the bar", Value: fewshot.DefaultParts},
			&cli.IntFlag{Name: "adapt", Usage: "adapt the generator to the K images by `N` updates, most of the work of its images", Value: fewshot.DefaultAdapt},
			&cli.StringFlag{Name: "synth", Usage: "run `DIR` of gmel diffusion train on the classes that are not rare: the generator of recipes"},
			&cli.StringFlag{
				Name: "arms", Usage: "what is compared `ARM,ARM,...`: nothing, balanced, flips or shiftN, perhaps + a classifier of its own, perhaps + a source (" + strings.Join(fewshot.Sources(), ", ") + ") and @ its share; baselines stands for all without a generator, recipes for those with one",
				DefaultText: baselines + ", and with --synth " + recipes,
			},
			&cli.StringFlag{Name: "classifier", Usage: "kind of classifier `NAME`: " + strings.Join(fewshot.Classifiers(), ", "), Value: fewshot.CNN},
			&cli.Uint64Flag{Name: "seed", Usage: "seed `S` of draws, made images and classifiers", Value: 1},
			&cli.StringFlag{Name: "out", Usage: "folder `DIR` of finished parts and of the table; given again, the command goes on (default: runs/fewshot-SET-kK)"},
			&cli.IntFlag{Name: "jobs", Usage: "work on `N` draws at once, one thread each", Value: runtime.GOMAXPROCS(0), DefaultText: "all cores"},
			stealFlag(), backendFlag(), deviceFlag(), jsonFlag(),
		},
		Action: fewshotStudy, OnUsageError: usageError,
	}
}

// What stands for fewshot.Baselines and fewshot.Recipes in a list of arms.
const (
	baselines = "baselines"
	recipes   = "recipes"
)

func fewshotStudy(c *cli.Context) error {
	s, err := fewshotOf(c)
	if err != nil {
		return err
	}
	dir := c.String("out")
	if dir == "" {
		base := strings.TrimPrefix(filepath.Base(c.String("data")), "builtin:")
		dir = filepath.Join("runs", fmt.Sprintf("fewshot-%s-k%d", strings.TrimSuffix(base, filepath.Ext(base)), s.K))
	}
	p := progress(c)
	ctx, stop := untilSignal(p.Line, "classifier")
	defer stop()
	p.Line("results go to " + dir)
	t, err := s.Run(ctx, fewshot.Options{
		Folder: dir, StealLock: c.Bool("steal-lock"), Jobs: c.Int("jobs"), Progress: p.Count("classifier", "classifiers"),
		Open: func() (kernels.Backend, error) { return oneThread(c) },
	})
	p.Done()
	if ctx.Err() != nil {
		p.Line("stopped; give the same command again to go on")
		return errStopped
	}
	if err != nil {
		return err
	}
	if err := fewshotFiles(dir, t); err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(c.App.Writer, t)
	}
	return printText(c.App.Writer, t.Markdown())
}

// oneThread opens the backend of a draw.
func oneThread(c *cli.Context) (kernels.Backend, error) {
	name := c.String("backend")
	if name == "" {
		name = "auto"
	}
	b, err := kernels.Open(name, kernels.Options{Threads: 1, Device: c.String("device")})
	if err != nil {
		return nil, train.Usagef("--backend %s: %w", name, err)
	}
	return b, nil
}

// fewshotFiles writes the table for people and for programs, and its picture.
func fewshotFiles(dir string, t *fewshot.Table) error {
	picture, err := t.Picture()
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	for name, text := range map[string][]byte{"table.md": []byte(t.Markdown()), "table.json": append(data, '\n'), "arms.png": picture} {
		if err := disk.Write(filepath.Join(dir, name), text); err != nil {
			return err
		}
	}
	return nil
}

// fewshotOf reads the study that the flags ask for.
func fewshotOf(c *cli.Context) (*fewshot.Study, error) {
	if c.String("rare") == "" {
		return nil, train.Usagef("--rare NAME,... is missing: of which classes are there few images?")
	}
	if c.Int("jobs") < 1 {
		return nil, train.Usagef("--jobs %d is not allowed; allowed: from 1", c.Int("jobs"))
	}
	config, err := run.Load(run.Sources{Data: c.String("data"), Sets: append([]string{"data.held_out=0.3"}, c.StringSlice("set")...)})
	if err != nil {
		return nil, err
	}
	s := &fewshot.Study{
		K: c.Int("k"), Harm: c.Int("harm"), Draws: c.Int("draws"), Seeds: c.Int("seeds"), Parts: c.Int("parts"), Classifier: c.String("classifier"), Adapt: c.Int("adapt"),
		Task: fewshot.Task{Seed: c.Uint64("seed")},
	}
	if s.Set, s.Training, s.Test, err = config.Data.Parts(); err != nil {
		return nil, err
	}
	if s.Rare, err = rareClasses(s.Set, c.String("rare")); err != nil {
		return nil, err
	}
	list := c.String("arms")
	if dir := c.String("synth"); dir != "" {
		if s.Generator, err = fewshotGenerator(dir, s.Set, config.Data.Split(), progress(c).Line); err != nil {
			return nil, err
		}
		list = cmp.Or(list, baselines+","+recipes)
	}
	if s.Arms, err = fewshotArms(cmp.Or(list, baselines), s.Set.Shape); err != nil {
		return nil, err
	}
	if err := s.Check(); err != nil {
		return nil, train.Usagef("%w", err)
	}
	return s, nil
}

// fewshotGenerator reads the network of a run that has seen no row of the test: it read the same rows, and was split as the set.
func fewshotGenerator(dir string, set *dataset.Set, split string, notice func(string)) (*run.Network, error) {
	n, err := run.ReadNetwork(dir, notice)
	if err != nil {
		return nil, err
	}
	if n.Split != split || split == "" {
		return nil, train.Usagef("--synth %s: the run was split by %q, and the set is by %q; allowed: one column for both, data.split_column, so that the run has seen no image of the test", dir, n.Split, split)
	}
	same, err := n.Data.ReadFrom(set)
	switch {
	case err != nil:
		return nil, train.Usagef("--synth %s: %w", dir, err)
	case !same:
		return nil, train.Usagef("--synth %s: the run read other rows than this set has of its classes; allowed: equal images, groups and parts by the same settings of data, so that the run has seen no image of the test", dir)
	}
	return n, nil
}

// rareClasses are numbers of classes by their names; a name with commas stands alone.
func rareClasses(set *dataset.Set, list string) ([]int, error) {
	if class, err := set.ClassNamed(list); err == nil {
		return []int{class}, nil
	}
	rare := map[int]bool{}
	for _, name := range strings.Split(list, ",") {
		class, err := set.ClassNamed(strings.TrimSpace(name))
		if err != nil {
			return nil, train.Usagef("--rare: %w", err)
		}
		rare[class] = true
	}
	var classes []int
	for class := range set.Classes {
		if rare[class] {
			classes = append(classes, class)
		}
	}
	return classes, nil
}

func fewshotArms(list string, shape []int) (arms []fewshot.Arm, err error) {
	for _, name := range strings.Split(list, ",") {
		names := []string{strings.TrimSpace(name)}
		switch names[0] {
		case baselines:
			names = fewshot.Baselines(shape)
		case recipes:
			names = fewshot.Recipes(shape)
		}
		for _, name := range names {
			arm, err := fewshot.ParseArm(name, shape)
			if err != nil {
				return nil, train.Usagef("--arms: %w", err)
			}
			arms = append(arms, arm)
		}
	}
	return arms, nil
}
