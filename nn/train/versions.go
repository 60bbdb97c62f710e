package train

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/gmel-go/gmel/kernels"
)

// Session describes one process that trained in a folder, including properties on which its numbers do not
// depend.
type Session struct {
	Started    string            `json:"started"`
	FromUpdate int               `json:"from_update"`
	Command    []string          `json:"command"`
	Commit     string            `json:"commit"` // see Revision; with + if files were changed since, or UnknownRevision
	Go         string            `json:"go"`
	Platform   string            `json:"platform"`
	Modules    map[string]string `json:"modules"`
	Backend    string            `json:"backend"` // "" without one
	Device     string            `json:"device"`
	ISA        string            `json:"isa"`
	Threads    int               `json:"threads"`
}

// addVersions appends this process to versions.json.
func (f Folder) addVersions(d Device, update int) error {
	var all struct {
		Sessions []Session `json:"sessions"`
	}
	data, err := os.ReadFile(f.versions())
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("%s: %w", f.versions(), err)
	}
	s := newSession(update)
	if err := s.on(d); err != nil {
		return err
	}
	all.Sessions = append(all.Sessions, s)
	return writeJSON(f.versions(), all)
}

// newSession is this process, which continues from an update.
func newSession(update int) Session {
	s := Session{
		Started: time.Now().UTC().Format(time.RFC3339), FromUpdate: max(0, update), Command: os.Args,
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Modules: map[string]string{},
	}
	b, ok := debug.ReadBuildInfo()
	if !ok {
		b = &debug.BuildInfo{}
	}
	for _, m := range b.Deps {
		s.Modules[m.Path] = m.Version
	}
	var changed bool
	if s.Commit, changed = Revision(b); changed {
		s.Commit += "+"
	}
	return s
}

// on fills in the device of the job.
func (s *Session) on(d Device) error {
	s.Threads = d.Options.Threads
	if s.Threads == 0 {
		s.Threads = runtime.GOMAXPROCS(0)
	}
	if d.Backend == "" {
		return nil
	}
	info, err := kernels.Describe(d.Backend)
	if err != nil {
		return err
	}
	info = info.For(d.Options)
	s.Backend, s.Device, s.ISA = info.Name, info.Device, info.ISA
	return nil
}
