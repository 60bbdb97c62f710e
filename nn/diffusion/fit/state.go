package fit

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// kept are the tensors of a checkpoint. The flat vectors of the network are its parameters, their average, Adam's gradient
// and moments, and the averages that are kept.
func (t *Trainer) kept() (networks, others []machine.Tensor) {
	k := &t.mem
	networks = append([]machine.Tensor{k.net.Flat, k.ema.Flat}, t.adam.Vectors()...)
	networks = append(networks, k.powers.vectors()...)
	return networks, []machine.Tensor{t.adam.State(), k.update, k.counter, k.sums}
}

func fileName(x machine.Tensor) string { return strings.ReplaceAll(x.Name(), "/", ".") }

const metaUpdate = "updates" // done

// State is everything that a resumed run needs to have the same bits. Parameters have the names that diffusers gives
// them, such as net.conv_in.weight, and those of the average begin with ema.
func (t *Trainer) State() (*checkpoint.State, error) {
	s := &checkpoint.State{Meta: map[string]string{metaUpdate: strconv.Itoa(t.update)}}
	networks, others := t.kept()
	if err := t.export(s, networks); err != nil {
		return nil, err
	}
	for _, x := range others {
		data, err := t.read(x)
		if err != nil {
			return nil, err
		}
		s.Tensors = append(s.Tensors, checkpoint.Tensor{Name: fileName(x), Shape: x.Shape(), Data: data})
	}
	return s, nil
}

// export adds flat vectors of the network to a state.
func (t *Trainer) export(s *checkpoint.State, networks []machine.Tensor) error {
	for _, x := range networks {
		data, err := t.read(x)
		if err == nil {
			err = t.finite(x.Name(), data)
		}
		if err != nil {
			return err
		}
		s.Tensors = append(s.Tensors, t.model.Params().Export(fileName(x), data)...)
	}
	return nil
}

// Restore continues from a State of a run with the same network, set and options.
func (t *Trainer) Restore(s *checkpoint.State) error {
	n, err := strconv.Atoi(s.Meta[metaUpdate])
	if err != nil || n < 0 || n > t.options.Updates {
		return fmt.Errorf("fit: the checkpoint has %s %q; allowed: 0 to %d", metaUpdate, s.Meta[metaUpdate], t.options.Updates)
	}
	networks, others := t.kept()
	for _, x := range networks {
		data, err := t.model.Params().Import(fileName(x), s)
		if err == nil {
			err = t.session.Upload(x, data)
		}
		if err != nil {
			return fmt.Errorf("fit: %w", err)
		}
	}
	for _, x := range others {
		data, err := s.Tensor(fileName(x), x.Shape()...)
		if err == nil {
			err = t.session.Upload(x, data)
		}
		if err != nil {
			return fmt.Errorf("fit: %w", err)
		}
	}
	t.update = n
	return nil
}

// CheckpointSize is what a checkpoint takes on the disk.
func (t *Trainer) CheckpointSize() train.MemoryPart {
	part := train.MemoryPart{What: "a checkpoint", Setting: "model.size"}
	networks, others := t.kept()
	for _, x := range append(networks, others...) {
		part.Bytes += 4 * x.Len()
	}
	return part
}
