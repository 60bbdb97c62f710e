package main

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/gmel-go/gmel/deploy"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/marl/sweep"
	"github.com/urfave/cli/v2"
)

func clusterCommand() *cli.Command {
	array := planned("slurm-array", "print a batch file for Slurm whose tasks train the runs of a plan", arrayFile,
		slices.Concat(resourceFlags(), slurmFlags(), []cli.Flag{parallelFlag()})...)
	job := planned("job", "print an Indexed Job for Kubernetes whose pods train the runs of a plan", jobFile, append(resourceFlags(),
		&cli.StringFlag{Name: "image", Usage: "`IMAGE` that has gmel, as the Containerfile of gmel cluster container makes it"},
		&cli.StringFlag{Name: "claim", Usage: "volume claim `NAME`; its volume has the plan and the files that it names, and gets the runs", Value: "runs"},
		parallelFlag())...)
	for _, c := range []*cli.Command{array, job} {
		c.Before = noArguments
	}
	return &cli.Command{
		Name:   "cluster",
		Usage:  "print files to start from: for Slurm, for Kubernetes, for an image; starts nothing",
		Action: noSubcommand,
		Subcommands: []*cli.Command{
			{
				Name: "slurm", Usage: "print a batch file for Slurm that trains one run", Action: runFile, Before: noArguments, OnUsageError: usageError,
				Flags: slices.Concat(sourceFlags(), []cli.Flag{
					&cli.StringFlag{Name: "out", Usage: "folder of the run `DIR`"},
					&cli.IntFlag{Name: "ranks", Usage: "`N` nodes that share the run, a process on each; the program there needs MPI (make mpi)", Value: 1},
				}, resourceFlags(), slurmFlags()),
			},
			array, job,
			{Name: "container", Usage: "print the Containerfile of an image with gmel", Action: containerFile, Before: noArguments, OnUsageError: usageError},
		},
	}
}

func resourceFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "name", Usage: "`NAME` of the job", Value: "gmel"},
		&cli.IntFlag{Name: "cpus", Usage: "`N` processors for a run", Value: 2},
		&cli.StringFlag{Name: "memory", Usage: "memory `SIZE` for a run, such as 512M or 4G; a run that needs more says so before it begins", Value: "2G"},
	}
}

func slurmFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "time", Usage: "longest `TIME` of a run until it is queued again, as sbatch takes it, such as 12:00:00 (default: that of the partition)"},
		&cli.StringFlag{Name: "partition", Usage: "partition `NAME` (default: that of the cluster)"},
		&cli.StringFlag{Name: "account", Usage: "account `NAME` (default: that of the user)"},
		&cli.StringFlag{Name: "program", Usage: "`FILE` of gmel on the nodes", Value: "gmel"},
	}
}

func parallelFlag() cli.Flag {
	return &cli.IntFlag{Name: "parallel", Usage: "at most `N` runs at a time; 0: as many as there is room for"}
}

func resources(c *cli.Context) deploy.Resources {
	return deploy.Resources{CPUs: c.Int("cpus"), Memory: c.String("memory")}
}

// slurm has what the batch files of a run and of a plan share.
func slurm(c *cli.Context, command ...string) deploy.Slurm {
	return deploy.Slurm{
		Name: c.String("name"), Resources: resources(c), Time: c.String("time"), Partition: c.String("partition"), Account: c.String("account"),
		Command: append([]string{c.String("program")}, command...),
	}
}

func runFile(c *cli.Context) error {
	if c.String("out") == "" {
		return usagef("--out DIR is missing, the folder of the run")
	}
	if _, err := run.Load(sources(c)); err != nil {
		return err
	}
	command := []string{"train", "--auto-resume"}
	for _, f := range append(sourceFlags(), &cli.StringFlag{Name: "out"}) {
		command = append(command, given(c, f)...)
	}
	if err := checkNumber(c); err != nil {
		return err
	}
	s := slurm(c, command...)
	if n := c.Int("ranks"); n > 1 {
		s.Ranks = n
	}
	text, err := s.Text()
	return printFile(c, text, err)
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

func arrayFile(c *cli.Context, p *sweep.Plan) error {
	s := slurm(c, "sweep", "run", p.Name)
	s.Runs, s.Parallel = p.Len(), c.Int("parallel")
	text, err := s.Text()
	return printFile(c, text, err)
}

func jobFile(c *cli.Context, p *sweep.Plan) error {
	if c.String("image") == "" {
		return usagef("--image IMAGE is missing; `gmel cluster container` prints the Containerfile of one")
	}
	for _, name := range []string{p.Name, p.Out} {
		if !filepath.IsLocal(name) {
			return usagef("%s is outside of the working folder, which is what the volume holds; allowed: a plan, and its out, in this folder", name)
		}
	}
	j := deploy.Job{
		Name: c.String("name"), Resources: resources(c), Image: c.String("image"), Claim: c.String("claim"),
		Runs: p.Len(), Parallel: c.Int("parallel"), Command: []string{"gmel", "sweep", "run", filepath.ToSlash(p.Name)},
	}
	text, err := j.Text()
	return printFile(c, text, err)
}

func containerFile(c *cli.Context) error {
	text, err := deploy.Containerfile()
	return printFile(c, text, err)
}

// printFile prints a file, or says which value it may not have.
func printFile(c *cli.Context, text string, err error) error {
	if err != nil {
		return usagef("%w", err)
	}
	return printText(c.App.Writer, text)
}
