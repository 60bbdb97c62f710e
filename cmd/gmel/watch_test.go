package main

import (
	"bufio"
	"io"
	"net/http"
	"regexp"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// watches DIR TEXT: gmel watch serves a page of the run with the text, and ends in good order.
func watches(ts *testscript.TestScript, _ bool, args []string) {
	cmd := gmel(ts, "watch", args[0], "--http", "127.0.0.1:0")
	cmd.Stderr = nil
	out, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	said := bufio.NewReader(out)
	line, err := said.ReadString('\n')
	ts.Check(err)
	url := regexp.MustCompile(`^the page is at (http://127\.0\.0\.1:\d+/); Ctrl-C ends\n$`).FindStringSubmatch(line)
	if url == nil {
		ts.Fatalf("it says %q", line)
	}
	answer, err := http.Get(url[1])
	ts.Check(err)
	page, err := io.ReadAll(answer.Body)
	ts.Check(err)
	ts.Check(answer.Body.Close())
	if answer.StatusCode != http.StatusOK || !strings.Contains(string(page), args[1]) {
		ts.Fatalf("%s, a page of %d bytes without %s", answer.Status, len(page), args[1])
	}
	ts.Check(cmd.Process.Signal(syscall.SIGINT))
	rest, err := io.ReadAll(said)
	ts.Check(err)
	if err := cmd.Wait(); err != nil {
		ts.Fatalf("%v, it says %q", err, rest)
	}
}
