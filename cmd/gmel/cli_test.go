package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/sim"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gmel": main})
}

// TestScripts runs the files of testdata: every command as a user calls it.
func TestScripts(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the scripts send signals and make links")
	}
	hear()
	tiny, err := os.ReadFile("testdata/tiny.yaml")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"fails": fails, "kills": kills, "stops": stops, "stopstwice": stopstwice, "object": object, "damage": damage, "resave": resave, "endless": endless,
			"ignores": ignores, "unread": unread, "halves": halves, "displaces": displaces, "abandons": abandons, "requeues": requeues, "resweeps": resweeps,
			"interrupts": interrupts, "serves": serves, "watches": watches,
		},
		Condition: func(name string) (bool, error) { // a backend of this build, or a driver that is a test's
			if name == "mount" { // in a name space of its own
				return exec.Command("unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt").Run() == nil, nil
			}
			return name == "fake" && os.Getenv(fakeDevices) != "" || slices.Contains(kernels.Backends(), name), nil
		},
		Setup: func(e *testscript.Env) error {
			for _, name := range []string{fakeDevices, "LD_LIBRARY_PATH"} {
				if value, ok := os.LookupEnv(name); ok {
					e.Setenv(name, value)
				}
			}
			return os.WriteFile(filepath.Join(e.WorkDir, "tiny.yaml"), tiny, 0o666)
		},
	})
}

// fakeDevices is a setting of the driver in kernels/gpu/testdata. If it is set, that driver is used.
const fakeDevices = "GMEL_FAKE_DEVICES"

// fails CODE PATTERN ARGS...: gmel ends with that code and one sentence on stderr
// that matches; nothing goes to stdout.
func fails(ts *testscript.TestScript, _ bool, args []string) {
	var stdout, stderr bytes.Buffer
	cmd := gmel(ts, args[2:]...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run()
	if got := strconv.Itoa(cmd.ProcessState.ExitCode()); got != args[0] {
		ts.Fatalf("exit code %s, want %s\n%s%s", got, args[0], &stdout, &stderr)
	}
	sentences := regexp.MustCompile(`(?m)^gmel: .*$`).FindAllString(stderr.String(), -1)
	if len(sentences) != 1 || !regexp.MustCompile(args[1]).MatchString(sentences[0]) || stdout.Len() > 0 {
		ts.Fatalf("want one sentence that matches %s, got\n%s%s", args[1], &stdout, &stderr)
	}
}

// kills COMMAND DIR ARGS...: trains into DIR by a command such as "diffusion train", kills -9 at random moments, resumes until done.
func kills(ts *testscript.TestScript, _ bool, args []string) {
	words, dir, out := strings.Fields(args[0]), args[1], ts.MkAbs(args[1])
	command := slices.Concat(words, []string{"--out", dir}, args[2:])
	for n := range 100 {
		after := time.Duration(rand.IntN(700)) * time.Millisecond // the tenth attempt may end
		cmd := gmel(ts, command...)
		ts.Check(cmd.Start())
		timer := time.AfterFunc(after, func() {
			if n <= 8 {
				cmd.Process.Kill()
			}
		})
		err := cmd.Wait()
		timer.Stop()
		if err == nil {
			ts.Logf("done after %d kills", n)
			return
		}
		if cmd.ProcessState.ExitCode() != -1 {
			ts.Fatalf("%s ended by itself: %v\n%s", command, err, cmd.Stderr)
		}
		if _, err := os.Stat(filepath.Join(out, "config.yaml")); err == nil {
			command = slices.Concat(words, []string{"--resume", dir})
		}
	}
	ts.Fatalf("never done")
}

// stops SIGNAL DIR: sends the signal once the run in DIR has metrics; it must
// checkpoint, exit 75 and print the resume command.
func stops(ts *testscript.TestScript, _ bool, args []string) {
	var stdout bytes.Buffer
	cmd := gmel(ts, "train", "--config", "long.yaml", "--out", args[1])
	cmd.Stdout = &stdout
	ts.Check(cmd.Start())
	await(ts, filepath.Join(ts.MkAbs(args[1]), "metrics.jsonl"), `"kind":"train"`)
	ts.Check(cmd.Process.Signal(signals[args[0]]))
	endsStopped(ts, cmd)
	if !strings.Contains(stdout.String(), "gmel train --resume "+args[1]+"\n") {
		ts.Fatalf("no resume command in %q", &stdout)
	}
}

// stopstwice DIR: after a second signal the process does not wait for the update, which is slow here.
func stopstwice(ts *testscript.TestScript, _ bool, args []string) {
	cmd := gmel(ts, "train", "--config", "tiny.yaml", "--out", args[0], "--set", "amarl.batch=2000", "--set", "amarl.hidden=64",
		"--set", "amarl.updates_per_iteration=60", "--set", "scenario.ieds=30")
	ts.Check(cmd.Start())
	await(ts, filepath.Join(ts.MkAbs(args[0]), "metrics.jsonl"), `"kind":"amarl-greedy"`)
	ts.Check(cmd.Process.Signal(syscall.SIGINT))
	ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitSignal {
		ts.Fatalf("exit code %d\n%s", code, cmd.Stderr)
	}
}

// endless DIR: a run in DIR holds its lock until the script ends.
func endless(ts *testscript.TestScript, _ bool, args []string) {
	cmd := gmel(ts, "train", "--config", "tiny.yaml", "--out", args[0], "--set", "train.updates=1000000")
	ts.Check(cmd.Start())
	ts.Defer(func() { cmd.Process.Kill(); cmd.Wait() })
	await(ts, filepath.Join(ts.MkAbs(args[0]), "checkpoints", "latest.safetensors"), "")
}

func await(ts *testscript.TestScript, path, text string) {
	for range 3000 {
		data, err := os.ReadFile(path)
		if err == nil && bytes.Contains(data, []byte(text)) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("%s never held %q", path, text)
}

// object FILE KEY...: FILE is exactly one JSON object that has the keys.
func object(ts *testscript.TestScript, _ bool, args []string) {
	var o map[string]any
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &o); err != nil {
		ts.Fatalf("%v", err)
	}
	for _, key := range args[1:] {
		if _, ok := o[key]; !ok {
			ts.Fatalf("no key %q", key)
		}
	}
}

// damage cut|flip FILE: truncates the file or changes a byte in its middle.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[1])
	data, err := os.ReadFile(path)
	ts.Check(err)
	if args[0] == "cut" {
		data = data[:len(data)/2]
	} else {
		data[len(data)/2] ^= 1
	}
	ts.Check(os.WriteFile(path, data, 0o666))
}

