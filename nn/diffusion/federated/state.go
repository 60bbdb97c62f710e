package federated

import (
	"fmt"
	"strings"

	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// prefix begins the names of a cell in a state.
func prefix(cell int) string { return fmt.Sprintf("cell%d.", cell) }

// State is the states of all cells.
func (t *Trainer) State() (*checkpoint.State, error) {
	all := &checkpoint.State{Meta: map[string]string{}}
	for i, c := range t.cells {
		s, err := c.State()
		if err != nil {
			return nil, fmt.Errorf("cell %d: %w", i, err)
		}
		for _, x := range s.Tensors {
			x.Name = prefix(i) + x.Name
			all.Tensors = append(all.Tensors, x)
		}
		for key, text := range s.Meta {
			all.Meta[prefix(i)+key] = text
		}
	}
	return all, nil
}

// Restore continues from a State of a run with the same network, cells and options.
func (t *Trainer) Restore(all *checkpoint.State) error {
	for i, c := range t.cells {
		s := &checkpoint.State{Meta: map[string]string{}}
		for _, x := range all.Tensors {
			if name, own := strings.CutPrefix(x.Name, prefix(i)); own {
				x.Name = name
				s.Tensors = append(s.Tensors, x)
			}
		}
		for key, text := range all.Meta {
			if name, own := strings.CutPrefix(key, prefix(i)); own {
				s.Meta[name] = text
			}
		}
		if err := c.Restore(s); err != nil {
			return fmt.Errorf("cell %d: %w", i, err)
		}
		if c.Update() != t.Update() {
			return fmt.Errorf("federated: cell %d is at update %d, and cell 0 at %d", i, c.Update(), t.Update())
		}
	}
	return nil
}
