package bench

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os/exec"
	"strings"
	"time"
)

// process is a peer that runs as a child: one JSON object a line, requests on its stdin, answers on
// its stdout. scripts/peer/peer.py is one.
//
//	{"ask":"load","work":"mlp","sizes":{..},"threads":2,"tensors":[{"name":..,"shape":[..],"data":base64}]}
//	    {"name":"PyTorch 2","family":"torch","ways":["eager", ..]}   no ways: it does not know the work
//	{"ask":"check","way":"eager"}
//	    {"tensors":[..]}                                  what must agree, from the given parameters
//	{"ask":"time","way":"eager","n":10}
//	    {"seconds":0.5}                                   of all ten
//
// An answer {"error":".."} is a failure, and so is none within the patience. The family says which goals
// the peer stands for; it may be left out. data holds little-endian float32.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr bytes.Buffer
	name   string
	family string

	patience time.Duration
}

// patience is how long a peer may take for one answer: some compile for minutes.
const patience = 20 * time.Minute

type request struct {
	Ask     string         `json:"ask"`
	Work    string         `json:"work,omitempty"`
	Sizes   map[string]int `json:"sizes,omitempty"`
	Threads int            `json:"threads,omitempty"`
	Tensors []wire         `json:"tensors,omitempty"`
	Way     string         `json:"way,omitempty"`
	N       int            `json:"n,omitempty"`
}

type answer struct {
	Error   string   `json:"error"`
	Name    string   `json:"name"`
	Family  string   `json:"family"`
	Ways    []string `json:"ways"`
	Tensors []wire   `json:"tensors"`
	Seconds float64  `json:"seconds"`
}

// wire is an Array as text.
type wire struct {
	Name  string `json:"name"`
	Shape []int  `json:"shape"`
	Data  string `json:"data"`
}

// StartPeer starts the child; command is split at spaces.
func StartPeer(command string) (Peer, error) {
	words := strings.Fields(command)
	if len(words) == 0 {
		return nil, errors.New("bench: the peer's command is empty")
	}
	p := &process{cmd: exec.Command(words[0], words[1:]...), name: command, patience: patience}
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	p.out = bufio.NewReaderSize(out, 1<<20)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("bench: the peer does not start: %w", err)
	}
	return p, nil
}

func (p *process) ask(r request) (a answer, err error) {
	line, err := json.Marshal(r)
	if err != nil {
		return a, err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return a, p.died(err)
	}
	late := time.AfterFunc(p.patience, func() { _ = p.cmd.Process.Kill() }) // ends the read
	text, err := p.out.ReadBytes('\n')
	if !late.Stop() {
		_ = p.died(err)
		return a, fmt.Errorf("no answer to %q within %s", r.Ask, p.patience)
	}
	if err != nil {
		return a, p.died(err)
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, fmt.Errorf("the answer is no JSON: %.100q", text)
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}

// died is the error of a child that is gone, with the last line that it said.
func (p *process) died(err error) error {
	p.in.Close()
	_ = p.cmd.Wait() // stderr is complete after it; the cause stands there
	lines := strings.Split(strings.TrimSpace(p.stderr.String()), "\n")
	return fmt.Errorf("the peer has ended (%w): %s", err, lines[len(lines)-1])
}

// Family implements Peer.
func (p *process) Family() string { return p.family }

// Name implements Peer.
func (p *process) Name() string { return p.name }

// Load implements Peer.
func (p *process) Load(t Task) ([]string, error) {
	r := request{Ask: "load", Work: t.Work, Sizes: t.Sizes, Threads: t.Threads}
	for _, a := range t.Given {
		r.Tensors = append(r.Tensors, pack(a))
	}
	a, err := p.ask(r)
	if err == nil {
		p.name, p.family = a.Name, a.Family
	}
	return a.Ways, err
}

// Check implements Peer.
func (p *process) Check(way string) (list []Array, err error) {
	a, err := p.ask(request{Ask: "check", Way: way})
	if err != nil {
		return nil, err
	}
	for _, w := range a.Tensors {
		x, err := unpack(w)
		if err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, nil
}

// Time implements Peer.
func (p *process) Time(way string, n int) (float64, error) {
	a, err := p.ask(request{Ask: "time", Way: way, N: n})
	return a.Seconds, err
}

// Close implements Peer: the child ends when its input does.
func (p *process) Close() error {
	if p.cmd.ProcessState != nil {
		return nil // it is gone, and its error has been told
	}
	p.in.Close()
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("bench: the peer %s has failed at its end: %w", p.name, err)
	}
	return nil
}

func pack(a Array) wire {
	raw := make([]byte, 4*len(a.Data))
	for i, v := range a.Data {
		binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(v))
	}
	shape := a.Shape
	if shape == nil {
		shape = []int{}
	}
	return wire{a.Name, shape, base64.StdEncoding.EncodeToString(raw)}
}

func unpack(w wire) (Array, error) {
	raw, err := base64.StdEncoding.DecodeString(w.Data)
	n := 1
	for _, d := range w.Shape {
		n *= d
	}
	if err != nil || len(raw) != 4*n {
		return Array{}, fmt.Errorf("tensor %q of shape %v has %d bytes", w.Name, w.Shape, len(raw))
	}
	a := Array{w.Name, w.Shape, make([]float32, n)}
	for i := range a.Data {
		a.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return a, nil
}
