package train

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/gmel-go/gmel/internal/disk"
)

// Times of a lock. A holder that is alive writes its name again every heartbeat. A name that is older than the longest silence is that
// of a process that was killed, or of a host that was lost.
const (
	heartbeat      = 10 * time.Second
	longestSilence = time.Minute
)

// holder is what run.lock says of the process that trains in a folder. A system's lock need not be seen on other hosts, which
// depends on the file system and how it is mounted; the name is.
type holder struct {
	Host    string `json:"host"`
	PID     int    `json:"pid"`
	Started string `json:"started"`
}

// LockedError says that another process trains in the folder, or seems to: one of another host.
type LockedError struct {
	Folder Folder
	Holder string        // for a sentence; "" for a process of this host
	Silent time.Duration // since it last wrote its name
}

func (e *LockedError) Error() string {
	if e.Holder == "" {
		return fmt.Sprintf("another process is training in %s; wait for it or stop it", e.Folder)
	}
	return fmt.Sprintf("%s trains in %s: it last said so %.0f s ago; if it is gone, run this again after %.0f s, or take the folder with --steal-lock",
		e.Holder, e.Folder, e.Silent.Seconds(), (longestSilence - e.Silent).Seconds())
}

// lock is the lock of a folder that this process holds.
type lock struct {
	file *os.File
	own  []byte // its name
	end  func() // of the heartbeat
}

// stolen reports whether another process has written its name over that of this one.
func (l *lock) stolen() bool {
	var h holder
	data, err := content(l.file)
	return err == nil && !bytes.Equal(data, l.own) && json.Unmarshal(data, &h) == nil && h.Host != ""
}

// write writes the name of this process, unless the lock is stolen. A failure is that of the next checkpoint, too.
func (l *lock) write() {
	if !l.stolen() {
		_, _ = l.file.WriteAt(l.own, 0)
	}
}

// release leaves the file empty, unless the lock is stolen.
func (l *lock) release() error {
	l.end()
	if l.stolen() {
		return l.file.Close()
	}
	return errors.Join(l.file.Truncate(0), l.file.Close())
}

// content is the text in a lock file.
func content(file *os.File) ([]byte, error) { return io.ReadAll(io.NewSectionReader(file, 0, 1<<16)) }

// Hold makes the folder and keeps other processes out of it, as training does, until the returned function is called. It is for folders
// of work that is more than one run. The error is a *LockedError where another process holds it.
func (f Folder) Hold(o Options) (release func() error, err error) {
	if _, err := disk.MakeFolder(string(f)); err != nil {
		return nil, notMade(err)
	}
	l, err := f.acquire(o)
	if err != nil {
		return nil, err
	}
	return l.release, nil
}

// Busy reports whether a process seems to train in the folder: it has written its name not long ago. It only reads, and clocks of
// hosts may differ, so it is for showing.
func (f Folder) Busy() bool {
	info, err := os.Stat(f.lock())
	return err == nil && info.Size() > 0 && time.Since(info.ModTime()) < longestSilence
}

// hold writes this process into the lock file and keeps doing so until the lock is released. It fails where another host
// holds the lock, unless steal is set.
func (f Folder) hold(file *os.File, steal bool) (*lock, error) {
	host, err := place()
	if err != nil {
		return nil, fmt.Errorf("the run folder cannot be locked: %w", err)
	}
	if err := f.foreign(file, host); err != nil && !steal {
		return nil, err
	}
	own, err := json.Marshal(holder{host, os.Getpid(), time.Now().UTC().Format(time.RFC3339)})
	if err == nil {
		err = file.Truncate(0)
	}
	if err == nil {
		_, err = file.WriteAt(own, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be written: %w", f.lock(), disk.Explain(f.lock(), 0, err))
	}
	l := &lock{file: file, own: own}
	l.end = beat(l.write)
	return l, nil
}

// place is the host of this process. All pods of an index of a Kubernetes Job have one host name, also a lost one that still runs
// and the one in its place, so a pod is a host of its own.
func place() (string, error) {
	if pod := os.Getenv("POD_NAME"); pod != "" {
		return pod, nil
	}
	return os.Hostname()
}

// beat calls a function every heartbeat until the returned one is called.
func beat(write func()) (end func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(heartbeat)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				write()
			case <-done:
				return
			}
		}
	}()
	return sync.OnceFunc(func() { close(done); <-ended })
}

// foreign fails if the file names a process of another host that has not been silent for long.
func (f Folder) foreign(file *os.File, host string) error {
	data, err := content(file)
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", f.lock(), err)
	}
	var h holder
	if json.Unmarshal(data, &h) != nil || h.Host == "" || h.Host == host {
		return nil // nothing that a live process writes
	}
	silent, err := disk.Age(f.lock())
	if err != nil {
		return fmt.Errorf("the run folder cannot be locked: %w", err)
	}
	if silent >= longestSilence {
		return nil
	}
	return &LockedError{Folder: f, Holder: fmt.Sprintf("process %d of host %s, since %s,", h.PID, h.Host, h.Started), Silent: silent}
}
