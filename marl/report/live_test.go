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

// ask is the answer to a reader that has the page of a tag.
func ask(h http.Handler, method, path, tag string) *http.Response {
	r, w := httptest.NewRequest(method, path, nil), httptest.NewRecorder()
	r.Header.Set("If-None-Match", tag)
	h.ServeHTTP(w, r)
	return w.Result()
}

// A reader that has the page is told so until the run grows, and files are not looked at again at once.
func TestHandler(t *testing.T) {
	dir := copied(t, runs[0], "run")
	os.Remove(filepath.Join(dir, "table.json"))
	clock := time.Now()
	h := (&server{dirs: []string{dir}, now: func() time.Time { return clock }}).handler()
	first := ask(h, "GET", "/", "")
	tag := first.Header.Get("ETag")
	if first.StatusCode != http.StatusOK || tag == "" || !strings.HasPrefix(first.Header.Get("Content-Type"), "text/html") {
		t.Fatalf("%d, ETag %q", first.StatusCode, tag)
	}
	clock = clock.Add(freshness)
	if again := ask(h, "GET", "/", tag); again.StatusCode != http.StatusNotModified {
		t.Errorf("the same page: %d", again.StatusCode)
	}
	data, err := os.ReadFile(filepath.Join(runs[0], "table.json"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, string(data), dir, "table.json")
	if soon := ask(h, "GET", "/", tag); soon.StatusCode != http.StatusNotModified {
		t.Errorf("files are looked at again at once: %d", soon.StatusCode)
	}
	clock = clock.Add(freshness)
	if grown := ask(h, "GET", "/", tag); grown.StatusCode != http.StatusOK || grown.Header.Get("ETag") == tag {
		t.Errorf("another page: %d", grown.StatusCode)
	}
	if other := ask(h, "GET", "/other", ""); other.StatusCode != http.StatusNotFound {
		t.Errorf("another path: %v", other.Status)
	}
	if post := ask(h, "POST", "/", ""); post.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a POST: %v", post.Status)
	}
}
