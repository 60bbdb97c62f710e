package dataset

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
)

// maxFaults is how many faults of a source are listed; the others are counted.
const maxFaults = 20

// faults collects what is wrong with a source.
type faults struct {
	all  []error
	more int
}

func (f *faults) add(err error) {
	if len(f.all) == maxFaults {
		f.more++
		return
	}
	f.all = append(f.all, err)
}

// file adds a fault of a file; line 0 is the file as a whole.
func (f *faults) file(name string, line int, problem, allowed string) {
	f.add(fault(name, line, problem, allowed))
}

// err joins the faults; nil if there are none.
func (f *faults) err() error {
	if f.more > 0 {
		return errors.Join(append(f.all, fmt.Errorf("and %d more faults", f.more))...)
	}
	return errors.Join(f.all...)
}

func fault(name string, line int, problem, allowed string) error {
	return &setting.Error{Origin: setting.Origin{File: name, Line: line}, Problem: problem, Allowed: allowed}
}

// listed names things in quotes, at most ten.
func listed(names []string) string {
	var quoted []string
	for i, name := range names {
		if i == 10 {
			quoted = append(quoted, fmt.Sprintf("and %d more", len(names)-i))
			break
		}
		quoted = append(quoted, strconv.Quote(name))
	}
	return strings.Join(quoted, ", ")
}