// resave FILE [NAME=METADATA]: writes a checkpoint with another header, as another program does. Its metadata are the
// JSON object that is given, and a tensor NAME is called "other".
func resave(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	data, err := os.ReadFile(path)
	ts.Check(err)
	end := 8 + binary.LittleEndian.Uint64(data)
	var header map[string]json.RawMessage
	ts.Check(json.Unmarshal(data[8:end], &header))
	delete(header, "__metadata__")
	if len(args) > 1 {
		name, metadata, _ := strings.Cut(args[1], "=")
		header["other"], header["__metadata__"] = header[name], json.RawMessage(metadata)
		delete(header, name)
	}
	text, err := json.Marshal(header)
	ts.Check(err)
	whole := slices.Concat(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text, data[end:])
	ts.Check(os.WriteFile(path, whole, 0o666))
}

func gmel(ts *testscript.TestScript, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), "gmel", args...)
	cmd.Dir, cmd.Stderr = ts.MkAbs("."), &bytes.Buffer{}
	return cmd
}

// A full disk is also an error of any write to the output.
func TestOutputThatFails(t *testing.T) {
	var stderr bytes.Buffer
	if code := execute([]string{"gmel", "info"}, broken{}, &stderr); code != exitFault {
		t.Errorf("exit code %d", code)
	}
	if want := "gmel: the output cannot be written: no space\n"; stderr.String() != want {
		t.Errorf("%q", &stderr)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space") }

// Half a trace is not kept.
func TestTraceThatFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.csv")
	full := errors.New("no space")
	_, err := traced(path, func(string) {}, func(io.Writer) (sim.Summary, error) { return sim.Summary{}, full })
	left, _ := filepath.Glob(path + "*")
	if !errors.Is(err, full) || len(left) > 0 {
		t.Error(err, left)
	}
}

func TestHelpNamesEveryCommand(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := execute([]string{"gmel", "--help"}, &stdout, &stderr); code != exitOK {
		t.Error(code)
	}
	for _, name := range []string{"train", "eval", "simulate", "config", "info", "bench", "sweep", "compare", "cluster"} {
		if !strings.Contains(stdout.String(), fmt.Sprintf("\n   %s", name)) {
			t.Errorf("no %s in\n%s", name, &stdout)
		}
	}
}
