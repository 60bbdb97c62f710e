package train

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"time"

	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/nn/train/record"
)

// fit is a job without agents, worlds or a backend: it fits a line to noisy points by stochastic gradient descent.
type fit struct {
	Plain
	weights [2]float32
	points  *rand.PCG // noise and places of the points to come
	update  int
	loss    float64 // sum since the last report
	steps   int     // in loss

	pause             time.Duration
	stop              func() // called in the evaluation after update stopAt, or the step from there on, which then end
	stopAt, abandonAt int
	life              int // calls until the process dies, as by kill -9; 0: it does not
}

// newRun describes a run of fit.
func newRun(job *fit) *Run {
	return &Run{
		Name: "line", Seed: 3, Config: []byte("seed: 3\n"), Numbers: []byte("seed: 3\n"),
		Schedule: Schedule{Updates: 50, PerStep: 2, LogEvery: 3, SnapshotEvery: 9, EvaluateEvery: 10, CheckpointEvery: 7},
		Result:   "result.json", Resume: "fit --resume",
		Open: func(Options) (Job, error) { return job, nil },
	}
}

func newFit() *fit { return &fit{points: rand.NewPCG(3, 4)} }

// call counts one call of the runner; the process may be killed in it.
func (f *fit) call() {
	if f.life--; f.life != 0 {
		return
	}
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	if err == nil {
		select {}
	}
	panic(err)
}

func (f *fit) Update() int  { return f.update }
func (f *fit) Close() error { return nil }

func (f *fit) WarmUp(ctx context.Context) error {
	f.call()
	f.weights[0] = float32(rand.New(f.points).NormFloat64())
	return ctx.Err()
}

func (f *fit) Step(context.Context) error {
	f.call()
	if f.stop != nil && f.update == f.abandonAt {
		f.stop()
		f.weights[0]++ // half a step
		return ErrAbandoned
	}
	time.Sleep(f.pause)
	for range 2 {
		r := rand.New(f.points)
		x := float32(r.NormFloat64())
		miss := f.weights[0]*x + f.weights[1] - (2*x - 1 + float32(r.NormFloat64())/10)
		f.weights[0] -= 0.1 * miss * x
		f.weights[1] -= 0.1 * miss
		f.loss += float64(miss * miss)
		f.steps++
		f.update++
	}
	return nil
}

func (f *fit) Scalars() ([]record.Scalar, error) {
	f.call()
	mean := f.loss / float64(f.steps)
	f.loss, f.steps = 0, 0
	return []record.Scalar{{Name: "loss", Value: mean}}, nil
}

func (f *fit) Evaluate(ctx context.Context) (Report, error) {
	f.call()
	if f.stop != nil && f.update == f.stopAt {
		f.stop()
		return Report{}, ctx.Err()
	}
	scalars := []record.Scalar{{Name: "slope", Value: float64(f.weights[0])}, {Name: "height", Value: float64(f.weights[1])}}
	line := File{Name: fmt.Sprintf("lines/%03d.txt", f.update), Data: fmt.Append(nil, f.weights)}
	picture, err := dot()
	return Report{[]Record{{"line", scalars}}, []File{line, {Name: "dot.png", Data: picture, Tag: "dot"}}}, err
}

// dot is a PNG of one pixel.
func dot() ([]byte, error) {
	var b bytes.Buffer
	err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1)))
	return b.Bytes(), err
}

func (f *fit) Snapshot() ([]File, error) {
	f.call()
	return []File{{Name: fmt.Sprintf("snapshots/%03d.txt", f.update), Data: fmt.Append(nil, f.weights)}}, nil
}

func (f *fit) Headline(line record.Line) string {
	if loss, ok := line.Values["loss"]; ok {
		return fmt.Sprintf("loss %.3f", loss)
	}
	return ""
}

func (f *fit) Curve(lines []record.Line) []record.Panel {
	f.call()
	s := record.Series{Name: "slope"}
	for _, line := range lines {
		if y, ok := line.Values["slope"]; ok {
			s.X, s.Y = append(s.X, float64(line.Update)), append(s.Y, y)
		}
	}
	return []record.Panel{{Title: "slope", Series: []record.Series{s}}}
}

func (f *fit) Finish(context.Context) ([]File, error) {
	f.call()
	data, err := json.Marshal(f.weights)
	return []File{{Name: "line.txt", Data: fmt.Append(nil, f.weights)}, {Name: "result.json", Data: data}}, err
}

// State includes the sums of losses: they continue if no report is due.
func (f *fit) State() (*checkpoint.State, error) {
	f.call()
	points, err := f.points.MarshalBinary()
	sums, err2 := json.Marshal([]float64{f.loss, float64(f.steps)})
	return &checkpoint.State{
		Tensors: []checkpoint.Tensor{{Name: "weights", Shape: []int{2}, Data: f.weights[:]}},
		Blobs:   map[string][]byte{"points": points, "sums": sums},
		Meta:    map[string]string{"own": fmt.Sprint(f.update)},
	}, errors.Join(err, err2)
}

func (f *fit) Restore(s *checkpoint.State) error {
	f.call()
	weights, err := s.Tensor("weights", 2)
	if err != nil {
		return err
	}
	copy(f.weights[:], weights)
	var sums [2]float64
	_, err = fmt.Sscan(s.Meta["own"], &f.update)
	err = errors.Join(err, f.points.UnmarshalBinary(s.Blobs["points"]), json.Unmarshal(s.Blobs["sums"], &sums))
	f.loss, f.steps = sums[0], int(sums[1])
	return err
}
