package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// A team is the processes of a run. Rank 0 leads: it alone has the folder, the schedule and the evaluations, hears signals, and
// decides what is done next. The others do the duties that it tells them, so they need nothing of that, and stop where it stops.

// briefing is what rank 0 tells the others first.
type briefing struct {
	Config []byte // YAML
	Debug  bool
}

// introduction is what each rank tells of itself, for a comparison with rank 0.
type introduction struct {
	Host      string
	Program   string
	Arguments []string
	Digests   map[string]string // of the files that the scenario names, by setting
	Fault     string            // why it cannot take part; "": it can
	Usage     bool              // it is the fault of an input
}

// openTeam plans the trainer of rank 0, once the other processes have planned theirs.
func openTeam(c *Config, o train.Options) (*crew, error) {
	crew := &crew{team: o.Team}
	if err := c.checkRanks(crew.size(), o); err != nil {
		return nil, err
	}
	data, err := json.Marshal(briefing{c.YAML(), o.Debug})
	if err != nil {
		return nil, err
	}
	if err := o.Team.Tell(append([]byte{byte(join)}, data...)); err != nil {
		return nil, err
	}
	r, failure := joined(c, o)
	if r != nil {
		crew.ranks = append(crew.ranks, r)
	}
	mine := introduce(c, failure)
	all, err := meet(o.Team, mine)
	if failure != nil {
		err = failure
	}
	for n := 0; n < len(all) && err == nil; n++ {
		err = all[n].differs(mine, n)
	}
	if err != nil {
		return nil, errors.Join(err, crew.close())
	}
	return crew, nil
}

// joined plans a rank of a team.
func joined(c *Config, o train.Options) (*rank, error) {
	r, err := openRank(c, c.Train.SliceOf(o.Team.Rank(), o.Team.Size()), o)
	if err != nil {
		return nil, err
	}
	r.leads = o.Team.Rank() == 0
	r.Join(o.Team)
	return r, nil
}

// introduce describes this process, and why it cannot take part.
func introduce(c *Config, failure error) introduction {
	x := introduction{Program: program(), Arguments: os.Args[1:]}
	var err error
	if x.Host, err = os.Hostname(); err != nil {
		failure = errors.Join(failure, err)
	}
	if c != nil && failure == nil {
		x.Digests, failure = c.game().digests()
	}
	if failure != nil {
		x.Fault, x.Usage = failure.Error(), train.IsUsage(failure)
	}
	return x
}

// program names what this process runs: its commit or, where that does not tell all, the digest of its file.
func program() string {
	b, ok := debug.ReadBuildInfo()
	if !ok {
		b = &debug.BuildInfo{}
	}
	if commit, changed := train.Revision(b); commit != train.UnknownRevision && !changed {
		return "commit " + commit
	}
	path, err := os.Executable()
	if err != nil {
		return "a program without a file"
	}
	digest, err := disk.Digest(context.Background(), path)
	if err != nil {
		return "a program that cannot be read"
	}
	return "SHA-256 " + digest
}

// meet exchanges introductions.
func meet(team comm.Member, mine introduction) (all []introduction, err error) {
	data, err := json.Marshal(mine)
	if err != nil {
		return nil, err
	}
	texts, err := team.Collect(data)
	if err != nil {
		return nil, err
	}
	all = make([]introduction, len(texts))
	for r, text := range texts {
		err = errors.Join(err, json.Unmarshal(text, &all[r]))
	}
	return all, err
}

// differs says why a rank cannot run together with rank 0.
func (x *introduction) differs(from introduction, rank int) error {
	who := fmt.Sprintf("rank %d (%s)", rank, x.Host)
	switch {
	case x.Program != from.Program:
		return usagef("%s runs another gmel than rank 0 (%s): %.20s there, %.20s here; all ranks need one version", who, from.Host, x.Program, from.Program)
	case !slices.Equal(x.Arguments, from.Arguments):
		return usagef("%s was started with other arguments than rank 0 (%s): %q there, %q here", who, from.Host, x.Arguments, from.Arguments)
	case x.Fault != "" && x.Usage:
		return usagef("%s: %s", who, x.Fault)
	case x.Fault != "":
		return fmt.Errorf("%s: %s", who, x.Fault)
	}
	for key, digest := range from.Digests {
		if x.Digests[key] != digest {
			return usagef("%s has another file in %s than rank 0 (%s): %s there, %s here",
				who, settingOf(key), from.Host, content(settingOf(key), x.Digests[key], nil), content(settingOf(key), digest, nil))
		}
	}
	return nil
}

// lead does a duty on all processes, and waits until all have done it.
func (c *crew) lead(x order) error {
	message := []byte{byte(x.duty)}
	if x.state != nil {
		file, err := checkpoint.Encode(x.state)
		if err != nil {
			return err
		}
		message = append(message, file...)
	}
	if err := c.team.Tell(message); err != nil {
		return err
	}
	return together(c.team, func() error { return c.ranks[0].do(x) })
}

// together does the part of this rank, and waits for that of the others.
func together(team comm.Member, do func() error) error {
	if err := do(); err != nil {
		team.Abort(err)
		return err
	}
	return team.Barrier()
}
