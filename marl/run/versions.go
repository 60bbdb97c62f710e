package run

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/train/record"
)

// Session describes one process that trained in a folder: what its numbers may
// depend on, and what they do not.
type Session struct {
	Started    string            `json:"started"`
	FromUpdate int               `json:"from_update"`
	Command    []string          `json:"command"`
	Commit     string            `json:"commit"` // with + where files were changed; record.UnknownRevision
	Go         string            `json:"go"`
	Platform   string            `json:"platform"`
	Modules    map[string]string `json:"modules"`
	Backend    string            `json:"backend"`
	Device     string            `json:"device"`
	ISA        string            `json:"isa"`
	Threads    int               `json:"threads"`
}

// addVersions appends this process to versions.json.
func (f Folder) addVersions(c *Config, backend string, update int) error {
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
	info, err := kernels.Describe(backend)
	if err != nil {
		return err
	}
	info = info.For(backendOptions(&c.Train))
	s := Session{
		Started: time.Now().UTC().Format(time.RFC3339), FromUpdate: max(0, update), Command: os.Args,
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Modules: map[string]string{},
		Backend: info.Name, Device: info.Device, ISA: info.ISA, Threads: threads(c.Train.Threads),
	}
	s.build()
	all.Sessions = append(all.Sessions, s)
	return writeJSON(f.versions(), all)
}

// build fills in what the Go tool recorded in the program.
func (s *Session) build() {
	b, ok := debug.ReadBuildInfo()
	if !ok {
		b = &debug.BuildInfo{}
	}
	s.from(b)
}

func (s *Session) from(b *debug.BuildInfo) {
	for _, m := range b.Deps {
		s.Modules[m.Path] = m.Version
	}
	var changed bool
	if s.Commit, changed = record.Revision(b.Settings); changed {
		s.Commit += "+"
	}
}
