package main

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/gmel-go/gmel/deploy"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/urfave/cli/v2"
)

// oneRun is a command that prints a file which trains one run, on a number of ranks.
func oneRun(name, usage string, action cli.ActionFunc, ranks int, flags ...cli.Flag) *cli.Command {
	return &cli.Command{
		Name: name, Usage: usage, Action: action, Before: noArguments, OnUsageError: usageError,
		Flags: slices.Concat(sourceFlags(), []cli.Flag{
			&cli.StringFlag{Name: "out", Usage: "folder of the run `DIR`"},
			&cli.IntFlag{Name: "ranks", Usage: "`N` nodes or pods that share the run, a process on each; the program there needs MPI (make mpi)", Value: ranks},
		}, resourceFlags(), flags),
	}
}

func slurmFile(c *cli.Context) error {
	command, err := trainWords(c)
	if err != nil {
		return err
	}
	s := slurm(c, command...)
	if n := c.Int("ranks"); n > 1 {
		s.Ranks = n
	}
	text, err := s.Text()
	return printFile(c, text, err)
}

// podsFile prints one of the manifests of a run that pods share.
func podsFile(text func(deploy.Ranks) (string, error)) cli.ActionFunc {
	return func(c *cli.Context) error {
		if err := checkPods(c, c.String("out"), c.String("config"), c.String("scenario")); err != nil {
			return err
		}
		command, err := trainWords(c)
		if err != nil {
			return err
		}
		manifest, err := text(deploy.Ranks{
			Name: c.String("name"), Resources: resources(c), Image: c.String("image"), Claim: c.String("claim"),
			Ranks: c.Int("ranks"), Out: filepath.ToSlash(c.String("out")), Command: append([]string{"gmel"}, command...),
		})
		return printFile(c, manifest, err)
	}
}

// trainWords is the arguments of gmel with which a run begins or goes on, after a look at its configuration.
func trainWords(c *cli.Context) ([]string, error) {
	if c.String("out") == "" {
		return nil, usagef("--out DIR is missing, the folder of the run")
	}
	if _, err := run.Load(sources(c)); err != nil {
		return nil, err
	}
	command := []string{"train", "--auto-resume"}
	for _, f := range append(sourceFlags(), &cli.StringFlag{Name: "out"}) {
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
