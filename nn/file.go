package nn

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// A file has the parameters of a network under the names that PyTorch's layers give them, and with their order of
// dimensions: layer.weight is [out, in], where memory has layer.w [in, out].

// fileParts are the last parts of the names of parameters in memory, and what PyTorch calls them.
var fileParts = map[string]string{"w": "weight", "b": "bias", "gamma": "weight", "beta": "bias", "table": "weight"}

// Sequential makes a file number these layers like PyTorch's nn.Sequential with an activation after each layer but the
// last: 0, 2, 4. The layers keep their names in memory, which their initial values depend on.
func (p *Params) Sequential(layers ...string) {
	for i, layer := range layers {
		p.numbered[layer] = strconv.Itoa(2 * i)
	}
}

// fileName is the name of a parameter in a file.
func (p *Params) fileName(q *Param) string {
	layer, part := "", q.name
	if at := strings.LastIndexByte(q.name, '.'); at >= 0 {
		layer, part = q.name[:at], q.name[at+1:]
	}
	if name, known := fileParts[part]; known {
		part = name
	}
	if number, ok := p.numbered[layer]; ok {
		layer = number
	}
	return strings.TrimPrefix(layer+"."+part, ".")
}

// isWeight reports that a file has another order of dimensions. Biases, scales and tables are the same in both.
func (q *Param) isWeight() bool { return len(q.shape) > 1 && strings.HasSuffix("."+q.name, ".w") }

// dimensions are those of a weight [before, in, out], with everything before its inputs as one number. Every other
// parameter is [before, 1, 1].
func (q *Param) dimensions() (before, in, out int) {
	n := len(q.shape)
	if !q.isWeight() {
		return q.len(), 1, 1
	}
	in, out = q.shape[n-2], q.shape[n-1]
	return q.len() / (in * out), in, out
}

// fileShape is [out, in, before...], the order of PyTorch's Linear and Conv, or [agents, out, in] if each agent has
// weights of its own.
func (q *Param) fileShape() []int {
	n := len(q.shape)
	if !q.isWeight() {
		return q.Shape()
	}
	if q.groups > 0 {
		return []int{q.shape[0], q.shape[n-1], q.shape[n-2]}
	}
	return append([]int{q.shape[n-1], q.shape[n-2]}, q.shape[:n-2]...)
}

// permute calls f with the index of each number in memory and in the file.
func (q *Param) permute(f func(memory, file int)) {
	before, in, out := q.dimensions()
	for b := range before {
		for i := range in {
			for o := range out {
				file := (o*in+i)*before + b
				if q.groups > 0 {
					file = (b*out+o)*in + i
				}
				f((b*in+i)*out+o, file)
			}
		}
	}
}

func (q *Param) len() int {
	n := 1
	for _, d := range q.shape {
		n *= d
	}
	return n
}

// Export cuts a flat vector of the network, such as its parameters or a moment of each, into the tensors of a file.
// Their names begin with prefix and a dot.
func (p *Params) Export(prefix string, flat []float32) (list []checkpoint.Tensor) {
	if len(flat) != p.size {
		panic(fmt.Sprintf("nn: Export of %s wants %d floats, got %d", p.name, p.size, len(flat)))
	}
	for _, q := range p.list {
		t := checkpoint.Tensor{Name: prefix + "." + p.fileName(q), Shape: q.fileShape(), Data: make([]float32, q.len())}
		q.permute(func(memory, file int) { t.Data[file] = flat[q.offset+memory] })
		list = append(list, t)
	}
	return list
}

// Import is the inverse of Export. It returns an error that names the first tensor that is missing or has another
// shape.
func (p *Params) Import(prefix string, s *checkpoint.State) (flat []float32, err error) {
	flat = make([]float32, p.size)
	for _, q := range p.list {
		data, err := s.Tensor(prefix+"."+p.fileName(q), q.fileShape()...)
		if err != nil {
			return nil, err
		}
		q.permute(func(memory, file int) { flat[q.offset+memory] = data[file] })
	}
	return flat, nil
}
