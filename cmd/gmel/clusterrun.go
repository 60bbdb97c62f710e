package main

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/gmel-go/gmel/deploy"
	"github.com/gmel-go/gmel/marl/run"
	diffusion "github.com/gmel-go/gmel/nn/diffusion/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/urfave/cli/v2"
)

// shared is a kind of run that ranks can share: agents, or a diffusion model.
type shared struct {
	command []string          // of gmel
	flags   func() []cli.Flag // what it is trained with
	check   func(*cli.Context) error
	files   []string // flags that name files and folders
	result  string   // the file in its folder that says that it is complete
}

var (
	agents = shared{[]string{"train"}, sourceFlags, func(c *cli.Context) error {
		_, err := run.Load(sources(c))
		return err
	}, []string{"out", "config", "scenario"}, run.TableJSON}
	model = shared{[]string{"diffusion", "train"}, diffusionSourceFlags, func(c *cli.Context) error {
		_, err := diffusion.Load(diffusionSources(c))
		return err
	}, []string{"out", "config", "data", "from"}, diffusion.GridPNG}
)

// commands print a file that trains one run, on a number of ranks. what is the run in their descriptions.
func (s shared) commands(what string) []*cli.Command {
	one := func(name, file string, action cli.ActionFunc, ranks int, flags []cli.Flag) *cli.Command {
		return &cli.Command{
			Name: name, Usage: "print " + file + what, Action: action, Before: noArguments, OnUsageError: usageError,
			Flags: slices.Concat(s.flags(), []cli.Flag{
				&cli.StringFlag{Name: "out", Usage: "folder of the run `DIR`"},
				&cli.IntFlag{Name: "ranks", Usage: "`N` nodes or pods that share the run, a process on each; the program there needs MPI (make mpi)", Value: ranks},
			}, resourceFlags(), flags),
		}
	}
	return []*cli.Command{
		one("slurm", "a batch file for Slurm that trains ", s.slurmFile, 1, slurmFlags()),
		one("mpijob", "an MPIJob for the MPI operator of Kubeflow, whose pods share ", s.podsFile(deploy.Ranks.MPIJob), 2, podFlags("mpi")),
		one("trainjob", "a TrainJob for the Trainer of Kubeflow, whose pods share ", s.podsFile(deploy.Ranks.TrainJob), 2, podFlags("mpi")),
	}
}

func (s shared) slurmFile(c *cli.Context) error {
	command, err := s.words(c)
	if err != nil {
		return err
	}
	batch := slurm(c, command...)
	if n := c.Int("ranks"); n > 1 {
		batch.Ranks = n
	}
	text, err := batch.Text()
	return printFile(c, text, err)
}

// podsFile prints one of the manifests of a run that pods share.
func (s shared) podsFile(text func(deploy.Ranks) (string, error)) cli.ActionFunc {
	return func(c *cli.Context) error {
		var names []string
		for _, flag := range s.files {
			names = append(names, c.String(flag))
		}
		if err := checkPods(c, names...); err != nil {
			return err
		}
		command, err := s.words(c)
		if err != nil {
			return err
		}
		manifest, err := text(deploy.Ranks{
			Name: c.String("name"), Resources: resources(c), Image: c.String("image"), Claim: c.String("claim"),
			Ranks: c.Int("ranks"), Result: filepath.ToSlash(filepath.Join(c.String("out"), s.result)), Command: append([]string{"gmel"}, command...),
		})
		return printFile(c, manifest, err)
	}
}

// words are the arguments of gmel with which a run begins or goes on, after a look at its configuration.
func (s shared) words(c *cli.Context) ([]string, error) {
	if c.String("out") == "" {
		return nil, train.Usagef("--out DIR is missing, the folder of the run")
	}
	if err := s.check(c); err != nil {
		return nil, err
	}
	command := append(slices.Clone(s.command), "--auto-resume")
	for _, f := range append(s.flags(), &cli.StringFlag{Name: "out"}) {
		command = append(command, given(c, f)...)
	}
	return command, checkNumber(c)
}

// given is a flag as it was given, with its values.
func given(c *cli.Context, f cli.Flag) (words []string) {
	name := f.Names()[0]
	if !c.IsSet(name) {
		return nil
	}
	if _, several := f.(*cli.StringSliceFlag); several {
		for _, value := range c.StringSlice(name) {
			words = append(words, "--"+name, value)
		}
		return words
	}
	return []string{"--" + name, fmt.Sprint(c.Value(name))}
}
