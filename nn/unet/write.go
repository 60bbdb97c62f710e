package unet

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/gmel-go/gmel/internal/disk"
)

// file is one to be written.
type file struct {
	name string
	data []byte
}

// writeFolder writes files into a folder, which it makes. All are whole before the first gets its name, and the last one
// marks the folder as whole. No file is replaced; after a failure before the first name nothing remains.
func writeFolder(dir string, files ...file) error {
	made, err := disk.MakeFolder(dir)
	if err != nil {
		disk.RemoveFolders(made)
		return fmt.Errorf("unet: %w", err)
	}
	var parts []*disk.Part
	for _, f := range files {
		p, err := begin(filepath.Join(dir, f.name), f.data)
		if err != nil {
			for _, p := range parts {
				err = errors.Join(err, p.Discard())
			}
			disk.RemoveFolders(made)
			return err
		}
		parts = append(parts, p)
	}
	for _, p := range parts {
		if err := p.Publish(); err != nil {
			return fmt.Errorf("unet: %w", err)
		}
	}
	return nil
}

// begin writes a file that has no name yet.
func begin(path string, data []byte) (*disk.Part, error) {
	p, err := disk.Create(path)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("unet: %s exists; a network is saved to a new folder", path)
	}
	if err != nil {
		return nil, fmt.Errorf("unet: %w", err)
	}
	if _, err := p.Write(data); err != nil {
		return nil, errors.Join(fmt.Errorf("unet: %w", err), p.Discard())
	}
	return p, nil
}
