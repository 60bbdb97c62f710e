package gmel_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// readmeLines is the most that a stranger is asked to read first.
const readmeLines = 150

// TestReadme: the README is short.
func TestReadme(t *testing.T) {
	if n := strings.Count(read(t, "README.md"), "\n"); n > readmeLines {
		t.Errorf("README.md has %d lines; allowed: %d. Move detail to a page of docs", n, readmeLines)
	}
}

// TestMap: the map of the source has every package of the module and no other folder.
func TestMap(t *testing.T) {
	const page = "docs/map.md"
	var mapped []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`.*?) \\|").FindAllStringSubmatch(read(t, page), -1) {
		mapped = append(mapped, quoted(row[1])...)
	}
	for _, folder := range append(packages(t), "docs", "experiments", "scripts") {
		if !slices.Contains(mapped, folder) {
			t.Errorf("%s: add a row for %s, or name it in the row of a neighbour", page, folder)
		}
	}
	for _, folder := range mapped {
		if s, err := os.Stat(folder); err != nil || !s.IsDir() {
			t.Errorf("%s: there is no folder %s", page, folder)
		}
	}
}

// TestLinks: every relative link of a document leads to a file.
func TestLinks(t *testing.T) {
	links := 0
	for _, page := range files(t, ".md") {
		for _, m := range regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`).FindAllStringSubmatch(read(t, page), -1) {
			links++
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: the link %s leads nowhere", page, m[1])
			}
		}
	}
	if links < 20 {
		t.Errorf("only %d links found", links)
	}
}

// TestFilesNamed: a document names source files that are there, by their path or their last element.
func TestFilesNamed(t *testing.T) {
	var sources []string
	for _, suffix := range []string{".go", ".h", ".c", ".cu", ".cuh"} {
		sources = append(sources, files(t, suffix)...)
	}
	for _, page := range files(t, ".md") {
		if strings.HasPrefix(page, "bench/results/") { // what was measured at a commit keeps its names
			continue
		}
		for _, m := range regexp.MustCompile("`([\\w/]+\\.(go|h|c|cu|cuh))`").FindAllStringSubmatch(read(t, page), -1) {
			there := func(file string) bool { return file == m[1] || strings.HasSuffix(file, "/"+m[1]) }
			if !slices.ContainsFunc(sources, there) {
				t.Errorf("%s names %s, which is not there", page, m[1])
			}
		}
	}
}

// packages lists the folders with Go code other than tests.
func packages(t *testing.T) (folders []string) {
	for _, name := range files(t, ".go") {
		if !strings.HasSuffix(name, "_test.go") {
			folders = append(folders, path.Dir(name))
		}
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}

// files lists the files of the module with a suffix, with slashes.
func files(t *testing.T, suffix string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		name = filepath.ToSlash(name)
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && skipped(name):
			return filepath.SkipDir
		case !d.IsDir() && strings.HasSuffix(name, suffix):
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// skipped folders hold no source of this module.
func skipped(folder string) bool {
	base := path.Base(folder)
	if strings.HasPrefix(base, ".") || base == "testdata" || folder == "runs" || folder == "build" {
		return true
	}
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil // another module
}

// quoted returns what a text has in backquotes.
func quoted(text string) (parts []string) {
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(text, -1) {
		parts = append(parts, m[1])
	}
	return parts
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
