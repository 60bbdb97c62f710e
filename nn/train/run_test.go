package train

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestStartOverwritesNothing(t *testing.T) {
	dir := whole(t)
	before, err := os.ReadFile(Folder(dir).Metrics())
	if err != nil {
		t.Fatal(err)
	}
	run := newRun(newFit())
	run.Open = func(Options) (Job, error) { return nil, errors.New("opened") }
	_, err = Start(t.Context(), run, Options{Out: dir})
	if !IsUsage(err) || !strings.Contains(err.Error(), "resume it with `fit --resume "+dir+"`") {
		t.Error(err)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "notes"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), newRun(newFit()), Options{Out: other}); !IsUsage(err) || !strings.Contains(err.Error(), "is not empty") {
		t.Error(err)
	}
	if after, err := os.ReadFile(Folder(dir).Metrics()); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the records have changed, %v", err)
	}
}

// A complete run is not changed; one without its checkpoints is not restarted over its results.
func TestResumeOverwritesNothing(t *testing.T) {
	dir := whole(t)
	said := ""
	o := Options{Notice: func(text string) { said += text }}
	if _, err := Resume(t.Context(), Folder(dir), newRun(newFit()), o); err != nil || said != "the run in "+dir+" is complete" {
		t.Errorf("%q, %v", said, err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "checkpoints")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"holds the results of a complete run, but no checkpoint", "has records up to update 50, but no checkpoint"} {
		if _, err := Resume(t.Context(), Folder(dir), newRun(newFit()), o); !IsUsage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		os.Remove(filepath.Join(dir, "result.json"))
	}
	if _, err := Resume(t.Context(), Folder(t.TempDir()), newRun(newFit()), o); !IsUsage(err) || !strings.Contains(err.Error(), "is no run folder") {
		t.Error(err)
	}
}

// A run can be resumed only with the Numbers with which it began.
func TestResumeAsItBegan(t *testing.T) {
	dir := whole(t)
	run := newRun(newFit())
	run.Numbers = []byte("seed: 4\n")
	if _, err := Resume(t.Context(), Folder(dir), run, Options{}); !IsUsage(err) || !strings.Contains(err.Error(), "of a run with another configuration") {
		t.Error(err)
	}
	run.Same = func(from *Saved, numbers []byte) error { return errors.New(string(numbers)) }
	if _, err := Resume(t.Context(), Folder(dir), run, Options{}); err == nil || err.Error() != "seed: 3\n" {
		t.Error(err)
	}
}

func TestLockKeepsASecondProcessOut(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no lock here")
	}
	dir := whole(t)
	l, err := Folder(dir).acquire(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(t.Context(), Folder(dir), newRun(newFit()), Options{}); !errors.As(err, new(*LockedError)) || !strings.Contains(err.Error(), "another process is training in") {
		t.Error(err)
	}
	if err := l.release(); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(t.Context(), Folder(dir), newRun(newFit()), Options{}); err != nil {
		t.Error(err)
	}
}

