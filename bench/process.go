package bench

import (
	"bufio"
	"bytes"
	"context"
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
// An answer {"error":".."} means that the request failed. If a child ends, or is killed because it does not answer in time,
// the next load starts it again. The family determines the goals of the peer; it may be omitted. data is little-endian
// float32.
type process struct {
	words  []string // of the command
	name   string
	family string

	cmd    *exec.Cmd // nil: it does not run
	in     io.WriteCloser
	out    io.ReadCloser
	lines  *bufio.Reader // of out
	stderr bytes.Buffer
}

// mostSent is the maximum number of bytes of tensors for a child. They are sent as text through a pipe, which needs several times the memory.
const mostSent = 1 << 30

// lastWords is how long the pipes of a child may stay open after it has ended or should have.
const lastWords = 5 * time.Second

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

// StartPeer prepares a child; the first Load starts it. command is split at spaces.
func StartPeer(command string) (Peer, error) {
	words := strings.Fields(command)
	if len(words) == 0 {
		return nil, errors.New("bench: the peer's command is empty")
	}
	if _, err := exec.LookPath(words[0]); err != nil {
		return nil, fmt.Errorf("bench: the peer does not start: %w", err)
	}
	return &process{words: words, name: command}, nil
}

// start starts the child.
func (p *process) start() (err error) {
	cmd := exec.Command(p.words[0], p.words[1:]...)
	p.stderr.Reset()
	cmd.Stderr, cmd.WaitDelay = &p.stderr, lastWords
	if p.out, err = cmd.StdoutPipe(); err != nil {
		return err
	}
	if p.in, err = cmd.StdinPipe(); err != nil {
		return err
	}
	p.lines = bufio.NewReaderSize(p.out, 1<<20)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("the peer does not start: %w", err)
	}
	p.cmd = cmd
	return nil
}

func (p *process) ask(ctx context.Context, r request) (a answer, err error) {
	if p.cmd == nil {
		return a, ended{errors.New("the peer does not run")}
	}
	line, err := json.Marshal(r)
	if err != nil {
		return a, err
	}
	child, out := p.cmd.Process, p.out
	inTime := context.AfterFunc(ctx, func() { // ends the exchange, even if others of the child's family hold the pipe
		_ = child.Kill()
		_ = out.Close()
	})
	text, err := p.exchange(append(line, '\n'))
	if !inTime() {
		_ = p.died()
		return a, ended{fmt.Errorf("no answer to %q: %w", r.Ask, context.Cause(ctx))}
	}
	if err != nil {
		return a, p.died()
	}
	if err := json.Unmarshal(text, &a); err != nil {
		_ = child.Kill()
		_ = p.died()
		return a, ended{fmt.Errorf("the answer is no JSON: %.100q", text)}
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}

// exchange sends a line and returns the next one.
func (p *process) exchange(line []byte) ([]byte, error) {
	if _, err := p.in.Write(line); err != nil {
		return nil, err
	}
	return p.lines.ReadBytes('\n')
}

// died is the error of a child that has ended, with the last line of its stderr.
func (p *process) died() error {
	_ = p.in.Close()
	_ = p.cmd.Wait() // afterwards stderr is complete; it has the cause
	state := p.cmd.ProcessState
	p.cmd = nil
	lines := strings.Split(strings.TrimSpace(p.stderr.String()), "\n")
	return ended{fmt.Errorf("the peer has ended (%s): %s", state, lines[len(lines)-1])}
}

// Family implements Peer.
func (p *process) Family() string { return p.family }

// Name implements Peer.
func (p *process) Name() string { return p.name }

// Load implements Peer.
func (p *process) Load(ctx context.Context, t Task) ([]string, error) {
	if n := t.bytes(); n > mostSent {
		return nil, fmt.Errorf("not sent: the inputs are %.1f GiB, at most %d GiB go to a peer", float64(n)/(1<<30), mostSent>>30)
	}
	if p.cmd == nil {
		if err := p.start(); err != nil {
			return nil, err
		}
	}
	r := request{Ask: "load", Work: t.Work, Sizes: t.Sizes, Threads: t.Threads}
	for _, a := range t.Given {
		r.Tensors = append(r.Tensors, pack(a))
	}
	a, err := p.ask(ctx, r)
	if err == nil {
		p.name, p.family = a.Name, a.Family
	}
	return a.Ways, err
}

// Check implements Peer.
func (p *process) Check(ctx context.Context, way string) (list []Array, err error) {
	a, err := p.ask(ctx, request{Ask: "check", Way: way})
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
func (p *process) Time(ctx context.Context, way string, n int) (float64, error) {
	a, err := p.ask(ctx, request{Ask: "time", Way: way, N: n})
	return a.Seconds, err
}

// Close implements Peer. It closes the child's input, so that the child ends, or kills it.
func (p *process) Close() error {
	if p.cmd == nil {
		return nil // it has ended, and its error was reported
	}
	_ = p.in.Close()
	inTime := time.AfterFunc(lastWords, func() { _ = p.cmd.Process.Kill() })
	if err := p.cmd.Wait(); err != nil && inTime.Stop() {
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
