package marl

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// State returns everything that a resumed run needs to have the same bits: networks, targets, Adam's
// moments, counters, statistics, the filled part of the replay, and the worlds. The other
// ranks of a group must call State or GiveWorlds at the same time.
func (t *Trainer) State() (*checkpoint.State, error) {
	s, networks := &checkpoint.State{Blobs: map[string][]byte{}, Meta: t.meta()}, t.shop.networks()
	for _, x := range t.persistent() {
		kept, err := t.kept(x)
		if err != nil {
			return nil, err
		}
		kept.Name = fileName(x)
		if p, ok := networks[x]; ok {
			s.Tensors = append(s.Tensors, p.Export(kept.Name, kept.Data)...)
		} else {
			s.Tensors = append(s.Tensors, kept)
		}
	}
	worlds, err := t.worlds()
	if err != nil {
		return nil, err
	}
	s.Blobs["worlds"] = worlds
	return s, nil
}

// Kept returns the tensors that a run keeps, as they lie in the arena: a network is one flat vector. State has the same
// numbers, and the tensors of each layer.
func (t *Trainer) Kept() (list []checkpoint.Tensor, err error) {
	for _, x := range t.persistent() {
		kept, err := t.kept(x)
		if err != nil {
			return nil, err
		}
		list = append(list, kept)
	}
	return list, nil
}

// kept is a tensor of the arena, without the rows of the memory that hold no transition.
func (t *Trainer) kept(x machine.Tensor) (checkpoint.Tensor, error) {
	data, err := Read(t.session, x)
	if err != nil {
		return checkpoint.Tensor{}, err
	}
	shape := t.shape(x)
	if t.shop.memory.holds(x) {
		data = data[:len(data)/x.Shape()[0]*shape[0]]
	}
	return checkpoint.Tensor{Name: x.Name(), Shape: shape, Data: data}, nil
}

// shape is the shape of a tensor in a checkpoint.
func (t *Trainer) shape(x machine.Tensor) []int {
	shape := append([]int{}, x.Shape()...)
	if t.shop.memory.holds(x) {
		shape[0] = t.shop.memory.count
	}
	return shape
}

// networks are the flat vectors of all networks: parameters, gradients and moments.
func (w *Workshop) networks() map[machine.Tensor]*nn.Params {
	flat := map[machine.Tensor]*nn.Params{}
	for _, n := range w.nets {
		flat[n.Flat] = n.Placed.Params()
		if n.Adam == nil {
			continue
		}
		for _, x := range n.Adam.Vectors() {
			flat[x] = n.Placed.Params()
		}
	}
	return flat
}

// fileName is the name of a tensor in a checkpoint: parts of a name are joined by dots, as PyTorch does.
func fileName(x machine.Tensor) string { return fileNameOf(x.Name()) }

func fileNameOf(name string) string { return strings.ReplaceAll(name, "/", ".") }

// Keys of a checkpoint.
const (
	metaAlgo = "algo" // the algorithm
	metaHead = "head" // the network of the head; its tensors begin with this name

	metaReplayNext, metaReplayCount = "replay_next", "replay_count"
)

// meta has the counters, and the values that must be equal in a resumed run.
func (t *Trainer) meta() map[string]string {
	w, n := t.shop, t.shop.Sizes
	_, net := t.learner.Head()
	return map[string]string{
		"update": strconv.Itoa(t.update), "slots": strconv.Itoa(t.slots),
		metaReplayNext: strconv.Itoa(w.memory.next), metaReplayCount: strconv.Itoa(w.memory.count),
		metaAlgo: t.algorithm.Name(), metaHead: fileName(net.Flat),
		"seed":  strconv.FormatUint(w.Seed, 10),
		"sizes": fmt.Sprintf("worlds %d, agents %d, observation %d, actions %d", w.slice.All, n.Agents, n.Obs, n.Actions),
	}
}

// persistent lists the tensors of a checkpoint: all except views and those of the rollout, which every
// slot overwrites. A layout lists tensors by offset, and a view after the tensor that it is part of.
func (t *Trainer) persistent() (kept []machine.Tensor) {
	end := int64(0)
	for _, x := range t.shop.Layout.Tensors() {
		view := x.Offset() < end
		end = max(end, x.Offset()+x.Len())
		if !view && !strings.HasPrefix(x.Name(), RolloutPrefix) {
			kept = append(kept, x)
		}
	}
	return kept
}

// Restore continues from a State of a run with the same configuration, sizes and seed. After
// an error the trainer must not be used.
func (t *Trainer) Restore(s *checkpoint.State) error {
	if err := t.restoreMeta(s.Meta); err != nil {
		return err
	}
	networks := t.shop.networks()
	for _, x := range t.persistent() {
		if err := t.restoreTensor(s, x, networks[x]); err != nil {
			return err
		}
	}
	worlds, ok := s.Blobs["worlds"]
	if !ok {
		return fmt.Errorf("marl: the checkpoint has no worlds")
	}
	if err := t.env.UnmarshalBinary(worlds); err != nil {
		return err
	}
	return t.show()
}

// Forget takes the transitions out of the state of a trained policy, and reports whether there were any. They are most of it. The state
// can be restored to evaluate the policy again, but not to train on.
func Forget(s *checkpoint.State) bool {
	if !slices.ContainsFunc(s.Tensors, func(t checkpoint.Tensor) bool { return t.Name == fileNameOf(replaySize) && t.Data[0] > 0 }) {
		return false
	}
	for i := range s.Tensors {
		t := &s.Tensors[i]
		switch {
		case t.Name == fileNameOf(replaySize):
			t.Data = []float32{0}
		case strings.HasPrefix(t.Name, fileNameOf(ReplayPrefix)):
			t.Shape, t.Data = append([]int{0}, t.Shape[1:]...), nil
		}
	}
	s.Meta[metaReplayNext], s.Meta[metaReplayCount] = "0", "0"
	return true
}

func (t *Trainer) restoreMeta(meta map[string]string) error {
	own := t.meta()
	for _, key := range []string{"sizes", "seed", metaAlgo} {
		if meta[key] != own[key] {
			return fmt.Errorf("marl: the checkpoint has %s %q, this run has %q", key, meta[key], own[key])
		}
	}
	r := t.shop.memory
	for key, to := range map[string]*int{"update": &t.update, "slots": &t.slots, metaReplayNext: &r.next, metaReplayCount: &r.count} {
		n, err := strconv.Atoi(meta[key])
		if err != nil || n < 0 {
			return fmt.Errorf("marl: the checkpoint's %s is %q, want a number", key, meta[key])
		}
		*to = n
	}
	if r.count > r.Capacity() || r.next >= r.Capacity() {
		return fmt.Errorf("marl: the checkpoint's memory holds %d transitions, this run has room for %d", r.count, r.Capacity())
	}
	return nil
}

// restoreTensor restores a tensor of the arena, which is a flat vector of the network if network is not nil.
func (t *Trainer) restoreTensor(s *checkpoint.State, x machine.Tensor, network *nn.Params) (err error) {
	var data []float32
	if network != nil {
		data, err = network.Import(fileName(x), s)
	} else {
		data, err = s.Tensor(fileName(x), t.shape(x)...)
	}
	if err != nil {
		return err
	}
	if t.shop.memory.holds(x) {
		return t.session.UploadRows(x, 0, data)
	}
	return t.session.Upload(x, data)
}
