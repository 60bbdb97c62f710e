package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/sim"
)

// Write makes the folder dir with the files of the import. The folder appears whole or not at all. A name that is
// there already is fs.ErrExist and is left alone.
func (im *Imported) Write(dir string) error {
	dir = filepath.Clean(dir)
	if _, err := os.Lstat(dir); err == nil {
		return existing(dir)
	}
	made, err := disk.MakeFolder(filepath.Dir(dir))
	if err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	part, err := makePart(dir)
	if err == nil {
		err = im.fill(part)
		if err == nil {
			err = publish(part, dir)
		}
		if err != nil {
			err = errors.Join(err, os.RemoveAll(part))
		}
	}
	if err != nil {
		disk.RemoveFolders(made)
		return err
	}
	return disk.SyncFolder(filepath.Dir(dir))
}

func existing(dir string) error {
	return fmt.Errorf("dataset: %s exists and is not overwritten: %w", dir, fs.ErrExist)
}

// makePart makes an empty folder beside dir, named after it.
func makePart(dir string) (string, error) {
	for n := 1; ; n++ {
		part := fmt.Sprintf("%s.part%d", dir, n)
		err := os.Mkdir(part, 0o777)
		if err == nil {
			return part, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("dataset: %w", err)
		}
	}
}

// fill writes the files, and makes a world of them.
func (im *Imported) fill(dir string) error {
	for _, f := range im.Files() {
		if err := disk.Write(filepath.Join(dir, f.Name), f.Text); err != nil {
			return fmt.Errorf("dataset: %w", err)
		}
	}
	s, err := sim.Load(filepath.Join(dir, ScenarioFile))
	if err == nil {
		_, err = sim.NewOn("go", s, 1, 1)
	}
	if err != nil {
		return &UnplayableError{strings.ReplaceAll(strings.TrimPrefix(err.Error(), "sim: "), dir+string(filepath.Separator), "")}
	}
	return nil
}

// UnplayableError is of data that gives no scenario within the bounds of package sim, such as a task
// of a month.
type UnplayableError struct{ cause string }

// Error names the setting that is out of bounds.
func (e *UnplayableError) Error() string {
	return "dataset: the data gives no scenario that can be played: " + e.cause
}

// publish gives the folder its name. A name that has come to exist is left alone, unless it is an empty folder.
func publish(part, dir string) error {
	if _, err := os.Lstat(dir); err == nil {
		return existing(dir)
	}
	if err := os.Rename(part, dir); err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	return nil
}

// File is a file of an import.
type File struct {
	Name string
	Text []byte
}

// Files returns the files that Write makes.
func (im *Imported) Files() (files []File) {
	for _, f := range []File{{ArrivalsFile, im.Arrivals}, {IEDsFile, im.IEDs}, {ScenarioFile, im.Scenario}} {
		if f.Text != nil {
			files = append(files, f)
		}
	}
	return files
}
