//go:build emu

package main

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/kernels/emu"
)

// code is the machine code of a kernel.
type code struct {
	registers, spills, instructions int     // of a thread; bytes; in all
	divisions                       int     // calls of functions that divide numbers of 64 bits
	share                           float64 // multiply-adds of the instructions of the innermost loop with most of them; 0: none
	tensor                          float64 // flops/s of the innermost loop with most instructions of tensor cores; 0: none
}

// codes is by the name of the kernel's struct, as emu.Launch has it.
type codes map[string]code

// Lines of ptxas -v and of nvdisasm.
var (
	entryLine       = regexp.MustCompile(`Function properties for (\S+)`)
	spillLine       = regexp.MustCompile(`(\d+) bytes spill stores, (\d+) bytes spill loads`)
	registersLine   = regexp.MustCompile(`Used (\d+) registers`)
	functionLine    = regexp.MustCompile(`^\.text\.(\S+):`)
	labelLine       = regexp.MustCompile(`^(\.L_x_\d+):`)
	instructionLine = regexp.MustCompile(`^\s+/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\w+\s+)?([A-Z0-9_]+(?:\.1688|\.16816)?)[^;]*;`)
	divisionCall    = regexp.MustCompile(`CALL\.[^;]*__cuda_sm\d+_(?:div|rem)_[su]64`)
	branchLine      = regexp.MustCompile("BRA[^;]*`\\((\\.L_x_\\d+)\\)")
)

// readCodes reads a file with the output of nvcc -Xptxas -v and of nvdisasm, for any number of files of kernels.
func readCodes(path string) (codes, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := reader{codes: codes{}}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		r.line(lines.Text())
	}
	r.end()
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(r.codes) == 0 {
		return nil, fmt.Errorf("%s has no kernels; it must hold what nvcc -Xptxas -v and nvdisasm print", path)
	}
	return r.codes, nil
}

// reader is the state between lines: the kernel of which ptxas speaks, and the function that is disassembled.
type reader struct {
	codes    codes
	entry    string
	function string
	ops      []string
	labels   map[string]int // index into ops
	loops    [][2]int       // [from, to] of ops, by branches backwards
	divides  int            // of the function, calls
}

func (r *reader) line(s string) {
	if m := entryLine.FindStringSubmatch(s); m != nil {
		r.entry = structOf(m[1])
		return
	}
	if m := functionLine.FindStringSubmatch(s); m != nil {
		r.end()
		r.function, r.labels = structOf(m[1]), map[string]int{}
		return
	}
	if r.function != "" && r.instruction(s) {
		return
	}
	c := r.codes[r.entry]
	if m := spillLine.FindStringSubmatch(s); m != nil {
		stores, _ := strconv.Atoi(m[1])
		loads, _ := strconv.Atoi(m[2])
		c.spills = stores + loads
		r.codes[r.entry] = c
	}
	if m := registersLine.FindStringSubmatch(s); m != nil {
		c.registers, _ = strconv.Atoi(m[1])
		r.codes[r.entry] = c
	}
}

// instruction reads a line of the function and reports whether it is one.
func (r *reader) instruction(s string) bool {
	if m := labelLine.FindStringSubmatch(s); m != nil {
		r.labels[m[1]] = len(r.ops)
		return true
	}
	m := instructionLine.FindStringSubmatch(s)
	if m == nil {
		return false
	}
	if b := branchLine.FindStringSubmatch(s); b != nil {
		if from, behind := r.labels[b[1]]; behind {
			r.loops = append(r.loops, [2]int{from, len(r.ops)})
		}
	}
	if divisionCall.MatchString(s) {
		r.divides++
	}
	r.ops = append(r.ops, m[1])
	return true
}

// end completes the function.
func (r *reader) end() {
	if r.function != "" {
		c := r.codes[r.function]
		c.instructions, c.divisions, c.share, c.tensor = len(r.ops), r.divides, r.share(), r.tensor()
		r.codes[r.function] = c
	}
	r.function, r.ops, r.loops, r.divides = "", nil, nil, 0
}

// innermost lists the loops that have no other one inside.
func (r *reader) innermost() (list [][2]int) {
	for _, l := range r.loops {
		inner := true
		for _, other := range r.loops {
			inner = inner && (other == l || other[0] < l[0] || other[1] > l[1])
		}
		if inner {
			list = append(list, l)
		}
	}
	return list
}

// share is the part of fused multiply-adds in the innermost loop that has most of them, if they are a quarter or more of it: then
// they are the work.
func (r *reader) share() (share float64) {
	most := 0
	for _, l := range r.innermost() {
		n := 0
		for _, op := range r.ops[l[0] : l[1]+1] {
			if op == "FFMA" {
				n++
			}
		}
		if length := l[1] + 1 - l[0]; n > most && 4*n >= length {
			most, share = n, float64(n)/float64(length)
		}
	}
	return share
}

// mmaFlops are those of an instruction of tensor cores in tf32 and in bf16, of a warp.
var mmaFlops = map[string]float64{"HMMA.1688": 2 * 16 * 8 * 8, "HMMA.16816": 2 * 16 * 8 * 16}

// tensor is the rate of the innermost loop that has most instructions of tensor cores: a scheduler issues an instruction a cycle, and is
// busy with one of tensor cores for mmaCycles.
func (r *reader) tensor() (rate float64) {
	most := 0
	for _, l := range r.innermost() {
		n, flops := 0, 0.0
		for _, op := range r.ops[l[0] : l[1]+1] {
			if f := mmaFlops[op]; f > 0 {
				n, flops = n+1, flops+f
			}
		}
		if n > most {
			most, rate = n, issueRate*flops/max(float64(l[1]+1-l[0]), mmaCycles*float64(n))
		}
	}
	return rate
}

// structOf is the struct of a kernel by its symbol: of run_op<elementwise<copy> >(launch) it is elementwise<copy>.
func structOf(symbol string) string {
	name := emu.Demangle(symbol)
	name = strings.TrimPrefix(name, "void ")
	name = strings.TrimPrefix(name, "(anonymous namespace)::")
	open := strings.Index(name, "<")
	if open < 0 || !strings.HasPrefix(name, "run_op") && !strings.HasPrefix(name, "run_chain") {
		before, _, _ := strings.Cut(name, "(")
		return before
	}
	end := strings.LastIndex(name, ">")
	return strings.TrimSpace(name[open+1 : end])
}
