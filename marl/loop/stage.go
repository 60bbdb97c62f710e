package loop

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gmel-go/gmel/internal/disk"
)

// stage is a result that is kept at path: read from there, or made and written as a whole.
func stage[T any](path string, make func() (T, error)) (result T, err error) {
	data, err := os.ReadFile(path)
	if err == nil {
		if err = json.Unmarshal(data, &result); err != nil {
			err = fmt.Errorf("%s is damaged (%w): delete it, and the same command makes it again", path, err)
		}
		return result, err
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return result, err
	}
	if result, err = make(); err != nil {
		return result, err
	}
	return result, writeJSON(path, result)
}

// writeJSON replaces a file by a value.
func writeJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if _, err := disk.MakeFolder(filepath.Dir(path)); err != nil {
		return err
	}
	return disk.Write(path, append(data, '\n'))
}
