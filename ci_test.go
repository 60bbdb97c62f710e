package gmel_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A test that gets another name would leave the race detector without a word: go test -run is content with nothing.
func TestRaceDetectorFindsItsTests(t *testing.T) {
	tests := map[string][]string{}
	for _, s := range sources(t) {
		if s.test {
			tests[s.folder] = append(tests[s.folder], testsOf(s.tree)...)
		}
	}
	calls := regexp.MustCompile(`go test -race -run '([^']*)' \./(\S+)`).FindAllStringSubmatch(read(t, ".ci/run"), -1)
	if len(calls) == 0 {
		t.Fatal(".ci/run has no race detector for chosen tests")
	}
	for _, c := range calls {
		for _, pattern := range strings.Split(c[1], "|") {
			if !slices.ContainsFunc(tests[c[2]], regexp.MustCompile(pattern).MatchString) {
				t.Errorf(".ci/run asks for tests %s, of which %s has none", pattern, c[2])
			}
		}
	}
}
