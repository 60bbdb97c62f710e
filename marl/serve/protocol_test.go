package serve_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gmel-go/gmel/marl/serve"
)

// The answers of every path, as the protocol's description has them.
func TestPaths(t *testing.T) {
	r := start(t, func(o *serve.Options) { o.Version = "v1" })
	for _, path := range []string{"/v2", "/v2/"} {
		r.do("GET", path, "").is(t, 200, `{"name": "gmel", "version": "v1", "extensions": []}`)
	}
	r.do("GET", "/v2/health/live", "").is(t, 200, `{"live": true}`)
	r.do("GET", "/v2/health/ready", "").is(t, 200, `{"live": true, "ready": true}`)
	r.do("GET", "/v2/models/press/ready", "").is(t, 200, `{"name": "press", "ready": true}`)
	r.do("GET", "/v2/models/press", "").is(t, 200, `{"name": "press", "platform": "gmel_policy",
		"inputs": [{"name": "observation", "datatype": "FP32", "shape": [-1, 3]}, {"name": "mask", "datatype": "BOOL", "shape": [-1, 2]}],
		"outputs": [{"name": "action", "datatype": "INT64", "shape": [-1]}, {"name": "logits", "datatype": "FP32", "shape": [-1, 2]}]}`)
	if a := r.do("HEAD", "/v2/health/ready", ""); a.status != 200 || a.text != "" {
		t.Errorf("HEAD: %+v", a)
	}
	r.do("GET", "/v2/models/other", "").fails(t, 404, `there is no model "other" here; this server has "press"`)
	r.do("GET", "/v2/models/press/versions/1", "").fails(t, 404, "without versions")
	r.do("GET", "/v1/models", "").fails(t, 404, "there is no /v1/models here")
	a := r.do("GET", infer, "")
	a.fails(t, 405, "GET "+infer+" is not allowed; use POST")
	if a.header.Get("Allow") != "POST" {
		t.Errorf("Allow: %s", a.header.Get("Allow"))
	}
	r.do("DELETE", "/v2", "").fails(t, 405, "use GET")
}

// A request of the form of the example in the protocol's description: an id, two inputs, one named output. All forms of data
// give the same decision.
func TestInfer(t *testing.T) {
	r := start(t, nil)
	want := `"outputs": [{"name": "action", "datatype": "INT64", "shape": [4], "data": [0, 1, 1, 0]},
		{"name": "logits", "datatype": "FP32", "shape": [4, 2], "data": [1.5, -1, -0.01, 0.51, 1.5, -1, 0.25, 0.25]}]}`
	flat := []string{"[1, 0.75, 1,  1, 0, 0.5,  1, 7.5e-1, 1,  1, 0.625, 0.5]", "[true, true, true, true, false, true, true, true]"}
	rows := []string{"[[1, 0.75, 1], [1, 0, 0.5],\n[1, 75E-2, 1], [1, 0.625, 0.5]]", "[[true,true],[true,true],[false,true],[true,true]]"}
	request := func(rest, obs, mask string) string {
		return `{` + rest + `"inputs": [{"name": "mask", "shape": [4, 2], "datatype": "BOOL", "data": ` + mask + `},
			{"name": "observation", "shape": [4, 3], "datatype": "FP32", "parameters": {"x": 1}, "data": ` + obs + `}]}`
	}
	for _, data := range [][]string{flat, rows, {rows[0], flat[1]}} {
		r.do("POST", infer, request("", data[0], data[1])).is(t, 200, `{"model_name": "press", `+want)
	}
	r.do("POST", infer, request(`"id": "4\u0022 <ü", "parameters": {}, "outputs": [{"name": "action"}], `, flat[0], flat[1])).is(t, 200,
		`{"model_name": "press", "id": "4\" \u003cü", "outputs": [{"name": "action", "datatype": "INT64", "shape": [4], "data": [0, 1, 1, 0]}]}`)
	r.do("POST", infer, strings.Replace(one, "{", `{"id": "", "outputs": [{"name": "logits"}, {"name": "action"}], `, 1)).is(t, 200,
		`{"model_name": "press", "id": "", "outputs": [{"name": "logits", "datatype": "FP32", "shape": [1, 2], "data": [1.5, -1]}, {"name": "action", "datatype": "INT64", "shape": [1], "data": [0]}]}`)
}

