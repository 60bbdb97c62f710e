package fewshot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"sync"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/nn/train"
)

// identity is what the outcome of a cell depends on beside its name. A folder has cells of one identity.
type identity struct {
	Protocol   int    `json:"protocol"` // raised when a change of the program changes outcomes
	Data       string `json:"data_sha256"`
	Classifier string `json:"classifier"`
}

// protocol is the number of the procedure of this package.
const protocol = 1

func (s *Study) identity() identity {
	i := identity{protocol, s.Digest(), s.Classifier}
	if s.Classifier == Encoder {
		i.Classifier = fmt.Sprintf("%s-%d %s", Encoder, encoderNumber, s.Generator.SHA256)
	}
	return i
}

// identityFile is the name of the identity in a folder; cells are in cellFolder.
const (
	identityFile = "study.json"
	cellFolder   = "cells"
)

// store keeps outcomes, each in a file of its own from the moment it is known.
type store struct {
	name func(*cell) string
	dir  string // "": in memory alone
	mu   sync.Mutex
	have map[string]*outcome
}

// openStore opens the folder of a study, or begins it. A folder with cells of another study is an error.
func (s *Study) openStore(dir string) (*store, error) {
	st := &store{name: s.name, dir: dir, have: map[string]*outcome{}}
	if dir == "" {
		return st, nil
	}
	own := s.identity()
	path := filepath.Join(dir, identityFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return st, st.begin(path, own)
	}
	var there identity
	if err == nil {
		err = json.Unmarshal(text, &there)
	}
	if err != nil {
		return nil, fmt.Errorf("fewshot: %s cannot be read: %w", path, err)
	}
	if there != own {
		return nil, train.Usagef("%s has results of another study: %s; choose another --out", dir, difference(there, own))
	}
	return st, nil
}

// begin writes the identity into a folder that has nothing else.
func (st *store) begin(path string, own identity) error {
	entries, err := os.ReadDir(st.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != lockFile && e.Name() != identityFile+disk.TempSuffix { // what a kill in the first write leaves
			return train.Usagef("%s has files that are not of a study, such as %s; choose another --out", st.dir, e.Name())
		}
	}
	text, err := json.MarshalIndent(own, "", "  ")
	if err != nil {
		return err
	}
	return disk.Write(path, append(text, '\n'))
}

// lockFile is what train.Folder.Hold makes.
const lockFile = "run.lock"

// difference names the first field in which identities differ.
func difference(there, asked identity) string {
	a, b := reflect.ValueOf(there), reflect.ValueOf(asked)
	for i := range a.NumField() {
		if !a.Field(i).Equal(b.Field(i)) {
			return fmt.Sprintf("%s is %.12v there, and %.12v is asked for", a.Type().Field(i).Tag.Get("json"), a.Field(i), b.Field(i))
		}
	}
	return "nothing differs"
}

// get is the outcome of a cell; nil: it is not known yet.
func (st *store) get(c *cell) (*outcome, error) {
	name := st.name(c)
	st.mu.Lock()
	o := st.have[name]
	st.mu.Unlock()
	if o != nil || st.dir == "" {
		return o, nil
	}
	path := filepath.Join(st.dir, cellFolder, filepath.FromSlash(name))
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &o)
	}
	if err != nil {
		return nil, fmt.Errorf("fewshot: %s cannot be read: %w; without that file the cell is made again", path, err)
	}
	st.keep(name, o)
	return o, nil
}

func (st *store) keep(name string, o *outcome) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.have[name] = o
}

// put keeps an outcome.
func (st *store) put(c *cell, o *outcome) error {
	name := st.name(c)
	st.keep(name, o)
	if st.dir == "" {
		return nil
	}
	path := filepath.Join(st.dir, cellFolder, filepath.FromSlash(name))
	if _, err := disk.MakeFolder(filepath.Dir(path)); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(o); err != nil {
		return err
	}
	return disk.Write(path, b.Bytes())
}
