package crew

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// briefing is what rank 0 tells the others first.
type briefing struct {
	Config []byte
	Debug  bool
}

// introduction is what each rank tells of itself, for a comparison with rank 0.
type introduction struct {
	Host      string
	Program   string
	Arguments []string
	Files     map[string]string // digests by setting
	Fault     string            // why it cannot take part; "": it can
	Usage     bool              // it is the fault of an input
}

// openTeam makes rank 0, once the other processes have made theirs.
func openTeam[R Rank](j Job[R], o train.Options) (*Crew[R], error) {
	c := &Crew[R]{team: o.Team}
	if err := refuseProfile(c.Size(), o); err != nil {
		return nil, err
	}
	data, err := json.Marshal(briefing{j.Config, o.Debug})
	if err != nil {
		return nil, err
	}
	if err := o.Team.Tell(append([]byte{byte(join)}, data...)); err != nil {
		return nil, err
	}
	r, failure := j.Open(Place{Group: o.Team, Here: 1}, o)
	var files map[string]string
	if failure == nil {
		c.add(r)
		files, failure = r.Files()
	}
	mine := introduce(files, failure)
	all, err := meet(o.Team, mine)
	if failure != nil {
		err = failure
	}
	for n := 0; n < len(all) && err == nil; n++ {
		err = all[n].differs(mine, n)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// introduce describes this process, and why it cannot take part.
func introduce(files map[string]string, failure error) introduction {
	x := introduction{Program: program(), Arguments: os.Args[1:], Files: files}
	var err error
	if x.Host, err = os.Hostname(); err != nil {
		failure = errors.Join(failure, err)
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
		return train.Usagef("%s runs another gmel than rank 0 (%s): %.20s there, %.20s here; all ranks need one version", who, from.Host, x.Program, from.Program)
	case !slices.Equal(x.Arguments, from.Arguments):
		return train.Usagef("%s was started with other arguments than rank 0 (%s): %q there, %q here", who, from.Host, x.Arguments, from.Arguments)
	case x.Fault != "" && x.Usage:
		return train.Usagef("%s: %s", who, x.Fault)
	case x.Fault != "":
		return fmt.Errorf("%s: %s", who, x.Fault)
	}
	for setting, digest := range from.Files {
		if x.Files[setting] != digest {
			return train.Usagef("%s has another file in %s than rank 0 (%s): %s there, %s here", who, setting, from.Host, shortened(x.Files[setting]), shortened(digest))
		}
	}
	return nil
}

// shortened is a digest with so many digits as tell files apart.
func shortened(digest string) string {
	if digest == "" {
		return "none"
	}
	return fmt.Sprintf("SHA-256 %.12s...", strings.TrimPrefix(digest, "sha256:"))
}

// lead does a duty on all processes, and waits until all have done it.
func (c *Crew[R]) lead(x Order) error {
	if err := c.tell(x); err != nil {
		return err
	}
	return together(c.team, func() error { return c.ranks[0].Do(x) })
}

// withState follows a duty in the message of a follower that gets a state next, which may have gigabytes: it is a message of its own, and
// is copied once.
const withState = 1

// tell sends an order to the other processes.
func (c *Crew[R]) tell(x Order) error {
	if x.State == nil {
		return c.team.Tell([]byte{byte(x.Duty)})
	}
	file, err := checkpoint.Encode(x.State)
	if err != nil {
		return err
	}
	if err := c.team.Tell([]byte{byte(x.Duty), withState}); err != nil {
		return err
	}
	return c.team.Tell(file)
}

// together does the part of this rank, and waits for that of the others.
func together(team comm.Member, do func() error) error {
	if err := silence(do()); err != nil {
		team.Abort(err)
		return err
	}
	return team.Barrier()
}
