package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/gmel-go/gmel/internal/disk"
)

// Input is a file that a run reads. A new run copies it into its folder and reads the copy from then on, so that the
// folder can be moved, and a change of the original changes nothing.
type Input struct {
	Setting string `json:"setting"` // that names the file
	File    string `json:"file"`    // the copy in the run folder, such as inputs/day.csv
	SHA256  string `json:"sha256"`
	From    string `json:"from"` // the original when the run began
}

const inputFolder = "inputs"

func (f Folder) inputs() string { return f.File("inputs.json") }

// Copy is the path of the copy in a folder.
func (in *Input) Copy(f Folder) string { return f.File(filepath.FromSlash(in.File)) }

// errUnbegun is the end of a run that is interrupted while its inputs are read or copied.
var errUnbegun = errors.New("stopped before the run began; nothing of it stays")

// AddInput describes the copy of one more file. Copies have different names, also where capitals do not count.
func AddInput(ctx context.Context, list []Input, setting, from string) ([]Input, error) {
	if info, err := os.Stat(from); err == nil && !info.Mode().IsRegular() {
		return nil, Usagef("%s: %s is no regular file, and a run keeps a copy of what it reads: save it as a file first", setting, from)
	}
	digest, err := disk.Digest(ctx, from)
	if errors.Is(err, context.Canceled) {
		return nil, errUnbegun
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	base := inputName(from)
	name, ext := base, path.Ext(base)
	for n := 2; taken(list, name); n++ {
		name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(base, ext), n, ext)
	}
	return append(list, Input{Setting: setting, File: path.Join(inputFolder, name), SHA256: digest, From: from}), nil
}

func taken(list []Input, name string) bool {
	for _, in := range list {
		if strings.EqualFold(path.Base(in.File), name) {
			return true
		}
	}
	return false
}

// longest is the length in bytes of the longest name of a copy; file systems allow 255, and some less.
const longest = 100

// inputName is the base name of a path without characters that some file system refuses.
func inputName(from string) string {
	name := strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-+", r) {
			return '_'
		}
		return r
	}, filepath.Base(from))
	for len(name) > longest { // the end says what kind of file it is
		_, rest, _ := strings.Cut(name, string([]rune(name)[:1]))
		name = rest
	}
	if name = strings.TrimLeft(name, "."); name == "" {
		return "input"
	}
	return name
}

// keepInputs copies the inputs into the folder and records them. made are the files and folders that it made.
func (f Folder) keepInputs(ctx context.Context, list []Input) (made []string, err error) {
	if len(list) == 0 {
		return nil, nil
	}
	if made, err = disk.MakeFolder(f.File(inputFolder)); err != nil {
		return made, notMade(err)
	}
	for _, in := range list {
		digest, err := disk.Copy(ctx, in.From, in.Copy(f))
		if errors.Is(err, context.Canceled) {
			return made, errUnbegun
		}
		if err != nil {
			return made, fmt.Errorf("%s cannot be copied to %s: %w", in.From, in.Copy(f), err)
		}
		made = append(made, in.Copy(f))
		if digest != in.SHA256 {
			return made, Usagef("%s: %s has changed while the run began: start it again", in.Setting, in.From)
		}
	}
	return append(made, f.inputs()), writeJSON(f.inputs(), list)
}

// Inputs returns the inputs of the run in the folder, none if it has none, once every copy is as it was recorded.
func (f Folder) Inputs() (list []Input, err error) {
	data, err := os.ReadFile(f.inputs())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &list)
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", f.inputs(), err)
	}
	for _, in := range list {
		if err := in.check(f); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// check compares the copy with its record.
func (in *Input) check(f Folder) error {
	digest, err := disk.Digest(context.Background(), in.Copy(f))
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case missing:
		return Usagef("%s (%s) is missing, its SHA-256 began with %.12s: %s", in.Copy(f), in.Setting, in.SHA256, in.cure(f))
	case err != nil:
		return fmt.Errorf("%s (%s) cannot be read: %w", in.Copy(f), in.Setting, err)
	case digest != in.SHA256:
		return Usagef("%s (%s) is not what the run began with, its SHA-256 begins with %.12s instead of %.12s: %s",
			in.Copy(f), in.Setting, digest, in.SHA256, in.cure(f))
	}
	return nil
}

// cure says how to get the copy back.
func (in *Input) cure(f Folder) string {
	if digest, err := disk.Digest(context.Background(), in.From); err == nil && digest == in.SHA256 {
		return fmt.Sprintf("`cp %s %s` restores it", Quoted(in.From), Quoted(in.Copy(f)))
	}
	return fmt.Sprintf("restore it (it was copied from %s) or start a new run", in.From)
}
