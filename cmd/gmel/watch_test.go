package main

import (
	"io"
	"net/http"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// watches DIR TEXT: gmel watch serves a page of the run with the text, and ends in good order.
func watches(ts *testscript.TestScript, _ bool, args []string) {
	s := startServer(ts, `the page is at (http://127\.0\.0\.1:\d+/); Ctrl-C ends`, "watch", args[0])
	answer, err := http.Get(s.url)
	ts.Check(err)
	page, err := io.ReadAll(answer.Body)
	ts.Check(err)
	ts.Check(answer.Body.Close())
	if answer.StatusCode != http.StatusOK || !strings.Contains(string(page), args[1]) {
		ts.Fatalf("%s, a page of %d bytes without %s", answer.Status, len(page), args[1])
	}
	s.end(ts, syscall.SIGINT)
}
