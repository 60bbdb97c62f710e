package run

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
)

// resumed opens the job of a resumed run, which may use another backend than at its start.
func resumed(run *train.Run, f train.Folder, began, now *Config) func(train.Options) (train.Job, error) {
	open, plain := run.Open, *run
	plain.ResumeFlags = "" // the error suggests another backend
	return func(o train.Options) (train.Job, error) {
		if now.Train.Backend != began.Train.Backend {
			o.Say("the run began with train.backend %s and resumes with %s: in fp32 the numbers are the same", began.Train.Backend, now.Train.Backend)
		}
		j, err := open(o)
		if err != nil {
			return nil, elsewhere(err, &now.Train, plain.ResumeCommand(f))
		}
		return j, nil
	}
}

// elsewhere adds to an error that another backend can be used, if this machine lacks the one of the configuration.
func elsewhere(err error, t *marl.Config, command string) error {
	name := t.Backend
	if kind, _, ok := strings.Cut(t.Device, ":"); ok {
		name = kind
	}
	here, unknown := kernels.Describe("auto")
	if t.Precision != kernels.FP32 || unknown != nil || kernels.Probe(name) == nil {
		return err
	}
	return train.Usagef("%w; in fp32 every backend gives the same numbers: `%s --backend %s` goes on", err, command, here.Name)
}

// movedFlags are the flags of a command that resumes like this process: its backend and device may differ from config.yaml.
func movedFlags(before, after *Config) (flags string) {
	began, now := &before.Train, &after.Train
	if now.Backend != began.Backend {
		flags += " --backend " + now.Backend
	}
	if now.Device != "" && (now.Backend != began.Backend || now.Device != began.Device) {
		flags += " --device " + now.Device
	}
	return flags
}

// goesOnFrom makes sure that the run of the configuration own goes on with c, and takes the copies of files that its folder has.
func (c *Config) goesOnFrom(f train.Folder, own *Config) error {
	if err := c.identify(own); err != nil {
		return err
	}
	if d := difference(own, c); d != "" {
		return changed(f, d)
	}
	own.game().clone().into(c) // whatever equal files were named
	return nil
}

// changed is the error for a setting that may not change.
func changed(f train.Folder, difference string) error {
	return train.Usagef("%s: %s; a run goes on only as it began (train.threads, train.isa, train.device and, in fp32, train.backend may change)", f, difference)
}

// sameAlgorithm fails where src asks for another algorithm, in which the sections of the run's own would be faults.
func sameAlgorithm(f train.Folder, own *Config, src Sources) error {
	r, err := src.reader()
	if err != nil {
		return train.Usage(err)
	}
	began := own.Train.Algo
	asked := began
	if r.Peek(algoKey, &asked); asked != began {
		return changed(f, unequal(algoKey, began, asked))
	}
	return nil
}

// goingOn applies src to the configuration of the folder. With another backend, it drops the instruction set and the
// device, unless "auto" chose this backend because of the device.
func goingOn(f train.Folder, own *Config, src Sources) (*Config, error) {
	if src.File != "" {
		return Load(src)
	}
	if err := sameAlgorithm(f, own, src); err != nil {
		return nil, err
	}
	path, err := f.Config()
	if err != nil {
		return nil, err
	}
	src.File = path
	asked, err := Load(src)
	if err != nil || asked.Train.Backend == own.Train.Backend {
		return asked, err
	}
	foreign := []string{"train.isa="}
	if kind, _, _ := strings.Cut(own.Train.Device, ":"); kind != asked.Train.Backend {
		foreign = append(foreign, "train.device=")
	}
	src.Sets = append(foreign, src.Sets...)
	return Load(src)
}

// folderConfig returns the configuration of the run in a folder. Each version of gmel reads its own.
func folderConfig(f train.Folder) (*Config, error) {
	path, err := f.Config()
	if err != nil {
		return nil, err
	}
	inputs, err := f.Inputs()
	if err != nil {
		return nil, err
	}
	c, err := Load(Sources{File: path})
	if fault := new(setting.Error); errors.As(err, &fault) {
		return nil, errors.Join(train.Usagef("%s is a run of another version of gmel, or its config.yaml was edited; a run goes on only as it began", f), err)
	}
	if err != nil {
		return nil, err
	}
	return c, c.recorded(f, inputs)
}

// sameRun compares the configuration with that of the checkpoint.
func sameRun(c *Config, from *train.Saved, numbers []byte) error {
	r := setting.NewReader()
	if err := r.Embedded(numbers, from.Path); err != nil {
		return err
	}
	made, err := read(r)
	if err == nil {
		err = r.Err()
	}
	if err != nil {
		return train.Usagef("the checkpoint is of another version of gmel, and a run goes on only as it began: %w", setting.Split(err)[0])
	}
	made.digests = paths(made.game()) // a checkpoint has digests in their place
	if d := difference(made, c); d != "" {
		return train.Usagef("%s: %s; a run goes on only as it began: restore its config.yaml", from.Path, d)
	}
	return nil
}

// difference names the first setting that changes numbers and in which two configurations differ.
func difference(run, asked *Config) string {
	files, others := paths(run.game()), paths(asked.game())
	if (run.Spread == nil) != (asked.Spread == nil) {
		return unequal(scenarioKey, run.game().name(), asked.game().name())
	}
	run, asked = run.numbers(), asked.numbers()
	if run.Train.Precision != asked.Train.Precision { // name the precision: only one of the two depends on the backend
		run.Train.Backend, asked.Train.Backend = "", ""
	}
	path, a, b := setting.Difference(run.sections(), asked.sections())
	if path == "" {
		return ""
	}
	return unequal(path, content(path, a, files), content(path, b, others))
}

// content is the value of a setting. The digest of a file is shortened, with the name of the file if it is known.
func content(path string, value any, files map[string]string) any {
	digest, ok := value.(string)
	if !ok || !strings.HasPrefix(digest, sim.DigestPrefix) {
		return value
	}
	short := "SHA-256 " + digest[len(sim.DigestPrefix):][:shownDigits] + "..."
	if file := files[strings.TrimPrefix(path, settingOf(""))]; file != "" && file != digest {
		return fmt.Sprintf("%s (%s)", file, short)
	}
	return short
}

// shownDigits of a digest tell files apart.
const shownDigits = 12

func unequal(path string, run, asked any) string {
	return fmt.Sprintf("the run has %s = %v, but %v is asked for", path, run, asked)
}
