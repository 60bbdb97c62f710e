package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/gmel-go/gmel/marl/actor"
)

// work is the memory of a request, which the next one uses again. The limits of a request bound it.
type work struct {
	player       *actor.Player
	body         bytes.Buffer
	obs, outputs []float32
	mask         []bool
	actions      []int32
	answer       []byte
}

// request is an inference request. Parameters are extensions of the protocol, of which this server has none: they are ignored.
type request struct {
	ID      *string         `json:"id"`
	Inputs  []requestInput  `json:"inputs"`
	Outputs []requestOutput `json:"outputs"`
}

type requestInput struct {
	Name     string          `json:"name"`
	Datatype string          `json:"datatype"`
	Shape    []int64         `json:"shape"`
	Data     json.RawMessage `json:"data"`
}

type requestOutput struct {
	Name string `json:"name"`
}

// fault is what a client did wrong.
type fault struct {
	status int
	text   string
}

func (f *fault) Error() string { return f.text }

// badRequest is a fault in the content of a request.
func badRequest(format string, args ...any) error {
	return &fault{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

// infer answers a request for decisions, or refuses it if too many are in work.
func (s *Server) infer(w http.ResponseWriter, r *http.Request) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		s.metrics.refused.Inc()
		w.Header().Set("Retry-After", "1")
		fail(w, http.StatusServiceUnavailable, "all %d requests that this server works on at once are taken; try again later", s.o.MaxRequests)
		return
	}
	s.metrics.inWork.Inc()
	defer s.metrics.inWork.Dec()
	begin := time.Now()
	x := s.works.Get().(*work)
	defer s.works.Put(x)
	if err := s.decide(x, w, r); err != nil {
		f := &fault{http.StatusInternalServerError, err.Error()}
		errors.As(err, &f)
		fail(w, f.status, "%s", f.text)
		return
	}
	send(w, http.StatusOK, x.answer)
	s.metrics.decided(x.actions, time.Since(begin))
}

// decide reads a request and makes the answer.
func (s *Server) decide(x *work, w http.ResponseWriter, r *http.Request) error {
	if err := s.read(x, w, r); err != nil {
		return err
	}
	select { // first come, first served: to work on all at once would make all of them late
	case s.processors <- struct{}{}:
		defer func() { <-s.processors }()
	case <-r.Context().Done():
		return badRequest("the client has gone")
	}
	q := &request{}
	if err := unmarshal(x.body.Bytes(), q); err != nil {
		return err
	}
	rows, err := s.take(x, q)
	if err != nil {
		return err
	}
	actions := len(s.policy.Contract.Interface.Actions)
	x.outputs = grown(x.outputs, rows*actions)
	x.actions = grown(x.actions, rows)
	x.player.Outputs(x.obs, x.outputs)
	for i := range rows {
		row := x.outputs[i*actions : (i+1)*actions]
		for _, v := range row {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return fmt.Errorf("the policy gives %g for observation %d, which JSON cannot say", v, i)
			}
		}
		x.actions[i] = int32(actor.Choose(row, x.mask[i*actions:(i+1)*actions]))
	}
	return s.write(x, q)
}

// grown returns a slice of n elements in the memory of old, if it is large enough.
func grown[T any](old []T, n int) []T { return slices.Grow(old[:0], n)[:n] }

// read reads the body of a request.
func (s *Server) read(x *work, w http.ResponseWriter, r *http.Request) error {
	if r.Header.Get("Inference-Header-Content-Length") != "" {
		return badRequest("this server has no extension for binary tensors; send data as JSON")
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return &fault{http.StatusUnsupportedMediaType, fmt.Sprintf("the body has Content-Encoding %s; send it as it is", e)}
	}
	x.body.Reset()
	_, err := x.body.ReadFrom(http.MaxBytesReader(w, r.Body, s.o.MaxBody))
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return &fault{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes; send fewer observations at once", s.o.MaxBody)}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &fault{http.StatusRequestTimeout, fmt.Sprintf("the body did not arrive within %v", s.o.Timeout)}
	case err != nil:
		return badRequest("the body cannot be read: %v", err)
	}
	return nil
}

// unmarshal decodes a body.
func unmarshal(body []byte, q *request) error {
	err := json.Unmarshal(body, q)
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &kind) && kind.Field == "":
		return badRequest("the body is a JSON %s, must be an object with inputs", kind.Value)
	case errors.As(err, &kind):
		return badRequest("%s of the request is a JSON %s, which it cannot be", kind.Field, kind.Value)
	}
	return badRequest("the body is not JSON: %v", err)
}

