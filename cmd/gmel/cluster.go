package main

import (
	"path/filepath"
	"slices"

	"github.com/gmel-go/gmel/deploy"
	"github.com/gmel-go/gmel/marl/sweep"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/urfave/cli/v2"
)

func clusterCommand() *cli.Command {
	array := planned("slurm-array", "print a batch file for Slurm whose tasks train the runs of a plan", arrayFile,
		slices.Concat(resourceFlags(), slurmFlags(), []cli.Flag{parallelFlag()})...)
	job := planned("job", "print an Indexed Job for Kubernetes whose pods train the runs of a plan", jobFile,
		slices.Concat(resourceFlags(), podFlags(""), []cli.Flag{parallelFlag()})...)
	for _, c := range []*cli.Command{array, job} {
		c.Before = noArguments
	}
	return &cli.Command{
		Name:   "cluster",
		Usage:  "print files to start from: for Slurm, for Kubernetes, for an image; starts nothing",
		Action: noSubcommand,
		Subcommands: append(agents.commands("one run"), array, job,
			&cli.Command{Name: "container", Usage: "print the Containerfile of an image with gmel", Action: containerFile, Before: noArguments, OnUsageError: usageError}),
	}
}

func resourceFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "name", Usage: "`NAME` of the job", Value: "gmel"},
		&cli.IntFlag{Name: "cpus", Usage: "`N` processors for a run, or for each of its ranks", Value: 2},
		&cli.StringFlag{Name: "memory", Usage: "memory `SIZE` for a run, or for each of its ranks, such as 512M or 4G; a run that needs more says so before it begins", Value: "2G"},
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

// podFlags are those of pods that have an image, made by the Containerfile or one of its targets.
func podFlags(target string) []cli.Flag {
	image := "`IMAGE` that has gmel, as the Containerfile of gmel cluster container makes it"
	if target != "" {
		image += " with --target " + target
	}
	return []cli.Flag{
		&cli.StringFlag{Name: "image", Usage: image},
		&cli.StringFlag{Name: "claim", Usage: "volume claim `NAME`; its volume has the files that the command names, and gets the runs", Value: "runs"},
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

func arrayFile(c *cli.Context, p *sweep.Plan) error {
	s := slurm(c, "sweep", "run", p.Name)
	s.Runs, s.Parallel = p.Len(), c.Int("parallel")
	text, err := s.Text()
	return printFile(c, text, err)
}

func jobFile(c *cli.Context, p *sweep.Plan) error {
	if err := checkPods(c, p.Name, p.Out); err != nil {
		return err
	}
	j := deploy.Job{
		Name: c.String("name"), Resources: resources(c), Image: c.String("image"), Claim: c.String("claim"),
		Runs: p.Len(), Parallel: c.Int("parallel"), Command: []string{"gmel", "sweep", "run", filepath.ToSlash(p.Name)},
	}
	text, err := j.Text()
	return printFile(c, text, err)
}

// checkPods checks what pods need: an image, and names in the volume, which takes the place of the working folder.
func checkPods(c *cli.Context, names ...string) error {
	if c.String("image") == "" {
		return train.Usagef("--image IMAGE is missing; `gmel cluster container` prints the Containerfile of one")
	}
	for _, name := range names {
		if name != "" && !filepath.IsLocal(name) {
			return train.Usagef("%s is outside of the working folder, which is what the volume holds; allowed: files, and folders of runs, in this folder", name)
		}
	}
	return nil
}

func containerFile(c *cli.Context) error {
	text, err := deploy.Containerfile()
	return printFile(c, text, err)
}

// printFile prints a file, or says which value it may not have.
func printFile(c *cli.Context, text string, err error) error {
	if err != nil {
		return train.Usagef("%w", err)
	}
	return printText(c.App.Writer, text)
}
