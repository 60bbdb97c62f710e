package report

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/run"
	diffusion "github.com/gmel-go/gmel/nn/diffusion/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/record"
)

// source is a run folder, and what could be read of it.
type source struct {
	folder   train.Folder
	past     *run.Past // of a policy; nil for others
	model    *model    // of a diffusion model; nil for others
	faults   []string  // what could not be read
	sessions []train.Session
	timing   []record.Line

	attention *marl.DistanceAttention // of a finished policy; nil for others
	busy      bool                    // a process trains in it
}

// read reads a folder. Only a folder that holds no run is an error.
func read(dir string) (*source, error) {
	s := &source{folder: train.Folder(dir)}
	path, err := s.folder.Config()
	if err != nil {
		return nil, err
	}
	s.busy = s.folder.Busy()
	if diffusion.IsRun(dir) {
		s.model, err = readModel(s.folder, path)
	} else {
		s.past, err = run.ReadPast(dir)
	}
	s.fault(err)
	if s.past != nil {
		s.attention, err = s.past.Attention()
		s.fault(err)
	}
	s.sessions, err = s.folder.Sessions()
	s.fault(err)
	if s.timing, err = record.ReadJSONL(s.folder.Timing()); !errors.Is(err, fs.ErrNotExist) {
		s.fault(err)
	}
	return s, nil
}

func (s *source) fault(err error) {
	if err != nil {
		s.faults = append(s.faults, err.Error())
	}
}

// update is the last update that is told, and of how many.
func (s *source) update() (at, of int) {
	switch {
	case s.past != nil:
		return s.past.Update(), max(s.past.Update(), s.past.Config.Train.Updates) // the last iteration may go beyond
	case s.model != nil && len(s.model.lines) > 0:
		return s.model.lines[len(s.model.lines)-1].Update, s.model.config.Train.Updates
	case s.model != nil:
		return 0, s.model.config.Train.Updates
	}
	return 0, 0
}

// state is what has become of the run, as a word and as a sentence; the sentence is "" for a finished one.
func (s *source) state() (word, sentence string) {
	at, of := s.update()
	switch {
	case s.past == nil && s.model == nil:
		return "damaged", fmt.Sprintf("%s cannot be shown", s.folder)
	case s.finished():
		return "finished", ""
	case s.busy:
		return "running", fmt.Sprintf("%s is running: update %d of %d", s.folder, at, of)
	}
	return "stopped", fmt.Sprintf("%s is not finished: it stopped at update %d of %d, and can be resumed", s.folder, at, of)
}

func (s *source) finished() bool {
	if s.past != nil {
		return s.past.Table != nil
	}
	at, of := s.update()
	return at >= of && exists(s.folder.File(diffusion.GridPNG))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// seconds is the time that all processes of the run trained. Each counts from its own start, and its speed tells the update at which it
// began.
func (s *source) seconds() (total float64) {
	began, last := 0.0, 0.0
	for _, line := range s.timing {
		now := line.Values["seconds"]
		begin := math.Round(float64(line.Update) - line.Values["updates_per_s"]*now)
		if begin != began {
			total += last
		}
		began, last = begin, now
	}
	return total + last
}
