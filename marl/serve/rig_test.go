package serve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/marl/actor"
	"github.com/gmel-go/gmel/marl/serve"
)

// press is a policy with three observations and two actions that can be computed by hand.
func press(t testing.TB) *actor.Policy {
	t.Helper()
	p, err := actor.Read("../actor/testdata/press")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// running is a server on a port of this machine, until the end of the test.
type running struct {
	*serve.Server
	t    testing.TB
	url  string
	addr string
	stop context.CancelFunc
	done chan error
}

func start(t testing.TB, change func(*serve.Options)) *running {
	t.Helper()
	o := serve.Defaults()
	if change != nil {
		change(&o)
	}
	s, err := serve.New(press(t), o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{s, t, "http://" + l.Addr().String(), l.Addr().String(), cancel, make(chan error, 1)}
	go func() { r.done <- s.Serve(ctx, s.HTTP(), l) }()
	t.Cleanup(func() { http.DefaultClient.CloseIdleConnections(); cancel() })
	return r
}

// answer is an answer with its body.
type answer struct {
	status int
	header http.Header
	text   string
}

func (r *running) do(method, path, body string) answer {
	r.t.Helper()
	q, err := http.NewRequest(method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	return r.send(q)
}

func (r *running) send(q *http.Request) answer {
	r.t.Helper()
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	return read(r.t, a)
}

func read(t testing.TB, a *http.Response) answer {
	t.Helper()
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{a.StatusCode, a.Header, string(text)}
}

// is compares an answer in JSON with the text wanted, whatever the space in it.
func (a answer) is(t testing.TB, status int, want string) {
	t.Helper()
	var short bytes.Buffer
	if err := json.Compact(&short, []byte(want)); err != nil {
		t.Fatal(err)
	}
	if a.status != status || a.text != short.String() || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("%d %s %s\nwant %d %s", a.status, a.header.Get("Content-Type"), a.text, status, &short)
	}
}

// fails asks for a status and for {"error": ".."} with a text in it.
func (a answer) fails(t testing.TB, status int, want string) {
	t.Helper()
	var fault map[string]string
	if err := json.Unmarshal([]byte(a.text), &fault); err != nil || len(fault) != 1 || a.status != status || !strings.Contains(fault["error"], want) {
		t.Errorf("%d %s\nwant %d, error: ..%s..", a.status, a.text, status, want)
	}
}

// one is a request for one decision of press, with outputs 1.5 and -1.
const one = `{"inputs": [
	{"name": "observation", "datatype": "FP32", "shape": [1, 3], "data": [1, 0.75, 1]},
	{"name": "mask", "datatype": "BOOL", "shape": [1, 2], "data": [true, true]}]}`

const infer = "/v2/models/press/infer"
