package main

import (
	"os"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// interrupts DIR ARGS...: a command that writes many files into the new folder DIR is killed with -9 as it does so.
// Nothing has the name DIR then.
func interrupts(ts *testscript.TestScript, _ bool, args []string) {
	out := ts.MkAbs(args[0])
	cmd := gmel(ts, append(args[1:], "--out", args[0])...)
	ts.Check(cmd.Start())
	for range 3000 {
		if files, err := os.ReadDir(out + ".part1"); err == nil && len(files) > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Check(cmd.Process.Kill())
	if err := cmd.Wait(); err == nil {
		ts.Fatalf("ended before it was killed")
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		ts.Fatalf("a part of the files has the name of all: %v", err)
	}
}
