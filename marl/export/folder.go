package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/internal/safetensors"
	"github.com/gmel-go/gmel/marl/actor"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
)

// Options say what is exported and where it goes.
type Options struct {
	Run    string // its folder
	Out    string // what is written, new
	Notice func(string)
}

// Folder writes the policy of the latest checkpoint of a run into a new folder, all of it or nothing. It says what the folder has.
func Folder(ctx context.Context, o Options) (what string, err error) {
	t, err := run.ReadTrained(o.Run, o.Notice)
	if err != nil {
		return "", err
	}
	p, err := Policy(ctx, t)
	if err != nil {
		return "", err
	}
	files, err := files(p)
	if err != nil {
		return "", err
	}
	err = disk.WriteFolder(o.Out, files)
	if errors.Is(err, fs.ErrExist) {
		return "", &train.UsageError{Err: fmt.Errorf("%s exists and is not overwritten; choose another --out", o.Out)}
	}
	return fmt.Sprintf("the policy of %s, update %d", p.Contract.Algorithm, p.Contract.Checkpoint.Update), err
}

// files are those of a policy folder by their names.
func files(p *actor.Policy) (map[string][]byte, error) {
	if err := p.Check(); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	contract, err := p.Contract.Text()
	if err != nil {
		return nil, err
	}
	weights, err := safetensors.Encode(p.Tensors())
	if err != nil {
		return nil, err
	}
	return map[string][]byte{actor.ContractFile: contract, actor.WeightsFile: weights}, nil
}
