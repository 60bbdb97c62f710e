package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/marl/export/header"
	"github.com/gmel-go/gmel/nn/train"
)

// Header writes the policy of the latest checkpoint of a run into a new file, as a header for C; see package header. It says
// what the file has.
func Header(_ context.Context, o Options) (what string, err error) {
	_, p, err := read(&o)
	if err != nil {
		return "", err
	}
	text, err := header.Text(p, filepath.Base(o.Out))
	if err != nil {
		return "", err
	}
	if err := create(o.Out, text); err != nil {
		return "", err
	}
	return fmt.Sprintf("the policy of %s, update %d, for C99", p.Contract.Algorithm, p.Contract.Checkpoint.Update), nil
}

// create writes a file that must not exist yet.
func create(path string, text []byte) error {
	exists := train.Usage(fmt.Errorf("%s exists and is not overwritten; choose another --out", path))
	part, err := disk.Create(path)
	if errors.Is(err, fs.ErrExist) {
		return exists
	}
	if err != nil {
		return err
	}
	if _, err := part.Write(text); err != nil {
		return errors.Join(err, part.Discard())
	}
	err = part.Publish()
	if errors.Is(err, fs.ErrExist) {
		return exists
	}
	return err
}
