package setting

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// File is a setting that names a file.
type File struct {
	Key  string  // path of keys in its section, such as tasks.arrivals.trace_file
	Path *string // "": no file
}

// Problem says why the file cannot be read, or is "".
func (f File) Problem() string {
	path := *f.Path
	info, err := os.Stat(path)
	if err == nil && info.Mode().IsRegular() { // to open a pipe would wait for its writer
		var file *os.File
		if file, err = os.Open(path); err == nil {
			file.Close()
		}
	}
	target, linked := os.Readlink(path)
	switch {
	case err == nil && info.IsDir():
		return path + " is a folder; a file is needed"
	case err == nil && !info.Mode().IsRegular():
		return path + " is a pipe or a device, and it is read more than once: save it as a file first"
	case err == nil:
		return ""
	case errors.Is(err, fs.ErrNotExist) && linked == nil:
		return fmt.Sprintf("%s is a link to %s, which does not exist", path, target)
	case errors.Is(err, fs.ErrNotExist):
		return "there is no file " + path
	}
	return fmt.Sprintf("%s cannot be read: %v", path, errors.Unwrap(err)) // of a *fs.PathError, without its path
}

// Resolve returns the path of a file that is named in a text of this origin: relative to the file that has the text.
// In a flag, and in a text that comes from a pipe, a name is relative to the working folder.
func (o Origin) Resolve(name string) string {
	if o.File == "" || filepath.IsAbs(name) {
		return name
	}
	if info, err := os.Stat(o.File); err == nil && !info.Mode().IsRegular() {
		return name
	}
	return filepath.Join(filepath.Dir(o.File), name)
}

// files makes the paths of a section's files absolute and reports those that cannot be read.
func (r *Reader) files(s Section) (errs []error) {
	for _, f := range s.Files {
		if *f.Path == "" {
			continue
		}
		at := join(s.Name, f.Key)
		from := r.Origin(at)
		path, err := filepath.Abs(from.Resolve(*f.Path))
		if err != nil { // the working folder is gone
			errs = append(errs, &Error{Origin: from, Path: at, Problem: err.Error()})
			continue
		}
		*f.Path = path
		if problem := f.Problem(); problem != "" {
			errs = append(errs, &Error{Origin: from, Path: at, Problem: problem})
		}
	}
	return errs
}