// What is wrong with a body is one sentence, and the server goes on.
func TestFaultsOfRequests(t *testing.T) {
	r := start(t, func(o *serve.Options) { o.MaxBatch, o.MaxBody = 3, 1000 })
	for _, x := range []struct {
		old, changed string // in one
		status       int
		want         string
	}{
		{one, "", 400, "the body is not JSON: unexpected end of JSON input"},
		{one, "hello", 400, "the body is not JSON: invalid character 'h'"},
		{one, one + "x", 400, "the body is not JSON: invalid character 'x' after top-level value"},
		{one, "[1]", 400, "the body is a JSON array, must be an object with inputs"},
		{one, `{"inputs": 3}`, 400, "inputs of the request is a JSON number"},
		{one, `{}`, 400, "input observation is missing"},
		{`"mask"`, `"observation"`, 400, "input observation is given twice"},
		{`"mask"`, `"masks"`, 400, `input 1 has the name "masks"; the policy has observation and mask`},
		{`"FP32"`, `"FP64"`, 400, `input observation has datatype "FP64", must be FP32`},
		{`"BOOL"`, `""`, 400, `input mask has datatype "", must be BOOL`},
		{"[1, 3]", "[3]", 400, "input observation has shape [3], must be [N 3] for N observations"},
		{"[1, 3]", "[1, 4]", 400, "input observation has shape [1 4], must be [N 3]"},
		{"[1, 3]", "[0, 3]", 400, "input observation has shape [0 3], must be [N 3]"},
		{"[1, 3]", "[-1, 3]", 400, "input observation has shape [-1 3], must be [N 3]"},
		{"[1, 3]", "[1.5, 3]", 400, "inputs.shape of the request is a JSON number 1.5"},
		{"[1, 3]", "[2, 3]", 400, "input observation is for 2 observations and input mask for 1"},
		{"[1, 3]", "[4, 3]", 413, "input observation is for 4 observations; a request may have 3"},
		{"[1, 3]", "[9223372036854775807, 3]", 413, "a request may have 3"},
		{"0.75, 1]", "0.75]", 400, "input observation has 2 elements; its shape [1 3] says 3"},
		{"0.75, 1]", "0.75, 1, 2]", 400, "input observation has more than the 3 elements of its shape [1 3]"},
		{"[1, 0.75, 1]", "[[1, 0.75], [1]]", 400, "input observation has a row of 2 elements, must have 3"},
		{"[1, 0.75, 1]", "[[1, 0.75, 1, 4]]", 400, "input observation has more than the 3 elements"},
		{"[1, 0.75, 1]", "[1, [0.75, 1]]", 400, "input observation has lists in lists"},
		{"[1, 0.75, 1]", "[[[1, 0.75, 1]]]", 400, "input observation has lists in lists"},
		{"[1, 0.75, 1]", "[[1, 0.75, 1], 2]", 400, "input observation has rows and single elements"},
		{"[1, 0.75, 1]", `"AAAA"`, 400, "input observation has no list as its data"},
		{"[1, 0.75, 1]", `null`, 400, "input observation has no list as its data"},
		{`, "data": [1, 0.75, 1]`, ``, 400, "input observation has no list as its data"},
		{"0.75", `"0.75"`, 400, `element 1 of input observation is "0.75", which is no FP32`},
		{"0.75", "1e39", 400, "element 1 of input observation is 1e39, which is no FP32"},
		{"0.75", "null", 400, "element 1 of input observation is null, which is no FP32"},
		{"0.75", `{"a": [1]}`, 400, `element 1 of input observation is {"a":, which is no FP32`},
		{"true, true", "true, 1", 400, "element 1 of input mask is 1, which is no BOOL"},
		{"{", `{"outputs": [{"name": "value"}], `, 400, `output 0 has the name "value"; the policy has action and logits, each once`},
		{"{", `{"outputs": [{"name": "action"}, {"name": "action"}, {"name": "action"}], `, 400, "each once"},
		{"{", `{"id": 3, `, 400, "id of the request is a JSON number"},
		{"{", "{" + strings.Repeat(" ", 1000), 413, "the body is larger than 1000 bytes"},
	} {
		body := strings.Replace(one, x.old, x.changed, 1)
		if body == one {
			t.Fatalf("no %q in the request", x.old)
		}
		r.do("POST", infer, body).fails(t, x.status, x.want)
	}
	for _, x := range []struct {
		header string
		status int
		want   string
	}{{"Inference-Header-Content-Length", 400, "no extension for binary tensors"}, {"Content-Encoding", 415, "the body has Content-Encoding 3"}} {
		q, err := http.NewRequest("POST", r.url+infer, strings.NewReader(one))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set(x.header, "3")
		r.send(q).fails(t, x.status, x.want)
	}
	if a := r.do("POST", infer, one); a.status != 200 {
		t.Errorf("afterwards: %+v", a)
	}
}

// An option that is not allowed is named.
func TestOptions(t *testing.T) {
	for want, change := range map[string]func(*serve.Options){
		`the name of the policy is "a/b"`:                     func(o *serve.Options) { o.Name = "a/b" },
		"the largest batch is 0; allowed: 1 or more":          func(o *serve.Options) { o.MaxBatch = 0 },
		"the largest number of connections is -1":             func(o *serve.Options) { o.MaxConnections = -1 },
		"the timeout is -1s and the grace 10s; allowed: more": func(o *serve.Options) { o.Timeout = -time.Second },
	} {
		o := serve.Defaults()
		change(&o)
		if _, err := serve.New(press(t), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
