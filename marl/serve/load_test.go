package serve_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gmel-go/gmel/marl/serve"
)

// pending is a request whose body has begun, and that the server has in work.
type pending struct {
	body io.WriteCloser
	got  chan answer
}

// begin sends the first half of a request, and waits until it is in work.
func (r *running) begin() *pending {
	r.t.Helper()
	reader, writer := io.Pipe()
	q, err := http.NewRequest("POST", r.url+infer, reader)
	if err != nil {
		r.t.Fatal(err)
	}
	p := &pending{writer, make(chan answer, 1)}
	go func() {
		a, err := http.DefaultClient.Do(q)
		if err != nil {
			p.got <- answer{text: err.Error()}
			return
		}
		p.got <- read(r.t, a)
	}()
	if _, err := io.WriteString(writer, one[:40]); err != nil {
		r.t.Fatal(err)
	}
	for !strings.Contains(r.do("GET", "/metrics", "").text, "\ngmel_serve_requests_in_work 1\n") {
		time.Sleep(time.Millisecond)
	}
	return p
}

// finish sends the other half and returns the answer.
func (p *pending) finish() answer {
	_, _ = io.WriteString(p.body, one[40:]) // fails if the server has given up
	p.body.Close()
	return <-p.got
}

// More requests than the server works on at once are refused and told when to come back; those in work are answered. Health and
// metrics answer all the time.
func TestOverload(t *testing.T) {
	r := start(t, func(o *serve.Options) { o.MaxRequests = 1 })
	p := r.begin()
	for range 20 {
		a := r.do("POST", infer, one)
		a.fails(t, 503, "all 1 requests that this server works on at once are taken")
		if a.header.Get("Retry-After") != "1" {
			t.Errorf("Retry-After: %q", a.header.Get("Retry-After"))
		}
	}
	r.do("GET", "/v2/health/ready", "").is(t, 200, `{"live": true, "ready": true}`)
	if a := p.finish(); a.status != 200 {
		t.Errorf("the request in work: %+v", a)
	}
	if a := r.do("POST", infer, one); a.status != 200 {
		t.Errorf("afterwards: %+v", a)
	}
	page := r.do("GET", "/metrics", "").text
	for _, line := range []string{
		"gmel_serve_refused_total 20", `gmel_serve_answers_total{code="503"} 20`, "gmel_serve_requests_in_work 0",
		`gmel_serve_decisions_total{action="local"} 2`, `gmel_serve_decisions_total{action="candidate_1"} 0`, "gmel_serve_batch_observations_sum 2",
		"gmel_serve_decision_seconds_count 2", `gmel_serve_policy_info{algorithm="by hand",checkpoint_sha256="",name="press",update="0"} 1`,
	} {
		if !strings.Contains(page, "\n"+line+"\n") {
			t.Errorf("no line %q in\n%s", line, page)
		}
	}
}

// A server that stops says so, takes no new connection, and answers what it has begun.
func TestStopsInGoodOrder(t *testing.T) {
	r := start(t, nil)
	p := r.begin()
	r.stop()
	for { // until the listener is closed
		c, err := net.Dial("tcp", r.addr)
		if err != nil {
			break
		}
		c.Close()
		time.Sleep(time.Millisecond)
	}
	q, err := http.NewRequest("GET", "/v2/models/press/ready", nil)
	if err != nil {
		t.Fatal(err)
	}
	late := &recorder{header: http.Header{}}
	if r.ServeHTTP(late, q); late.status != 503 || late.text != `{"name":"press","ready":false}` {
		t.Errorf("readiness while it stops: %d %s", late.status, late.text)
	}
	if a := p.finish(); a.status != 200 {
		t.Errorf("the request in work: %+v", a)
	}
	if err := <-r.done; err != nil {
		t.Error(err)
	}
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	text   string
}

func (r *recorder) Header() http.Header { return r.header }
func (r *recorder) WriteHeader(s int)   { r.status = s }
func (r *recorder) Write(p []byte) (int, error) {
	r.text += string(p)
	return len(p), nil
}

