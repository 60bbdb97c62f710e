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

// serves DIR NAME: gmel serve on the policy folder DIR says its address, answers for NAME, and ends well after SIGTERM.
func serves(ts *testscript.TestScript, _ bool, args []string) {
	cmd := gmel(ts, "serve", args[0], "--http", "127.0.0.1:0")
	cmd.Stderr = nil
	out, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	said := bufio.NewReader(out)
	line, err := said.ReadString('\n')
	ts.Check(err)
	url := regexp.MustCompile(`^serving the policy of \w+, update \d+, at (http://127\.0\.0\.1:\d+/v2/models/` + args[1] + `)\n$`).FindStringSubmatch(line)
	if url == nil {
		ts.Fatalf("it says %q", line)
	}
	answer, err := http.Post(url[1]+"/infer", "application/json", strings.NewReader("{}"))
	ts.Check(err)
	text, err := io.ReadAll(answer.Body)
	ts.Check(err)
	ts.Check(answer.Body.Close())
	if answer.StatusCode != http.StatusBadRequest || string(text) != `{"error":"input observation is missing"}` {
		ts.Fatalf("%s %s", answer.Status, text)
	}
	ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	rest, err := io.ReadAll(said)
	ts.Check(err)
	if err := cmd.Wait(); err != nil || !strings.Contains(string(rest), "stopping after this round of requests") {
		ts.Fatalf("%v, it says %q", err, rest)
	}
}
