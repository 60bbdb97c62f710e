package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/crew"
	"github.com/urfave/cli/v2"
)

// joined is this process as a rank of the run that it shares with other processes; nil: it is alone.
var joined *comm.Process

// checkNumber checks the number of ranks that is asked for.
func checkNumber(c *cli.Context) error {
	if n := c.Int("ranks"); n < 1 || n > crew.MaxRanks {
		return train.Usagef("--ranks is %d; allowed: 1 to %d, the number of parts in which an update is cut", n, crew.MaxRanks)
	}
	return nil
}

// checkRanks checks the flags of ranks.
func checkRanks(c *cli.Context) error {
	if err := checkNumber(c); err != nil {
		return err
	}
	n := c.Int("ranks")
	switch {
	case joined != nil && n > 1:
		return train.Usagef("--ranks is %d; allowed: 1 where a launcher has started several processes, which are the ranks", n)
	case joined != nil && joined.Size() > crew.MaxRanks:
		return train.Usagef("%d processes were started; allowed: 1 to %d, the number of parts in which an update is cut", joined.Size(), crew.MaxRanks)
	}
	return checkTimeout(c)
}

func ranksTimeoutFlag() cli.Flag {
	return &cli.DurationFlag{
		Name: "ranks-timeout", Value: crew.DefaultTimeout,
		Usage: "`TIME` after which a rank that does not answer is named, and the command stops with exit code 75",
	}
}

func checkTimeout(c *cli.Context) error {
	if t := c.Duration("ranks-timeout"); t <= 0 {
		return train.Usagef("--ranks-timeout is %s; allowed: a time above 0, such as 60s", t)
	}
	return nil
}

// launchers are the variables in which launchers say how many processes they have started. They count only if another one
// says that the processes are to find each other, which not every step of Slurm wants.
var launchers = []struct{ size, with, name string }{
	{"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "mpirun"},
	{"PMI_SIZE", "PMI_SIZE", "mpiexec"},
	{"SLURM_STEP_NUM_TASKS", "PMIX_RANK", "srun"},
}

// launched is the launcher that has started this process together with others, and their number; 0: this one is alone.
func launched(variable func(name string) (value string, ok bool)) (launcher string, processes int) {
	for _, x := range launchers {
		value, _ := variable(x.size)
		n, err := strconv.Atoi(value)
		if _, there := variable(x.with); there && err == nil && n > 1 {
			return x.name, n
		}
	}
	return "", 0
}

// refuseLauncher fails in one of several processes that a launcher has started to share a run: they would all train the
// same run alone.
func refuseLauncher(variable func(name string) (value string, ok bool)) error {
	launcher, n := launched(variable)
	switch {
	case n == 0:
		return nil
	case comm.HasMPI:
		return train.Usagef("%s has started %d processes, and each of them would do the whole work: start one; gmel train, gmel diffusion train and gmel bench ranks alone use several", launcher, n)
	}
	return train.Usagef("%s has started %d processes, and this build has no MPI, so each of them would train the whole run: "+
		"start one, or build gmel with make mpi; for several seeds use gmel sweep, and --ranks for ranks in one process", launcher, n)
}

// joinLaunched joins the processes that a launcher has started to share a run.
func joinLaunched(c *cli.Context) error {
	launcher, n := launched(os.LookupEnv)
	if n == 0 || !comm.HasMPI {
		return nil
	}
	if err := checkTimeout(c); err != nil {
		return err
	}
	p, err := comm.Start(c.Duration("ranks-timeout"))
	if err != nil {
		return err
	}
	joined = p
	stopSignals = append(stopSignals, forwardedSignals...)
	if p.Size() != n {
		return train.Usagef("%s has started %d processes, but the MPI library of this build (%s) finds %d: start them with the launcher of that library",
			launcher, n, p.Library(), p.Size())
	}
	return nil
}

// team is the processes that this one leads, for train.Options.
func team() comm.Member {
	if joined == nil {
		return nil
	}
	return joined
}

// library is what the processes of this command talk with; "" if this one is alone.
func library() string {
	if joined == nil {
		return ""
	}
	return joined.Library()
}

// follows reports whether this process does what another one says.
func follows() bool { return joined != nil && joined.Rank() > 0 }

// follow does what rank 0 says, until that has done. A signal is passed on to rank 0, which stops all ranks after the same update.
func follow(do func(team comm.Member) error) error {
	defer onSignal(func(first, second func() os.Signal) {
		if first() == nil {
			return
		}
		joined.Ask()
		if second() != nil {
			os.Exit(exitSignal)
		}
	})()
	err := do(joined)
	if errors.Is(err, comm.ErrAborted) { // by a rank whose failure rank 0 reports: its exit code counts
		return nil
	}
	return err
}

// shares is the action of a command whose work is shared by the processes that a launcher has started: rank 0 leads, and the others do
// their part.
func shares(part func(team comm.Member) error, lead cli.ActionFunc) cli.ActionFunc {
	return func(c *cli.Context) error {
		if err := joinLaunched(c); err != nil {
			return err
		}
		if follows() {
			return follow(part)
		}
		return lead(c)
	}
}

// untilAsked returns a context that ends when another process of the run was asked to stop.
func untilAsked(ctx context.Context, say func(string)) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	if joined != nil {
		go func() {
			select {
			case <-joined.Asked():
				say("another rank was asked to stop: stopping after this update")
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	return ctx, cancel
}

// speaks reports whether this process tells the user how the command ends.
func speaks() bool { return joined == nil || joined.Speaks() }

// leave ends the program as one of several processes, if it is that; otherwise it returns.
func leave(code int) {
	if joined != nil {
		if err := joined.End(code); err != nil {
			fmt.Fprintln(os.Stderr, "gmel: "+err.Error())
		}
	}
}
