package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/sim/dataset"
	"github.com/gmel-go/gmel/sim/dataset/sample"
)

// shorter are settings and flags that make the commands of docs/data.md take a second.
var shorter = map[string][]string{
	"import":   {"--slots", "20"},
	"simulate": {"--episodes", "2"},
	"eval":     {"--episodes", "2"},
	"train": {"--set", "train.updates=6", "--set", "train.worlds=2", "--set", "train.warmup_slots=4", "--set", "train.eval_every=3",
		"--set", "train.eval_episodes=2", "--set", "train.checkpoint_every=3", "--set", "train.log_every=3", "--set", "table_episodes=2",
		"--set", "amarl.batch=4", "--set", "amarl.replay=40", "--set", "amarl.hidden=8", "--set", "amarl.actor_hidden=8"},
}

// TestDataDocs: the commands of docs/data.md run as they are written, on small samples of the data sets.
func TestDataDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/data.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) != len(dataset.Formats()) {
		t.Fatalf("%d blocks of commands; want one for each of %q", len(blocks), dataset.Formats())
	}
	for n, b := range blocks {
		lines := strings.Split(strings.TrimSpace(b[1]), "\n")
		t.Run(dataset.Formats()[n], func(t *testing.T) {
			if len(lines) != 5 || !strings.HasPrefix(lines[0], "gmel import "+dataset.Formats()[n]) || !strings.HasPrefix(lines[4], "gmel eval") {
				t.Fatalf("want five commands from gmel import to gmel eval, got\n%s", b[1])
			}
			t.Chdir(t.TempDir())
			putSamples(t)
			for _, line := range lines {
				runLine(t, line)
			}
		})
	}
}

// runLine runs a command of the docs, made shorter, and looks for the files that it names.
func runLine(t *testing.T, line string) {
	t.Helper()
	words := strings.Fields(line)
	var stdout, stderr bytes.Buffer
	args := append(words, shorter[words[1]]...)
	if code := execute(args, &stdout, &stderr); code != exitOK {
		t.Fatalf("%s: exit code %d\n%s%s", line, code, &stdout, &stderr)
	}
	if stdout.Len() == 0 {
		t.Errorf("%s: it says nothing", line)
	}
	for i, w := range words {
		if w != "--out" && w != "--render" {
			continue
		}
		if info, err := os.Stat(words[i+1]); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// sampleFiles are the files of each format.
var sampleFiles = map[string][]string{
	"eua": {sample.Sites, sample.Users}, "telecom": {sample.Stations}, "alibaba": {sample.LoRARequests},
	"azure": {sample.AzureCode, sample.AzureConv}, "edgecloudsim": {sample.EdgeDevices, sample.Applications, sample.EdgeProperties},
}

// putSamples writes all samples into the working folder.
func putSamples(t *testing.T) {
	t.Helper()
	for name, text := range sample.Files() {
		if err := os.WriteFile(name, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// TestImportFlags: every flag of every format changes what is written.
func TestImportFlags(t *testing.T) {
	t.Chdir(t.TempDir())
	putSamples(t)
	far := string(sample.SitesCSV(12)) + "99,-37.60,144.96,Far,VIC,2,,,,\r\n"
	if err := os.WriteFile(sample.Sites, []byte(far), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(sample.Stations, []byte("latitude,longitude\n31.2,121.4\n31.21,121.41\n31.22,121.4\n31.19,121.4\n31.7,121.4\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	n := 0
	written := func(format string, flags ...string) string {
		n++
		dir := fmt.Sprint("out", n)
		var stdout, stderr bytes.Buffer
		args := append([]string{"gmel", "import", format}, sampleFiles[format]...)
		if code := execute(append(append(args, "--out", dir), flags...), &stdout, &stderr); code != exitOK {
			t.Errorf("%s %q: exit code %d\n%s", format, flags, code, &stderr)
		}
		text := ""
		for _, name := range []string{dataset.ScenarioFile, dataset.ArrivalsFile, dataset.IEDsFile} {
			part, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil && name == dataset.ScenarioFile {
				t.Error(err)
			}
			text += string(part)
		}
		return text
	}
	for _, c := range importCommand().Subcommands {
		plain := written(c.Name)
		if written(c.Name) != plain {
			t.Errorf("%s: the same files give another scenario", c.Name)
		}
		for _, f := range c.Flags {
			flags := []string{"--" + f.Names()[0] + "=3"}
			switch f.Names()[0] {
			case "out":
				continue
			case "keep-outliers":
				flags = []string{"--keep-outliers"}
			case "models":
				flags = []string{"--models=1"}
			}
			if written(c.Name, flags...) == plain {
				t.Errorf("%s %s changes nothing", c.Name, flags)
			}
		}
	}
}

// TestImportExtremes: every number that a flag takes is refused where it is extreme, or gives a scenario.
func TestImportExtremes(t *testing.T) {
	t.Chdir(t.TempDir())
	putSamples(t)
	n := 0
	for _, c := range importCommand().Subcommands {
		for _, f := range c.Flags {
			for _, value := range flagExtremes(f) {
				n++
				args := append(append([]string{"gmel", "import", c.Name}, sampleFiles[c.Name]...), "--out", fmt.Sprint("x", n), "--"+f.Names()[0]+"="+value)
				var stdout, stderr bytes.Buffer
				code := execute(args, &stdout, &stderr)
				_, err := os.Stat(fmt.Sprint("x", n))
				if code != exitOK && code != exitUsage || (code == exitOK) != (err == nil) || strings.Contains(stderr.String(), "goroutine") {
					t.Errorf("%q: exit code %d, folder: %v\n%s", args, code, err, &stderr)
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d values", n)
	}
}
