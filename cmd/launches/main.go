//go:build emu

// Launches prints what works of gmel bench cost on a GPU, without one: launches, kernels, blocks, threads, bytes, registers,
// instructions, and a time that is predicted from these counts by a plain model. It plans the Programs as for an H200. scripts/launches
// compiles the kernels and runs it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/gmel-go/gmel/bench"
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/copies"
	_ "github.com/gmel-go/gmel/kernels/cpu"
	"github.com/gmel-go/gmel/kernels/emu"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "launches:", err)
		os.Exit(2)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("launches", flag.ContinueOnError)
	works := flags.String("works", "critic,update,ppo-update,actor,unet-block,unet-xs-sample,adam", "works of gmel bench, separated by commas")
	precision := flags.String("precision", kernels.FP32, "precision of products: "+strings.Join(kernels.Precisions(), ", "))
	sass := flags.String("sass", "", "file with the machine code of the kernels and what ptxas says of it; none: no registers, no instructions")
	each := flags.Bool("each", false, "list every launch with its ops")
	if err := flags.Parse(args); err != nil {
		return err
	}
	code := codes{}
	if *sass != "" {
		var err error
		if code, err = readCodes(*sass); err != nil {
			return err
		}
	}
	cases, err := casesOf(strings.Split(*works, ","))
	if err != nil {
		return err
	}
	printModel(out)
	for _, c := range cases {
		programs, err := programsOf(c)
		if err != nil {
			return err
		}
		for _, p := range programs {
			launches, err := emu.Launches(p, *precision)
			if err != nil {
				return err
			}
			plan := &copies.Plan{Program: p}
			if *precision == kernels.BF16 {
				plan = copies.Of(p, copies.LaunchBytes)
			}
			printProgram(out, c.Name+" "+c.Shape+" / "+p.Name+", "+*precision, costsOf(plan, launches, code))
			if *each {
				printEach(out, p, launches)
			}
		}
	}
	return nil
}

// cases are the sizes by work: those whose launches matter most.
func cases() map[string][]bench.Case {
	return map[string][]bench.Case{
		"critic":         {bench.Critic(1024, 8, 128), bench.Critic(1024, 32, 128), bench.Critic(1024, 128, 128), bench.Critic(1024, 256, 128)},
		"update":         {bench.Update(1024, 30, 128)},
		"ppo-update":     {bench.ProximalUpdate(64, 30, 64)},
		"actor":          {bench.MLP(4096, 32, 128, 128, 16), bench.AMARLActor(256, 30, 64)},
		"unet-block":     {bench.Block(16, 32, 64, 16)},
		"unet-xs-sample": {bench.Sampling("xs", 32, 1), bench.Sampling("xs", 32, 16)},
		"unet-xs-train":  {bench.Training("xs", 32, 16)},
		"adam":           {bench.Adam(1 << 24)},
	}
}

func casesOf(works []string) (list []bench.Case, err error) {
	all := cases()
	for _, w := range works {
		if all[w] == nil {
			return nil, fmt.Errorf("there is no work %q; there is: actor, adam, critic, ppo-update, unet-block, unet-xs-sample, unet-xs-train, update", w)
		}
		list = append(list, all[w]...)
	}
	return list, nil
}

// recorder is a backend that stores the Programs that it compiles.
type recorder struct {
	kernels.Backend
	programs []*kernels.Program
}

func (r *recorder) Compile(p *kernels.Program) (kernels.Executable, error) {
	r.programs = append(r.programs, p)
	return r.Backend.Compile(p)
}

// programsOf are the Programs of a case.
func programsOf(c bench.Case) ([]*kernels.Program, error) {
	cpu, err := kernels.Open("cpu", kernels.Options{})
	if err != nil {
		return nil, err
	}
	r := &recorder{Backend: cpu}
	running, err := c.Open(r)
	if err != nil {
		return nil, errors.Join(err, cpu.Close())
	}
	return r.programs, errors.Join(running.Close(), cpu.Close())
}
