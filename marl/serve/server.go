package serve

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/gmel-go/gmel/marl/actor"
)

// Server answers for one policy. Its methods may be called from several goroutines.
type Server struct {
	o        Options
	policy   *actor.Policy
	metrics  *metrics
	mux      *http.ServeMux
	stopping atomic.Bool

	slots      chan struct{} // one for each request in work
	processors chan struct{} // one for each request that is decoded and decided
	works      sync.Pool     // of *work
}

// New returns a server for a policy that [actor.Policy.Check] accepts. Errors name an option that is not allowed.
func New(p *actor.Policy, o Options) (*Server, error) {
	o.Name = cmp.Or(o.Name, p.Contract.Name)
	if err := o.check(); err != nil {
		return nil, err
	}
	s := &Server{
		o: o, policy: p, metrics: newMetrics(&p.Contract), mux: http.NewServeMux(),
		slots: make(chan struct{}, o.MaxRequests), processors: make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
	s.works.New = func() any { return &work{player: actor.NewPlayer(p)} }
	s.route("GET", "/v2", s.describeServer)
	s.route("GET", "/v2/{$}", s.describeServer)
	s.route("GET", "/v2/health/live", s.live)
	s.route("GET", "/v2/health/ready", s.ready)
	s.route("GET", "/v2/models/{model}", s.forModel(s.describeModel))
	s.route("GET", "/v2/models/{model}/ready", s.forModel(s.modelReady))
	s.route("POST", "/v2/models/{model}/infer", s.forModel(s.infer))
	s.route("GET", "/metrics", s.metrics.page.ServeHTTP)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, http.StatusNotFound, "there is no %s here; this server has /v2/models/%s without versions, /v2/health and /metrics", r.URL.Path, s.o.Name)
	})
	return s, nil
}

// Name is the name of the policy in paths.
func (s *Server) Name() string { return s.o.Name }

// route answers a path for one method; HEAD is part of GET.
func (s *Server) route(method, path string, h http.HandlerFunc) {
	s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == method || r.Method == http.MethodHead && method == http.MethodGet {
			h(w, r)
			return
		}
		w.Header().Set("Allow", method)
		fail(w, http.StatusMethodNotAllowed, "%s %s is not allowed; use %s", r.Method, r.URL.Path, method)
	})
}

// forModel refuses other models.
func (s *Server) forModel(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if name := r.PathValue("model"); name != s.o.Name {
			fail(w, http.StatusNotFound, "there is no model %q here; this server has %q", name, s.o.Name)
			return
		}
		h(w, r)
	}
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	counted := &counter{ResponseWriter: w, status: http.StatusOK}
	s.mux.ServeHTTP(counted, r)
	s.metrics.answered(counted.status)
}

// counter remembers the status of an answer.
type counter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (c *counter) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

// HTTP returns an HTTP server with the timeouts of the options, for Serve. A caller may set its ErrorLog.
func (s *Server) HTTP() *http.Server {
	return &http.Server{
		Handler: s, ReadHeaderTimeout: s.o.Timeout, ReadTimeout: s.o.Timeout, WriteTimeout: 2 * s.o.Timeout,
		IdleTimeout: 6 * s.o.Timeout, MaxHeaderBytes: 16 << 10,
	}
}

// Serve answers on a listener until ctx is done. Then it takes no new connection, finishes the requests in work and returns
// nil; or an error if they take longer than Options.Grace, or if the listener fails.
func (s *Server) Serve(ctx context.Context, h *http.Server, l net.Listener) error {
	if err := Until(ctx, h, newBounded(l, s.o.MaxConnections)); err != nil {
		return err
	}
	s.stopping.Store(true)
	return Stop(h, s.o.Grace)
}

// reply writes a JSON object.
func reply(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil { // of our own types: cannot be
		status, text = http.StatusInternalServerError, []byte(`{"error":"the answer is no JSON"}`)
	}
	send(w, status, text)
}

func send(w http.ResponseWriter, status int, text []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that has gone reads no error either
}

// fail answers with one sentence.
func fail(w http.ResponseWriter, status int, format string, args ...any) {
	reply(w, status, struct {
		Error string `json:"error"`
	}{fmt.Sprintf(format, args...)})
}
