package main

import (
	"strconv"

	"github.com/gmel-go/gmel/marl/run"
	"github.com/urfave/cli/v2"
)

// checkRanks checks the flags of ranks.
func checkRanks(c *cli.Context) error {
	if n := c.Int("ranks"); n < 1 || n > run.MaxRanks {
		return usagef("--ranks is %d; allowed: 1 to %d, the number of parts in which an update is cut", n, run.MaxRanks)
	}
	if t := c.Duration("ranks-timeout"); t <= 0 {
		return usagef("--ranks-timeout is %s; allowed: a time above 0, such as 60s", t)
	}
	return nil
}

// launched are the variables in which launchers say how many processes they have started. They count only if another one
// says that the processes are to find each other, which not every step of Slurm wants.
var launched = []struct{ size, with, launcher string }{
	{"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "mpirun"},
	{"PMI_SIZE", "PMI_SIZE", "mpiexec"},
	{"SLURM_STEP_NUM_TASKS", "PMIX_RANK", "srun"},
}

// refuseLauncher fails in one of several processes that a launcher has started to share a run: they would all train the
// same run alone.
func refuseLauncher(variable func(name string) (value string, ok bool)) error {
	for _, x := range launched {
		value, _ := variable(x.size)
		n, err := strconv.Atoi(value)
		if _, there := variable(x.with); there && err == nil && n > 1 {
			return usagef("%s has started %d processes, and this build has no MPI, so each of them would train the whole run: "+
				"start one; for several seeds use gmel sweep, and --ranks for ranks in one process", x.launcher, n)
		}
	}
	return nil
}
