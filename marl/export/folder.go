package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/internal/safetensors"
	"github.com/gmel-go/gmel/marl/actor"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
)

// Files of a policy folder beside those of the actor.
const (
	networkFile = "policy.onnx" // for the many programs that read ONNX
	cardFile    = "README.md"
	curveFile   = "curve.png"
	filmFile    = "film.gif"
)

// Options say what is exported and where it goes.
type Options struct {
	Run    string // its folder
	Out    string // what is written, new
	Film   int    // slots of a film in a folder, at most MostFilm; 0: no film
	Notice func(string)
}

// Folder writes the policy of the latest checkpoint of a run into a new folder, all of it or nothing. It says what the folder has.
func Folder(ctx context.Context, o Options) (what string, err error) {
	t, p, err := read(&o)
	if err != nil {
		return "", err
	}
	pictures, err := pictures(ctx, t, &o)
	if err != nil {
		return "", err
	}
	files, err := files(p, t, pictures)
	if err != nil {
		return "", err
	}
	err = disk.WriteFolder(o.Out, files)
	if errors.Is(err, fs.ErrExist) {
		return "", train.Usage(fmt.Errorf("%s exists and is not overwritten; choose another --out", o.Out))
	}
	return fmt.Sprintf("the policy of %s, update %d", p.Contract.Algorithm, p.Contract.Checkpoint.Update), err
}

// read reads the run and its policy, and checks the policy as its readers do.
func read(o *Options) (*run.Trained, *actor.Policy, error) {
	t, err := run.ReadTrained(o.Run, o.Notice)
	if err != nil {
		return nil, nil, err
	}
	p, err := Policy(t)
	if err != nil {
		return nil, nil, err
	}
	if err := p.Check(); err != nil {
		return nil, nil, fmt.Errorf("export: %w", err)
	}
	return t, p, nil
}

// pictures are those of a policy folder by their names: the learning curve, if the run has one, and the film that is asked for.
func pictures(ctx context.Context, t *run.Trained, o *Options) (map[string][]byte, error) {
	all := map[string][]byte{}
	curve, err := t.Curve()
	if curve != nil {
		all[curveFile] = curve
	}
	if err == nil && o.Film > 0 {
		all[filmFile], err = film(ctx, t, o.Film)
	}
	return all, err
}

// files are those of a policy folder by their names.
func files(p *actor.Policy, t *run.Trained, pictures map[string][]byte) (map[string][]byte, error) {
	all := maps.Clone(pictures)
	all[networkFile] = network(p).Encode()
	var err error
	if all[actor.ContractFile], err = p.Contract.Text(); err != nil {
		return nil, err
	}
	if all[actor.WeightsFile], err = safetensors.Encode(p.Tensors()); err != nil {
		return nil, err
	}
	all[cardFile], err = newCard(&p.Contract, t, pictures).text()
	return all, err
}
