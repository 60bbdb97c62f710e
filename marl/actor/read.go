package actor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"github.com/gmel-go/gmel/internal/safetensors"
)

// Read reads the policy of a folder that gmel export --to folder wrote. It needs ContractFile and WeightsFile of it. Errors name
// the file and what is wrong with it.
func Read(dir string) (*Policy, error) {
	p := &Policy{}
	for _, part := range []struct {
		file string
		take func(text []byte) error
	}{{ContractFile, p.readContract}, {WeightsFile, p.readWeights}} {
		path := filepath.Join(dir, part.file)
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("actor: %s has no %s, so it is no policy folder; gmel export --to folder writes one", dir, part.file)
		}
		if err == nil {
			err = part.take(text)
		}
		if err != nil {
			return nil, fmt.Errorf("actor: %s: %w", path, err)
		}
	}
	return p, nil
}

func (p *Policy) readContract(text []byte) error {
	if err := json.Unmarshal(text, &p.Contract); err != nil {
		return fmt.Errorf("it is no contract in JSON: %w", err)
	}
	return p.Contract.Check()
}

// readWeights reads the numbers of a policy that has its contract.
func (p *Policy) readWeights(file []byte) error {
	tensors, err := safetensors.Decode(file)
	if err != nil {
		return err
	}
	widths := p.Contract.Network.Widths
	p.Mean, err = take(tensors, meanName, widths[0])
	if err == nil {
		p.Scale, err = take(tensors, scaleName, widths[0])
	}
	for i := 0; err == nil && i+1 < len(widths); i++ {
		var l Layer
		if l.Weight, err = take(tensors, weightName(i), widths[i+1], widths[i]); err != nil {
			break
		}
		l.Bias, err = take(tensors, biasName(i), widths[i+1])
		p.Layers = append(p.Layers, l)
	}
	if err != nil {
		return err
	}
	for name := range tensors {
		return fmt.Errorf("tensor %s is not in the contract, whose network has the widths %v", name, widths)
	}
	return p.Check()
}

// take removes a tensor from all and returns its numbers.
func take(all map[string]safetensors.Tensor, name string, shape ...int) ([]float32, error) {
	t, ok := all[name]
	if !ok {
		return nil, fmt.Errorf("tensor %s is missing", name)
	}
	delete(all, name)
	if fmt.Sprint(t.Shape) != fmt.Sprint(shape) {
		return nil, fmt.Errorf("tensor %s has shape %v; the contract says %v", name, t.Shape, shape)
	}
	for i, v := range t.Data {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return nil, fmt.Errorf("number %d of tensor %s is %g; a policy has finite numbers only", i, name, v)
		}
	}
	return t.Data, nil
}
