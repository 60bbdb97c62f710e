package kerneltest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// stairs is an environment whose numbers count all slots and actions; it tells privileged numbers, and fails at slot failAt.
type stairs struct{ played, failAt, privileged int }

var errStairs = errors.New("the stairs have ended")

func (*stairs) Sizes() (worlds, agents, obs, actions int) { return 2, 3, 5, 4 }

func (s *stairs) Privileged() int { return s.privileged }

func (s *stairs) Play(x kernels.Slot) error {
	if s.played++; s.played == s.failAt {
		return errStairs
	}
	for i, out := range [][]float32{x.Obs, x.Mask, x.NextObs, x.NextMask, x.Reward, x.Active, x.Ended} {
		for j := range out {
			out[j] = float32(10000*s.played+1000*i+10*j) + x.Act[j%len(x.Act)]
		}
	}
	return nil
}

// stepProgram plays env and then takes its rewards as the next actions.
func stepProgram(env kernels.Environment) *kernels.Program {
	w, a, _, _ := env.Sizes()
	step := kernels.StepOf(0, env)
	spec, _ := kernels.SpecOf(step.Op)
	end := int64(0)
	for i, arg := range spec.Args {
		step.Arg[i] = end
		end += arg.Len(&step) + 1 // the float between two arguments must not change
	}
	next := kernels.Desc{Op: kernels.OpCopy, Dim: [kernels.MaxDims]int64{1, int64(w * a), int64(w * a), int64(w * a)}}
	next.Arg[0], next.Arg[1] = step.Arg[5], step.Arg[0]
	return &kernels.Program{Name: "stairs", Descs: []kernels.Desc{step, next}, Arena: end, Environments: []kernels.Environment{env}}
}

// testStep plays an environment in Go, several slots in one call, on a backend and in plain Go.
func testStep(t *testing.T, name string) {
	for threads := 1; threads <= 3; threads++ {
		t.Run(fmt.Sprint(threads), func(t *testing.T) {
			plain := &stairs{privileged: threads - 1}
			got, err := playStairs(name, threads, &stairs{privileged: plain.privileged}, 3)
			if err != nil {
				t.Fatal(err)
			}
			p, want := stepProgram(plain), make([]float32, len(got))
			for range 3 {
				if err := plain.Play(slotOf(&p.Descs[0], want)); err != nil {
					t.Fatal(err)
				}
				copy(want[p.Descs[1].Arg[1]:][:6], want[p.Descs[1].Arg[0]:])
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %g, want %g", got, want)
			}
			s := &stairs{failAt: 2}
			if _, err := playStairs(name, threads, s, 5); !errors.Is(err, errStairs) || s.played != 2 {
				t.Errorf("error %v after %d slots, want %q after 2", err, s.played, errStairs)
			}
		})
	}
}

func slotOf(d *kernels.Desc, arena []float32) kernels.Slot {
	spec, _ := kernels.SpecOf(d.Op)
	return kernels.SlotOf(func(i int) []float32 { return arena[d.Arg[i]:][:spec.Args[i].Len(d)] })
}

// playStairs runs the program n times over zeros and returns the arena.
func playStairs(name string, threads int, s *stairs, n int) ([]float32, error) {
	backend, err := kernels.Open(name, kernels.Options{Threads: threads})
	if err != nil {
		return nil, err
	}
	defer backend.Close()
	p := stepProgram(s)
	run, err := backend.Compile(p)
	if err != nil {
		return nil, err
	}
	defer run.Close()
	buf, err := backend.Alloc(int(p.Arena))
	if err != nil {
		return nil, err
	}
	defer buf.Close()
	if err := run.Run(buf, n); err != nil {
		return nil, err
	}
	arena := make([]float32, p.Arena)
	return arena, buf.Download(arena, 0)
}