// A request that is not done in time is cut off, with an error.
func TestGraceEnds(t *testing.T) {
	r := start(t, func(o *serve.Options) { o.Grace = time.Millisecond })
	p := r.begin()
	r.stop()
	if err := <-r.done; err == nil || !strings.Contains(err.Error(), "requests were cut off that were not done 1ms after the signal to stop") {
		t.Errorf("error %v", err)
	}
	if a := p.finish(); a.status != 0 {
		t.Errorf("answered: %+v", a)
	}
}

// Clients that send their bodies too slowly get an answer and lose their connections.
func TestSlowClients(t *testing.T) {
	r := start(t, func(o *serve.Options) { o.Timeout, o.MaxRequests = 2*time.Second, 3 })
	var slow []net.Conn
	for range 3 {
		c, err := net.Dial("tcp", r.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", infer, len(one), one[:40])
		slow = append(slow, c)
	}
	for _, c := range slow {
		a, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		read(t, a).fails(t, 408, "the body did not arrive within 2s")
		if !a.Close {
			t.Error("the connection stays open")
		}
	}
	if a := r.do("POST", infer, one); a.status != 200 {
		t.Errorf("afterwards: %+v", a)
	}
}

// Connections above the bound wait; they are served when others end.
func TestConnectionsAreBounded(t *testing.T) {
	r := start(t, func(o *serve.Options) { o.MaxConnections = 2 })
	ask := func(c net.Conn) error {
		_, err := fmt.Fprintf(c, "GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n")
		if err == nil {
			_, err = http.ReadResponse(bufio.NewReader(c), nil)
		}
		return err
	}
	var open []net.Conn
	for i := range 3 {
		c, err := net.Dial("tcp", r.addr) // the operating system accepts it
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		open = append(open, c)
		if i < 2 {
			if err := ask(c); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := open[2].SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if err := ask(open[2]); err == nil {
		t.Fatal("a third connection is answered")
	}
	if err := open[2].SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	open[0].Close()
	if _, err := http.ReadResponse(bufio.NewReader(open[2]), nil); err != nil {
		t.Errorf("after another has ended: %v", err)
	}
}

// Thousands of requests of every kind, many at once, leave no memory and no goroutine.
func TestMemoryStaysBounded(t *testing.T) {
	r := start(t, func(o *serve.Options) { o.MaxRequests, o.MaxBody = 4, 4000 })
	bodies := []string{one, "{", strings.Repeat("[", 4000), strings.Repeat("x", 100_000), strings.Replace(one, "[1, 3]", "[1000000000, 3]", 1)}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	burst := func(n int) (answers map[int]int) {
		answers = map[int]int{}
		var all sync.WaitGroup
		var lock sync.Mutex
		for worker := range 8 {
			all.Go(func() {
				for i := range n {
					a, err := client.Post(r.url+infer, "application/json", strings.NewReader(bodies[(i+worker)%len(bodies)]))
					if err != nil {
						continue // a body that is too large may be cut off while it is sent
					}
					_, _ = io.Copy(io.Discard, a.Body)
					a.Body.Close()
					lock.Lock()
					answers[a.StatusCode]++
					lock.Unlock()
				}
			})
		}
		all.Wait()
		client.CloseIdleConnections()
		return answers
	}
	used := func() (bytes uint64, goroutines int) {
		for runtime.NumGoroutine() > 20 {
			time.Sleep(time.Millisecond)
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // pools let go of their memory in two collections
		runtime.ReadMemStats(&m)
		return m.HeapAlloc, runtime.NumGoroutine()
	}
	burst(50)
	before, _ := used()
	answers := burst(400)
	after, _ := used()
	for _, status := range []int{200, 400, 413} {
		if answers[status] == 0 {
			t.Errorf("no answer %d: %v", status, answers)
		}
	}
	if after > before+1<<20 {
		t.Errorf("%d bytes in use, %d before 3200 requests", after, before)
	}
}
