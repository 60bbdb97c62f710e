package train

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Settings of a child: this test as a process that trains in a folder.
const (
	childFolder = "GMEL_TEST_FOLDER"
	childLife   = "GMEL_TEST_LIFE"  // of fit
	childPause  = "GMEL_TEST_PAUSE" // of fit
)

func TestMain(m *testing.M) {
	dir := os.Getenv(childFolder)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := trainAsChild(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func trainAsChild(dir string) error {
	job := newFit()
	job.life, _ = strconv.Atoi(os.Getenv(childLife))
	job.pause, _ = time.ParseDuration(os.Getenv(childPause))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	result, err := startOrResume(ctx, dir, newRun(job))
	if result.Interrupted {
		fmt.Println("stopped;", result.Resume)
	}
	return err
}

// startOrResume resumes the run in a folder, or starts it if the killed processes have not begun it: what they leave
// until then blocks nothing.
func startOrResume(ctx context.Context, dir string, run *Run) (Result, error) {
	if exists(Folder(dir).config()) {
		return Resume(ctx, Folder(dir), run, Options{})
	}
	return Start(ctx, run, Options{Out: dir})
}

func child(t *testing.T, dir string, settings ...string) *exec.Cmd {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("no signals here")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(append(os.Environ(), childFolder+"="+dir), settings...)
	cmd.Stdout, cmd.Stderr = &bytes.Buffer{}, &bytes.Buffer{}
	return cmd
}

// whole is the folder of an uninterrupted run.
func whole(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "whole")
	if _, err := Start(t.Context(), newRun(newFit()), Options{Out: dir}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// pictures is the number of pictures in the events of a run.
func pictures(t *testing.T, dir string) int {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*"))
	if err != nil || len(paths) != 1 {
		t.Fatalf("event files %v, error %v", paths, err)
	}
	data, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(data, []byte("\x89PNG"))
}

// sameFiles compares the files that the seed determines.
func sameFiles(t *testing.T, want, got string, except ...string) {
	t.Helper()
	names := []string{"config.yaml", "metrics.jsonl", "line.txt", "result.json", "checkpoints/latest.safetensors", "checkpoints/latest.safetensors.prev"}
	for u := 0; u <= 50; u += 10 {
		names = append(names, fmt.Sprintf("lines/%03d.txt", u))
	}
	for _, u := range []int{10, 18, 28, 36, 46, 50} {
		names = append(names, fmt.Sprintf("snapshots/%03d.txt", u))
	}
	for _, name := range names {
		if slices.Contains(except, name) {
			continue
		}
		a, err := os.ReadFile(filepath.Join(want, name))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(filepath.Join(got, name)); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs, %v:\n%.300q\n%.300q", name, err, a, b)
		}
	}
	if n := pictures(t, got); n != 6 {
		t.Errorf("TensorBoard has %d pictures, want one of each evaluation, 6", n)
	}
}

// A run that is killed in any call of its job, again and again, ends like an uninterrupted one. The runner does its file
// operations between these calls.
func TestKilledBetweenFileOperations(t *testing.T) {
	want, dir := whole(t), filepath.Join(t.TempDir(), "killed")
	r, kills := rand.New(rand.NewPCG(1, 2)), 0
	for ; kills < 20; kills++ {
		if err := child(t, dir, fmt.Sprintf("%s=%d", childLife, 1+r.IntN(16))).Run(); err == nil {
			break
		}
	}
	if kills < 6 {
		t.Fatalf("killed only %d times", kills)
	}
	if _, err := startOrResume(t.Context(), dir, newRun(newFit())); err != nil {
		t.Fatal(err)
	}
	sameFiles(t, want, dir)
}

// So does a run that is killed at any instant, even in the middle of a file operation.
func TestKilledAtAnyInstant(t *testing.T) {
	want, dir := whole(t), filepath.Join(t.TempDir(), "killed")
	for n := range 8 {
		cmd := child(t, dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		after := time.Duration(rand.IntN(30*(n+1))) * time.Millisecond
		timer := time.AfterFunc(after, func() { cmd.Process.Kill() })
		err := cmd.Wait()
		timer.Stop()
		if cmd.ProcessState.Exited() && err != nil {
			t.Fatalf("it ended by itself: %v\n%s", err, cmd.Stderr)
		}
	}
	if _, err := startOrResume(t.Context(), dir, newRun(newFit())); err != nil {
		t.Fatal(err)
	}
	sameFiles(t, want, dir)
}

// A signal ends a run after its step, with a checkpoint and the command that resumes it.
func TestStoppedBySignal(t *testing.T) {
	want, dir := whole(t), filepath.Join(t.TempDir(), "stopped")
	cmd := child(t, dir, childPause+"=200ms")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, Folder(dir).Metrics(), `"kind":"train"`)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, cmd.Stderr)
	}
	if text := fmt.Sprint(cmd.Stdout); text != "stopped; fit --resume "+dir+"\n" {
		t.Errorf("it says %q", text)
	}
	from, damage, err := Folder(dir).Latest()
	if from == nil || damage != nil || err != nil {
		t.Fatal(from, damage, err)
	}
	if _, err := startOrResume(t.Context(), dir, newRun(newFit())); err != nil {
		t.Fatal(err)
	}
	sameFiles(t, want, dir)
}

func await(t *testing.T, path, text string) {
	t.Helper()
	for range 6000 {
		if data, err := os.ReadFile(path); err == nil && strings.Contains(string(data), text) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s never held %q", path, text)
}
