package gmel_test

import (
	"errors"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// contributingLines is the most that a contributor is asked to read.
const contributingLines = 80

// recipe is a section of CONTRIBUTING.md that lists the files of a neighbour: an op, an option or an
// algorithm that is there.
type recipe struct {
	title  string
	search []string // git grep, pattern and folders that find the neighbour
	listed []string // files
}

// recipeFiles are the titles of all recipes and the most files other than tests that they may take.
var recipeFiles = map[string]int{"Add an op": 10, "Add an option of the world": 14, "Add an algorithm": 3}

// TestContributing: the recipes list every file in which their neighbour is, and no other.
func TestContributing(t *testing.T) {
	text := read(t, "CONTRIBUTING.md")
	if n := strings.Count(text, "\n"); n > contributingLines {
		t.Errorf("CONTRIBUTING.md has %d lines; allowed: %d", n, contributingLines)
	}
	recipes := recipesOf(text)
	if len(recipes) != len(recipeFiles) {
		t.Errorf("%d recipes found, want %d", len(recipes), len(recipeFiles))
	}
	for _, r := range recipes {
		t.Run(r.title, func(t *testing.T) { r.check(t) })
	}
}

func (r *recipe) check(t *testing.T) {
	most, ok := recipeFiles[r.title]
	if !ok {
		t.Fatalf("unknown recipe %q", r.title)
	}
	found := r.find(t)
	for _, name := range found {
		if !slices.Contains(r.listed, name) {
			t.Errorf("CONTRIBUTING.md, %q does not list %s", r.title, name)
		}
	}
	for _, name := range r.listed {
		if !slices.Contains(found, name) {
			t.Errorf("CONTRIBUTING.md, %q lists %s, which does not have the neighbour", r.title, name)
		}
	}
	production := slices.DeleteFunc(slices.Clone(found), func(name string) bool {
		return strings.Contains(name, "_test.") || strings.Contains(name, "/testdata/")
	})
	if len(production) > most {
		t.Errorf("CONTRIBUTING.md, %q takes %d files besides tests; allowed: %d", r.title, len(production), most)
	}
}

// find runs the command of the recipe, on files that git does not know yet, too.
func (r *recipe) find(t *testing.T) []string {
	out, err := exec.Command("git", append([]string{"grep", "--untracked"}, r.search...)...).Output()
	if exit := (*exec.ExitError)(nil); errors.Is(err, exec.ErrNotFound) || errors.As(err, &exit) && exit.ExitCode() > 1 {
		t.Skipf("no git, or no clone: %v", err)
	}
	return strings.Fields(string(out))
}

// recipesOf finds the sections with a search, written `git grep -ilE 'PATTERN' FOLDER...`.
func recipesOf(text string) (all []*recipe) {
	for _, section := range strings.Split(text, "\n## ")[1:] {
		title, body, _ := strings.Cut(section, "\n")
		m := regexp.MustCompile("`git grep (-ilE) '([^']+)' ([^`]+)`").FindStringSubmatch(body)
		if m == nil {
			continue
		}
		r := &recipe{title: title, search: append([]string{m[1], m[2], "--"}, strings.Fields(m[3])...)}
		for line := range strings.Lines(body) {
			if item, ok := strings.CutPrefix(line, "- `"); ok {
				names, _, _ := strings.Cut("`"+item, ": ")
				r.listed = append(r.listed, quoted(names)...)
			}
		}
		all = append(all, r)
	}
	return all
}
