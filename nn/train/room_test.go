package train

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gmel-go/gmel/internal/disk"
)

// large is a job that says how large its checkpoints are.
type large struct {
	*fit
	bytes, snapshot int64
}

func (l large) CheckpointSize() MemoryPart {
	return MemoryPart{What: "a checkpoint", Bytes: l.bytes, Setting: "fit.points"}
}

func (l large) SnapshotSize() int64 { return l.snapshot }

// A run whose first checkpoint does not fit on the disk leaves no folder; one that runs short later is warned.
func TestRoomOfTheDisk(t *testing.T) {
	parent := t.TempDir()
	free, known := disk.Free(parent)
	if !known {
		t.Skip("free space is not known here")
	}
	dir := filepath.Join(parent, "new", "run")
	run := newRun(newFit())
	run.Open = func(Options) (Job, error) { return large{newFit(), 2 * free, 0}, nil }
	_, err := Start(t.Context(), run, Options{Out: dir})
	if err == nil || IsUsage(err) || !strings.Contains(err.Error(), " of the disk of "+dir+" and ") || !strings.HasSuffix(err.Error(), "make room, choose another --out or lower fit.points") {
		t.Error(err)
	}
	if exists(filepath.Join(parent, "new")) {
		t.Error("a folder stays")
	}
	said := ""
	run.Open = func(Options) (Job, error) { return large{newFit(), free / 2, 0}, nil }
	if _, err := Start(t.Context(), run, Options{Out: dir, Notice: func(text string) { said += text }}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said, "WARNING: the run will need ") || !strings.Contains(said, "there are 3 while one is written") {
		t.Error(said)
	}
	run.Schedule.CheckpointEvery, said = 0, "" // one checkpoint, half of the disk
	if _, err := Start(t.Context(), run, Options{Out: dir + "2", Notice: func(text string) { said += text }}); err != nil || strings.Contains(said, "WARNING") {
		t.Error(said, err)
	}
	said = ""
	run.Open = func(Options) (Job, error) { return large{newFit(), 1, free / 5}, nil } // six snapshots
	if _, err := Start(t.Context(), run, Options{Out: dir + "3", Notice: func(text string) { said += text }}); err != nil || !strings.Contains(said, "WARNING") {
		t.Error(said, err)
	}
}

// fullDevice makes a temporary file one that a full disk does not take.
func fullDevice(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	if err := os.Symlink("/dev/full", path+disk.TempSuffix); err != nil {
		t.Fatal(err)
	}
}

// A run that cannot begin for want of space leaves a folder in which the next command begins. So does a process that was
// killed while its run began, but never a folder with anything else.
func TestBeginOnFullDisk(t *testing.T) {
	f := Folder(t.TempDir())
	list := inputs(t, "day.csv")
	if err := os.WriteFile(f.lock(), nil, 0o666); err != nil { // what a killed process leaves, so that the next line can be there
		t.Fatal(err)
	}
	fullDevice(t, f.config())
	run := newRun(newFit())
	run.Inputs = list
	_, err := Start(t.Context(), run, Options{Out: string(f)})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "writing "+f.config()+": no space left on device: ") || strings.Contains(err.Error(), "\n") {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(string(f))
	if err != nil || len(entries) != 1 {
		t.Errorf("%v remain, %v", entries, err)
	}
	for _, left := range []string{"checkpoints", "inputs"} {
		if err := os.Mkdir(f.File(left), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(f.File("inputs", "day.csv.tmp"), []byte("half"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.File("notes"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), newRun(newFit()), Options{Out: string(f)}); !IsUsage(err) || !strings.Contains(err.Error(), "is not empty") {
		t.Error(err)
	}
	if err := os.Remove(f.File("notes")); err != nil {
		t.Fatal(err)
	}
	run = newRun(newFit())
	run.Inputs = list
	if _, err := Start(t.Context(), run, Options{Out: string(f)}); err != nil {
		t.Error(err)
	}
}

// A run whose files no longer fit says how to begin again, and does.
func TestRecordsOnFullDisk(t *testing.T) {
	f := Folder(filepath.Join(t.TempDir(), "run"))
	run := newRun(newFit())
	run.Began = func(Folder) { fullDevice(t, f.versions()) }
	_, err := Start(t.Context(), run, Options{Out: string(f)})
	if !errors.Is(err, syscall.ENOSPC) || !strings.HasSuffix(err.Error(), "; make room, then `fit --resume "+string(f)+"` begins the run again") {
		t.Fatal(err)
	}
	if _, err := Resume(t.Context(), f, newRun(newFit()), Options{}); err != nil {
		t.Fatal(err)
	}
	sameFiles(t, whole(t), string(f))
}

// A link to nothing is called that.
func TestLinkToNothing(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink("gone", link); err != nil {
		t.Skip(err) // no links here
	}
	want := link + " is a link to gone, which does not exist"
	for _, out := range []string{link, filepath.Join(link, "run")} {
		if _, err := Start(t.Context(), newRun(newFit()), Options{Out: out}); !IsUsage(err) || !strings.HasPrefix(err.Error(), want+": make that folder") {
			t.Error(err)
		}
	}
	if _, err := Folder(link).Config(); !IsUsage(err) || err.Error() != want {
		t.Error(err)
	}
}