// Records and checkpoints are written at the intervals of the schedule, even if a step crosses a multiple.
func TestSchedule(t *testing.T) {
	var logs, snapshots, evaluations, checkpoints []int
	job := newFit()
	at := func(to *[]int) func() error {
		return func() error { *to = append(*to, job.update); return nil }
	}
	s := Schedule{Updates: 11, LogEvery: 3, SnapshotEvery: 6, EvaluateEvery: 0, CheckpointEvery: 5}
	if err := Loop(t.Context(), s, job, Hooks{Log: at(&logs), Snapshot: at(&snapshots), Evaluate: at(&evaluations), Checkpoint: at(&checkpoints)}); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ got, want []int }{{logs, []int{4, 6, 10, 12}}, {snapshots, []int{6, 12}}, {evaluations, []int{12}}, {checkpoints, []int{6, 10, 12}}} {
		if len(x.got) != len(x.want) {
			t.Fatalf("%v, want %v", x.got, x.want)
		}
		for i := range x.want {
			if x.got[i] != x.want[i] {
				t.Errorf("%v, want %v", x.got, x.want)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	job, checkpoints = newFit(), nil
	if err := Loop(ctx, s, job, Hooks{Checkpoint: at(&checkpoints)}); !errors.Is(err, ErrInterrupted) || len(checkpoints) != 1 || checkpoints[0] != 2 {
		t.Errorf("%v, checkpoints at %v", err, checkpoints)
	}
}

// misbehaving is a fit with one mistake.
type misbehaving struct {
	*fit
	files []File
}

func (m misbehaving) Finish(context.Context) ([]File, error) { return m.files, nil }

// A job that breaks a rule of Job gets an error.
func TestJobsThatMisbehave(t *testing.T) {
	for want, files := range map[string][]File{
		`the last file of the job's results is not "result.json"`: {{Name: "other.json"}},
		`may not write "../result.json"`:                          {{Name: "../result.json"}, {Name: "result.json"}},
		`may not write "metrics.jsonl"`:                           {{Name: "metrics.jsonl"}, {Name: "result.json"}},
		`may not write "checkpoints/x"`:                           {{Name: "checkpoints/x"}, {Name: "result.json"}},
	} {
		run := newRun(nil)
		run.Open = func(Options) (Job, error) { return misbehaving{newFit(), files}, nil }
		if _, err := Start(t.Context(), run, Options{Out: filepath.Join(t.TempDir(), "run")}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	run := newRun(newFit())
	if _, err := Start(t.Context(), run, Options{Out: filepath.Join(t.TempDir(), "run"), Profile: true}); err == nil || !strings.Contains(err.Error(), "no profile") {
		t.Error(err)
	}
}

// An evaluation that an interrupt ends is made up for, and a step that it ends is done again: the run ends as one
// that nothing has stopped, also where its last evaluation is the one.
func TestInterruptedWithin(t *testing.T) {
	want := whole(t)
	for _, stopped := range []*fit{{stopAt: 20, abandonAt: -1}, {stopAt: 50, abandonAt: -1}, {stopAt: -1, abandonAt: 30}, {stopAt: -1, abandonAt: 0}} {
		dir := filepath.Join(t.TempDir(), "run")
		ctx, stop := context.WithCancel(t.Context())
		job := newFit()
		job.stop, job.stopAt, job.abandonAt = stop, stopped.stopAt, stopped.abandonAt
		r, err := Start(ctx, newRun(job), Options{Out: dir})
		if err != nil || !r.Interrupted {
			t.Fatalf("%+v, %v", r, err)
		}
		again, stop := context.WithCancel(t.Context()) // and so is the one that makes up for it
		job = newFit()
		job.stop, job.stopAt, job.abandonAt = stop, stopped.stopAt, stopped.abandonAt
		if r, err := Resume(again, Folder(dir), newRun(job), Options{}); err != nil || !r.Interrupted {
			t.Fatalf("%+v, %v", r, err)
		}
		if _, err := Resume(t.Context(), Folder(dir), newRun(newFit()), Options{}); err != nil {
			t.Fatal(err)
		}
		except := "" // where the interrupt itself has made a checkpoint at the last update
		if stopped.stopAt == 50 {
			except = "checkpoints/latest.safetensors.prev"
		}
		sameFiles(t, want, dir, except)
	}
}

// A folder that another has taken the name of is not written into.
func TestDisplacedFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a folder with open files keeps its name here")
	}
	for _, at := range []int{20, 50} {
		dir := filepath.Join(t.TempDir(), "run")
		job := newFit()
		job.stopAt, job.abandonAt = at, -1
		ctx, stop := context.WithCancel(t.Context())
		job.stop = func() {
			if err := errors.Join(os.Rename(dir, dir+".moved"), os.MkdirAll(filepath.Join(dir, "checkpoints"), 0o777)); err != nil {
				t.Error(err)
			}
			stop()
		}
		_, err := Start(ctx, newRun(job), Options{Out: dir})
		if err == nil || !strings.Contains(err.Error(), "was moved or deleted while the run wrote into it") || strings.Contains(err.Error(), "\n") {
			t.Errorf("update %d: %v", at, err)
		}
		if made, err := filepath.Glob(filepath.Join(dir, "*", "*")); err != nil || len(made) > 0 {
			t.Errorf("update %d: %v, %v", at, made, err)
		}
		if from, damage, err := Folder(dir + ".moved").Latest(); from == nil || damage != nil || err != nil {
			t.Errorf("update %d: %v, %v, %v", at, from, damage, err)
		}
	}
}
