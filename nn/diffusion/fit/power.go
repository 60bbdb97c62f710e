package fit

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// powers are the averages of the parameters with the profiles that a run keeps.
type powers struct {
	moves    machine.Tensor // [updates, len(averages)]
	averages []*nn.Placed   // none without Options.Keep
}

func (p *powers) place(l *machine.Layout, params *nn.Params, updates int) {
	p.moves = l.Add("power/moves", updates, len(keptLengths))
	for i := range keptLengths {
		p.averages = append(p.averages, params.Place(l, powerName(i)))
	}
}

func powerName(i int) string { return fmt.Sprintf("power%.2f", keptLengths[i]) }

// follow moves every average towards the parameters.
func (t *Trainer) follow(b *machine.Builder) {
	p := &t.mem.powers
	if len(p.averages) == 0 {
		return
	}
	row := b.Temp("power/row", 1, len(p.averages))
	b.GatherRows(p.moves, t.mem.update, row)
	for i, average := range p.averages {
		t.approach(b, average, b.Part(row, i, 1))
	}
}

// moveTable has a row for each update.
func moveTable(updates int) (rows []float32) {
	for u := range updates {
		for _, p := range keptProfiles(0) {
			rows = append(rows, float32(p.move(u+1)))
		}
	}
	return rows
}

// start uploads the table, and the initial parameters, which the first update replaces.
func (p *powers) start(s *machine.Session, flat []float32, updates int) error {
	if len(p.averages) == 0 {
		return nil
	}
	if err := s.Upload(p.moves, moveTable(updates)); err != nil {
		return err
	}
	for _, average := range p.averages {
		if err := s.Upload(average.Flat, flat); err != nil {
			return err
		}
	}
	return nil
}

func (p *powers) vectors() (list []machine.Tensor) {
	for _, average := range p.averages {
		list = append(list, average.Flat)
	}
	return list
}

// Snapshots is the folder of what Snapshot keeps.
const Snapshots = "snapshots"

const snapshotSuffix = ".safetensors"

// Snapshot is a file with the averages that are kept, if Options.Keep is set. Their tensors have the names and the numbers that
// they have in a checkpoint of this update.
func (t *Trainer) Snapshot() ([]train.File, error) {
	averages := t.mem.powers.vectors()
	if len(averages) == 0 {
		return nil, nil
	}
	s := &checkpoint.State{Meta: map[string]string{metaUpdate: strconv.Itoa(t.update)}}
	if err := t.export(s, averages); err != nil {
		return nil, err
	}
	data, err := checkpoint.Encode(s)
	name := path.Join(Snapshots, fmt.Sprintf("%06d%s", t.update, snapshotSuffix))
	return []train.File{{Name: name, Data: data}}, err
}

// SnapshotSize is what the file of a Snapshot takes on the disk, about.
func (t *Trainer) SnapshotSize() (bytes int64) {
	for _, x := range t.mem.powers.vectors() {
		bytes += 4 * x.Len()
	}
	return bytes
}

// SnapshotUpdate is the update of the snapshot in a file of this name; ok is false for another file.
func SnapshotUpdate(name string) (update int, ok bool) {
	digits, ok := strings.CutSuffix(name, snapshotSuffix)
	update, err := strconv.Atoi(digits)
	return update, ok && err == nil && update > 0
}

// Kept is a snapshot or a checkpoint of a run, which has the averages after its update.
type Kept struct {
	Update int
	Read   func() (*checkpoint.State, error)
}

// PostHoc puts the average of a profile together from those that a run has kept, after the run: the weighted sum that comes
// nearest to it. miss is the root mean square of what is missing of its weights, relative to them. Parameters are a host
// copy of nn.Placed.Flat.
func PostHoc(params *nn.Params, list []Kept, wanted Profile) (flat []float32, miss float64, err error) {
	var profiles []Profile
	for _, k := range list {
		profiles = append(profiles, keptProfiles(k.Update)...)
	}
	weights, miss, err := reconstruction(profiles, wanted)
	if err != nil {
		return nil, 0, err
	}
	sum := make([]float64, params.Len())
	for i, k := range list {
		if err := k.addTo(sum, params, weights[i*len(keptLengths):]); err != nil {
			return nil, 0, err
		}
	}
	flat = make([]float32, len(sum))
	for i, v := range sum {
		flat[i] = float32(v)
	}
	return flat, miss, nil
}

// addTo adds the kept averages times their weights.
func (k *Kept) addTo(sum []float64, params *nn.Params, weights []float64) error {
	s, err := k.Read()
	if err != nil {
		return err
	}
	if have := s.Meta[metaUpdate]; have != strconv.Itoa(k.Update) {
		return fmt.Errorf("fit: a snapshot of update %d says that it is of update %q", k.Update, have)
	}
	for i := range keptLengths {
		flat, err := params.Import(powerName(i), s)
		if err != nil {
			return fmt.Errorf("fit: %w", err)
		}
		for j, v := range flat {
			sum[j] += float64(weights[i] * float64(v))
		}
	}
	return nil
}
