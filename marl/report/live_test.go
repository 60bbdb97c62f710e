package report

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func get(t *testing.T, s *httptest.Server, tag string) *http.Response {
	t.Helper()
	r, err := http.NewRequest("GET", s.URL+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("If-None-Match", tag)
	answer, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

// A reader that has the page is told so until the run grows. Folders may begin to exist after the server.
func TestHandler(t *testing.T) {
	dir := copied(t, runs[0], "run")
	os.Remove(filepath.Join(dir, "table.json"))
	h := Handler([]string{dir})
	s := httptest.NewServer(h)
	defer s.Close()
	first := get(t, s, "")
	tag := first.Header.Get("ETag")
	if first.StatusCode != http.StatusOK || tag == "" || !strings.HasPrefix(first.Header.Get("Content-Type"), "text/html") {
		t.Fatalf("%d, ETag %q", first.StatusCode, tag)
	}
	time.Sleep(freshness)
	if again := get(t, s, tag); again.StatusCode != http.StatusNotModified {
		t.Errorf("the same page: %d", again.StatusCode)
	}
	time.Sleep(freshness)
	data, err := os.ReadFile(filepath.Join(runs[0], "table.json"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, string(data), dir, "table.json")
	if grown := get(t, s, tag); grown.StatusCode != http.StatusOK || grown.Header.Get("ETag") == tag {
		t.Errorf("another page: %d", grown.StatusCode)
	}
	other, err := s.Client().Get(s.URL + "/other")
	if err != nil || other.StatusCode != http.StatusNotFound {
		t.Errorf("another path: %v, %v", other.Status, err)
	}
	other.Body.Close()
	if post, err := s.Client().Post(s.URL+"/", "text/plain", nil); err != nil || post.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a POST: %v, %v", post.Status, err)
	}
}
