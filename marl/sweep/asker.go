package sweep

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gmel-go/gmel/internal/disk"

	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
)

//go:embed search.py
var script string

// journal is the file in which Optuna keeps the trials.
const journal = "optuna.journal"

// States of a trial, as Optuna names them, in which nothing is left to do.
const (
	complete = "COMPLETE"
	failed   = "FAIL" // its settings cannot be trained
)

// asker is a process that has the sampler. Several may share a journal.
type asker struct {
	mu     sync.Mutex
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *json.Decoder
	errors bytes.Buffer
}

// answer of the process.
type answer struct {
	State    string         `json:"state"`
	Settings map[string]any `json:"settings"` // json.Number or text
	Missing  string         `json:"missing"`  // the package that Python does not have
	Error    string         `json:"error"`
}

// about is the first line that the process gets.
type about struct {
	Journal   string      `json:"journal"`
	Sampler   string      `json:"sampler"`
	Seed      uint64      `json:"seed"`
	Direction string      `json:"direction"`
	Space     []parameter `json:"space"`
}

// ask starts the process.
func (s *Search) ask(python string) (*asker, error) {
	if _, err := disk.MakeFolder(s.Folder); err != nil {
		return nil, fmt.Errorf("the folder of the search cannot be made: %w", err)
	}
	a := &asker{cmd: exec.Command(python, "-c", script)}
	a.cmd.Stderr = &a.errors
	in, err := a.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("sweep: %w", err)
	}
	out, err := a.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("sweep: %w", err)
	}
	if err := a.cmd.Start(); err != nil {
		return nil, train.Usagef("a search needs Python with Optuna, and %s cannot be started (%v): install Python 3, or name one with --python", python, err)
	}
	a.in, a.out = in, json.NewDecoder(out)
	a.out.UseNumber()
	first, err := a.exchange(about{filepath.Join(s.Folder, journal), s.sampler, s.seed, direction(s.goal), s.space})
	if err == nil && first.Missing != "" {
		err = train.Usagef("a search needs Optuna, and %s does not have it (%s): install it with `%s -m pip install optuna`, or name another Python with --python",
			python, first.Missing, python)
	}
	if err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// direction is what Optuna does with a measure.
func direction(m run.Measure) string {
	if m.Falling {
		return "minimize"
	}
	return "maximize"
}

// settings asks for the settings of a trial; others that know it get the same.
func (a *asker) settings(trial int) (*answer, error) {
	return a.exchange(map[string]any{"trial": trial})
}

// tell tells the value of a trial; nil: its settings cannot be trained.
func (a *asker) tell(trial int, value *float64) error {
	_, err := a.exchange(map[string]any{"trial": trial, "tell": true, "value": value})
	return err
}

func (a *asker) exchange(question any) (*answer, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	err := json.NewEncoder(a.in).Encode(question)
	got := new(answer)
	if err == nil {
		err = a.out.Decode(got)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("the sampler of the search does not answer: %w", errors.Join(err, a.last(a.close())))
	case got.Error != "":
		return nil, fmt.Errorf("the sampler of the search failed: %s", got.Error)
	}
	return got, nil
}

// last adds the last line of the errors of a process that has ended.
func (a *asker) last(err error) error {
	lines := strings.Split(strings.TrimSpace(a.errors.String()), "\n")
	if text := lines[len(lines)-1]; text != "" {
		return errors.Join(err, errors.New(text))
	}
	return err
}

// close ends the process, which ends with its input.
func (a *asker) close() error {
	if a.cmd.ProcessState != nil {
		return nil
	}
	_ = a.in.Close() // a broken pipe is that of a process that has ended
	if err := a.cmd.Wait(); err != nil {
		return fmt.Errorf("the sampler of the search: %w", err)
	}
	return nil
}
