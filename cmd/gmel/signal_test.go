package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var signals = map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "QUIT": syscall.SIGQUIT}

// hear lets the programs that a test starts hear all signals. They would ignore those that the test was started to
// ignore, as by nohup.
func hear() {
	for _, s := range signals {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s) // no program inherits that a signal is listened to
		}
	}
}

// ignores SIGNAL DIR OTHERS...: a run in DIR that was started to ignore the signal and others, as by nohup or in the background of a
// script, trains on after it.
func ignores(ts *testscript.TestScript, _ bool, args []string) {
	metrics := filepath.Join(ts.MkAbs(args[1]), "metrics.jsonl")
	cmd := exec.Command("sh", "-c", "trap '' "+strings.Join(args[2:], " ")+" "+args[0]+"; exec gmel train --config endless.yaml --out "+args[1])
	cmd.Dir, cmd.Stderr = ts.MkAbs("."), &bytes.Buffer{}
	ts.Check(cmd.Start())
	awaitLines(ts, metrics, 2)
	ts.Check(cmd.Process.Signal(signals[args[0]]))
	awaitLines(ts, metrics, lines(metrics)+20)
	ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	endsStopped(ts, cmd)
}

// unread SIGNAL DIR: a run whose outputs nothing reads any more still answers a signal with a checkpoint.
func unread(ts *testscript.TestScript, _ bool, args []string) {
	reader, writer, err := os.Pipe()
	ts.Check(err)
	cmd := gmel(ts, "train", "--config", "endless.yaml", "--out", args[1])
	cmd.Stdout, cmd.Stderr = writer, writer
	ts.Check(cmd.Start())
	ts.Check(writer.Close())
	awaitLines(ts, filepath.Join(ts.MkAbs(args[1]), "metrics.jsonl"), 2)
	ts.Check(reader.Close())
	ts.Check(cmd.Process.Signal(signals[args[0]]))
	endsStopped(ts, cmd)
	_, err = os.Stat(filepath.Join(ts.MkAbs(args[1]), "checkpoints", "latest.safetensors"))
	ts.Check(err)
}

// halves SIGNAL FILE: a signal ends a simulation that writes a trace to FILE as it ends any program, and nothing
// of the file is left.
func halves(ts *testscript.TestScript, _ bool, args []string) {
	file := ts.MkAbs(args[1])
	cmd := gmel(ts, "simulate", "--scenario", "game.yaml", "--episodes", "2000000", "--worlds", "1", "--trace", args[1])
	ts.Check(cmd.Start())
	awaitLines(ts, file+".part1", 100)
	ts.Check(cmd.Process.Signal(signals[args[0]]))
	_ = cmd.Wait()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != signals[args[0]] {
		ts.Fatalf("%v\n%s", cmd.ProcessState, cmd.Stderr)
	}
	left, err := filepath.Glob(file + "*")
	ts.Check(err)
	if len(left) > 0 || strings.Count(cmd.Stderr.(*bytes.Buffer).String(), "the incomplete output is removed") != 1 {
		ts.Fatalf("%s\n%s", left, cmd.Stderr)
	}
}

// displaces rm|mv DIR: an endless run loses its folder and says so in one sentence.
func displaces(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[1])
	cmd := gmel(ts, "train", "--config", "endless.yaml", "--out", args[1])
	ts.Check(cmd.Start())
	awaitLines(ts, filepath.Join(dir, "metrics.jsonl"), 2)
	if args[0] == "mv" {
		ts.Check(os.Rename(dir, dir+".moved"))
	} else {
		ts.Check(os.Rename(dir, filepath.Join(dir+".gone"))) // at once, so that nothing is made in it meanwhile
		ts.Check(os.RemoveAll(dir + ".gone"))
	}
	ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	_ = cmd.Wait()
	text := cmd.Stderr.(*bytes.Buffer).String()
	if cmd.ProcessState.ExitCode() != exitFault || strings.Count(text, "gmel: ") != 1 || !strings.Contains(text, "was moved or deleted while the run wrote into it") ||
		strings.Contains(text, "--resume "+args[1]) || strings.Contains(text, "is kept") {
		ts.Fatalf("%v\n%s", cmd.ProcessState, text)
	}
}

// abandons DIR FILE TEXT ARGS...: a signal ends a run in DIR, once it has FILE with the text, though what it does would take for ever.
func abandons(ts *testscript.TestScript, _ bool, args []string) {
	cmd := gmel(ts, append([]string{"train", "--config", "endless.yaml", "--out", args[0]}, args[3:]...)...)
	ts.Check(cmd.Start())
	await(ts, filepath.Join(ts.MkAbs(args[0]), args[1]), args[2])
	ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	endsStopped(ts, cmd)
}

// requeues DIR ARGS...: gives the same command again and again, as a scheduler does, and signals it at random moments; every end but
// that of kill -9 is a stop in good order, the last one success. A signal that comes before the program listens ends it.
func requeues(ts *testscript.TestScript, _ bool, args []string) {
	again(ts, append([]string{"train", "--auto-resume", "--out", args[0]}, args[1:]...))
}

// resweeps PLAN: the same for a sweep that is trained two runs at a time.
func resweeps(ts *testscript.TestScript, _ bool, args []string) {
	again(ts, []string{"sweep", "run", "--jobs", "2", args[0]})
}

// again sends SIGTERM and kill -9 in turn.
func again(ts *testscript.TestScript, command []string) {
	for n := range 100 {
		end := []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL}[n%2]
		cmd := gmel(ts, command...)
		ts.Check(cmd.Start())
		timer := time.AfterFunc(time.Duration(rand.IntN(700))*time.Millisecond, func() {
			if n <= 8 { // the tenth attempt may end
				_ = cmd.Process.Signal(end)
			}
		})
		_ = cmd.Wait()
		timer.Stop()
		switch code := cmd.ProcessState.ExitCode(); code {
		case exitOK:
			ts.Logf("done after %d signals", n)
			return
		case exitStopped, -1:
		default:
			ts.Fatalf("exit code %d\n%s", code, cmd.Stderr)
		}
	}
	ts.Fatalf("never done")
}

// endsStopped waits for a run that a signal stops in good order.
func endsStopped(ts *testscript.TestScript, cmd *exec.Cmd) {
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitStopped {
		ts.Fatalf("exit code %d, want %d\n%s", code, exitStopped, cmd.Stderr)
	}
}

func lines(path string) int {
	data, _ := os.ReadFile(path)
	return bytes.Count(data, []byte("\n"))
}

func awaitLines(ts *testscript.TestScript, path string, n int) {
	for range 6000 {
		if lines(path) >= n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("%s never had %d lines", path, n)
}
