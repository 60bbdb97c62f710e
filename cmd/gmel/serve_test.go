package main

import (
	"io"
	"net/http"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// serves DIR NAME: gmel serve on the policy folder DIR says its address, answers for NAME, and ends well after SIGTERM.
func serves(ts *testscript.TestScript, _ bool, args []string) {
	s := startServer(ts, `serving the policy of \w+, update \d+, at (http://127\.0\.0\.1:\d+/v2/models/`+args[1]+`)`, "serve", args[0])
	answer, err := http.Post(s.url+"/infer", "application/json", strings.NewReader("{}"))
	ts.Check(err)
	text, err := io.ReadAll(answer.Body)
	ts.Check(err)
	ts.Check(answer.Body.Close())
	if answer.StatusCode != http.StatusBadRequest || string(text) != `{"error":"input observation is missing"}` {
		ts.Fatalf("%s %s", answer.Status, text)
	}
	if rest := s.end(ts, syscall.SIGTERM); !strings.Contains(rest, "stopping after this round of requests") {
		ts.Fatalf("it says %q", rest)
	}
}
