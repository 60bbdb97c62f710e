package train

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// lockedBy writes a lock of a process that last wrote its name a while ago.
func lockedBy(t *testing.T, host string, ago time.Duration) Folder {
	t.Helper()
	t.Setenv("POD_NAME", "")
	f := Folder(t.TempDir())
	data, err := json.Marshal(holder{host, 4711, "2026-01-02T03:04:05Z"})
	if err == nil {
		err = os.WriteFile(f.lock(), data, 0o666)
	}
	if then := time.Now().Add(-ago); err == nil {
		err = os.Chtimes(f.lock(), then, then)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestForeignLock(t *testing.T) {
	f := lockedBy(t, "elsewhere", 20*time.Second)
	_, err := f.acquire(Options{})
	var locked *LockedError
	if !errors.As(err, &locked) {
		t.Fatalf("error %v", err)
	}
	for _, want := range []string{"process 4711 of host elsewhere, since 2026-01-02T03:04:05Z, trains in", "after 40 s", "--steal-lock"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	l, err := f.acquire(Options{StealLock: true})
	if err != nil {
		t.Fatal(err)
	}
	checkHeld(t, f, l)
}

// TestLockOfAPod: a pod that replaces another one has its host name, and is kept out nevertheless.
func TestLockOfAPod(t *testing.T) {
	f := lockedBy(t, "hall-3-first", 0)
	t.Setenv("POD_NAME", "hall-3-second")
	if _, err := f.acquire(Options{}); !errors.As(err, new(*LockedError)) {
		t.Errorf("another pod: error %v", err)
	}
	t.Setenv("POD_NAME", "hall-3-first")
	l, err := f.acquire(Options{})
	if err != nil {
		t.Fatalf("the same pod: %v", err)
	}
	if err := l.release(); err != nil {
		t.Error(err)
	}
}

// TestStaleLocks: what a lost host, or a killed process of this one, has left keeps nothing out.
func TestStaleLocks(t *testing.T) {
	for name, f := range map[string]Folder{
		"silent":    lockedBy(t, "elsewhere", 2*longestSilence),
		"this host": lockedBy(t, hostname(), 0),
		"empty":     Folder(t.TempDir()),
	} {
		t.Run(name, func(t *testing.T) {
			l, err := f.acquire(Options{})
			if err != nil {
				t.Fatal(err)
			}
			checkHeld(t, f, l)
		})
	}
}

// checkHeld: the lock names this process while it is held, and nothing afterwards.
func checkHeld(t *testing.T, f Folder, l *lock) {
	t.Helper()
	var h holder
	data, err := os.ReadFile(f.lock())
	if err == nil {
		err = json.Unmarshal(data, &h)
	}
	if err != nil || h.Host != hostname() || h.PID != os.Getpid() {
		t.Errorf("the lock says %s (%v)", data, err)
	}
	if err := l.release(); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(f.lock()); err != nil || len(data) > 0 {
		t.Errorf("after its release the lock says %q (%v)", data, err)
	}
	if entries, err := os.ReadDir(string(f)); err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v (%v)", entries, err)
	}
}

func TestJobOfAScheduler(t *testing.T) {
	t.Setenv("SLURM_ARRAY_TASK_ID", "3")
	t.Setenv("SLURM_RESTART_COUNT", "1")
	s := newSession(0)
	if s.Job["SLURM_ARRAY_TASK_ID"] != "3" || s.Job["SLURM_RESTART_COUNT"] != "1" || s.Host != hostname() {
		t.Errorf("host %q, job %v", s.Host, s.Job)
	}
}

// TestStolenLock: the former holder neither writes over the name of the new one nor removes it.
func TestStolenLock(t *testing.T) {
	f := Folder(t.TempDir())
	l, err := f.acquire(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if l.stolen() {
		t.Error("it counts as stolen by this process")
	}
	thief := []byte(`{"host":"elsewhere","pid":4711,"started":"2026-01-02T03:04:05Z"}`)
	if err := os.WriteFile(f.lock(), thief, 0o666); err != nil {
		t.Fatal(err)
	}
	l.write()
	if !l.stolen() {
		t.Error("the theft is not seen")
	}
	if err := l.release(); err != nil {
		t.Error(err)
	}
	if data, err := os.ReadFile(f.lock()); err != nil || string(data) != string(thief) {
		t.Errorf("the lock says %s (%v)", data, err)
	}
}

// TestStolenRun: the former holder stops at its next checkpoint, which it does not write.
func TestStolenRun(t *testing.T) {
	f := Folder(filepath.Join(t.TempDir(), "run"))
	job := newFit()
	job.stopAt, job.abandonAt, job.stop = 20, -1, func() {
		thief := []byte(`{"host":"elsewhere","pid":4711,"started":"2026-01-02T03:04:05Z"}`)
		if err := os.WriteFile(f.lock(), thief, 0o666); err != nil {
			t.Error(err)
		}
	}
	_, err := Start(t.Context(), newRun(job), Options{Out: string(f)})
	if err == nil || !strings.Contains(err.Error(), "another process has taken "+string(f)) {
		t.Fatal(err)
	}
	from, damage, err := f.Latest()
	if err != nil || damage != nil {
		t.Fatal(damage, err)
	}
	if update, err := from.Update(); err != nil || update >= job.update {
		t.Errorf("a checkpoint of update %d was written, %v", update, err)
	}
}

// A folder is busy while a process holds it.
func TestBusy(t *testing.T) {
	f := Folder(t.TempDir())
	if f.Busy() {
		t.Error("an empty folder is busy")
	}
	release, err := f.Hold(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !f.Busy() {
		t.Error("a folder that is held is not busy")
	}
	old := time.Now().Add(-2 * longestSilence)
	if err := os.Chtimes(f.lock(), old, old); err != nil {
		t.Fatal(err)
	}
	if f.Busy() {
		t.Error("a folder whose holder has long been silent is busy")
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if f.Busy() {
		t.Error("a folder that was released is busy")
	}
}