// take takes the inputs of a request, and returns the number of observations.
func (s *Server) take(x *work, q *request) (rows int, err error) {
	list := inputs(&s.policy.Contract)
	found := make([]*requestInput, len(list))
	for i := range q.Inputs {
		in := &q.Inputs[i]
		at := slices.IndexFunc(list, func(t tensorInfo) bool { return t.Name == in.Name })
		if at < 0 {
			return 0, badRequest("input %d has the name %q; the policy has %s and %s", i, in.Name, observationName, maskName)
		}
		if found[at] != nil {
			return 0, badRequest("input %s is given twice", in.Name)
		}
		found[at] = in
	}
	for i, want := range list {
		if found[i] == nil {
			return 0, badRequest("input %s is missing", want.Name)
		}
		n, err := s.checkInput(found[i], want)
		if err != nil {
			return 0, err
		}
		if i > 0 && n != rows {
			return 0, badRequest("input %s is for %d observations and input %s for %d", list[0].Name, rows, want.Name, n)
		}
		rows = n
	}
	x.obs, x.mask = grown(x.obs, rows*list[0].Shape[1]), grown(x.mask, rows*list[1].Shape[1])
	if err := parse(found[0], x.obs, float); err != nil {
		return 0, err
	}
	return rows, parse(found[1], x.mask, truth)
}

// checkInput checks datatype and shape of an input, and returns the number of observations.
func (s *Server) checkInput(in *requestInput, want tensorInfo) (rows int, err error) {
	width := int64(want.Shape[1])
	switch {
	case in.Datatype != want.Datatype:
		return 0, badRequest("input %s has datatype %q, must be %s", in.Name, in.Datatype, want.Datatype)
	case len(in.Shape) != 2 || in.Shape[1] != width || in.Shape[0] < 1:
		return 0, badRequest("input %s has shape %v, must be [N %d] for N observations", in.Name, in.Shape, width)
	case in.Shape[0] > int64(s.o.MaxBatch):
		return 0, &fault{http.StatusRequestEntityTooLarge, fmt.Sprintf("input %s is for %d observations; a request may have %d", in.Name, in.Shape[0], s.o.MaxBatch)}
	}
	return int(in.Shape[0]), nil
}

// write makes the answer: the outputs that the request names, or all.
func (s *Server) write(x *work, q *request) error {
	list := outputs(&s.policy.Contract)
	asked := q.Outputs
	if len(asked) == 0 {
		asked = []requestOutput{{actionName}, {logitsName}}
	}
	a := append(x.answer[:0], `{"model_name":`...)
	a = strconv.AppendQuote(a, s.o.Name)
	if q.ID != nil {
		id, err := json.Marshal(*q.ID)
		if err != nil {
			return err
		}
		a = append(append(a, `,"id":`...), id...)
	}
	a = append(a, `,"outputs":[`...)
	for i, o := range asked {
		at := slices.IndexFunc(list, func(t tensorInfo) bool { return t.Name == o.Name })
		if at < 0 || i >= len(list) {
			return badRequest("output %d has the name %q; the policy has %s and %s, each once", i, o.Name, actionName, logitsName)
		}
		if i > 0 {
			a = append(a, ',')
		}
		a = x.appendOutput(a, list[at])
	}
	x.answer = append(a, `]}`...)
	return nil
}

// appendOutput appends a tensor. Each number has the fewest digits that give its bits.
func (x *work) appendOutput(a []byte, t tensorInfo) []byte {
	t.Shape[0] = len(x.actions)
	shape := strconv.Itoa(t.Shape[0])
	if len(t.Shape) > 1 {
		shape += "," + strconv.Itoa(t.Shape[1])
	}
	a = append(a, `{"name":"`+t.Name+`","datatype":"`+t.Datatype+`","shape":[`+shape+`],"data":[`...)
	if t.Name == actionName {
		for _, v := range x.actions {
			a = append(strconv.AppendInt(a, int64(v), 10), ',')
		}
	} else {
		for _, v := range x.outputs {
			a = append(strconv.AppendFloat(a, float64(v), 'g', -1, 32), ',')
		}
	}
	return append(a[:len(a)-1], `]}`...)
}
