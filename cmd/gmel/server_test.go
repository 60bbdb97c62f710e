package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"regexp"

	"github.com/rogpeppe/go-internal/testscript"
)

// server is a command that answers over HTTP.
type server struct {
	cmd  *exec.Cmd
	said *bufio.Reader // stderr
	url  string
}

// startServer waits for the line in which a command says its address: the group of a regular expression.
func startServer(ts *testscript.TestScript, line string, args ...string) *server {
	s := &server{cmd: gmel(ts, append(args, "--http", "127.0.0.1:0")...)}
	s.cmd.Stderr = nil
	out, err := s.cmd.StderrPipe()
	ts.Check(err)
	ts.Check(s.cmd.Start())
	s.said = bufio.NewReader(out)
	first, err := s.said.ReadString('\n')
	ts.Check(err)
	url := regexp.MustCompile("^" + line + "\n$").FindStringSubmatch(first)
	if url == nil {
		ts.Fatalf("it says %q", first)
	}
	s.url = url[1]
	return s
}

// end sends a signal, after which the command must end with 0, and returns what it says then.
func (s *server) end(ts *testscript.TestScript, signal os.Signal) string {
	ts.Check(s.cmd.Process.Signal(signal))
	rest, err := io.ReadAll(s.said)
	ts.Check(err)
	if err := s.cmd.Wait(); err != nil {
		ts.Fatalf("%v, it says %q", err, rest)
	}
	return string(rest)
}
