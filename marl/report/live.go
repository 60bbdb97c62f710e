package report

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	diffusion "github.com/gmel-go/gmel/nn/diffusion/run"
	"github.com/gmel-go/gmel/nn/train"
)

// freshness is the time for which the files of a page are not looked at again, however many readers ask.
const freshness = time.Second

// Handler serves the page of run folders, made anew as they grow. It only reads. Readers that name what they have, by its ETag, are told
// when nothing has changed.
func Handler(dirs []string) http.Handler { return (&server{dirs: dirs, now: time.Now}).handler() }

func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.serve)
	return mux
}

type server struct {
	dirs []string
	now  func() time.Time

	mu    sync.Mutex
	page  []byte
	tag   string
	state string // of the files from which the page was made
	asked time.Time
}

// states is that of the files that pages are made of: their sizes and times.
func (s *server) states() string {
	var b strings.Builder
	for _, dir := range s.dirs {
		f := train.Folder(dir)
		fmt.Fprint(&b, f.Busy())
		for _, name := range []string{"config.yaml", "metrics.jsonl", "timing.jsonl", "table.json", "attention.json", "versions.json", diffusion.QualityJSON, diffusion.GridPNG, "samples"} {
			if info, err := os.Stat(f.File(name)); err == nil {
				fmt.Fprint(&b, " ", info.Size(), " ", info.ModTime().UnixNano())
			}
			b.WriteByte(';')
		}
	}
	return b.String()
}

// latest is the page and its tag, which is the digest of its bytes.
func (s *server) latest() (page []byte, tag string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.page != nil && now.Sub(s.asked) < freshness {
		return s.page, s.tag, nil
	}
	s.asked = now
	state := s.states()
	if s.page != nil && state == s.state {
		return s.page, s.tag, nil
	}
	p, err := New(s.dirs, Options{Live: true})
	if err != nil {
		return nil, "", err
	}
	if s.page, err = p.HTML(); err != nil {
		return nil, "", err
	}
	s.tag, s.state = fmt.Sprintf(`"%x"`, sha256.Sum256(s.page)), state
	return s.page, s.tag, nil
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	page, tag, err := s.latest()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("ETag", tag)
	h.Set("Cache-Control", "no-cache")
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(page) // a reader that has gone needs no answer
}
