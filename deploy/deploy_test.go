package deploy

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files anew")

// awkward words are a program and arguments that a shell and a manifest would read otherwise.
var awkward = []string{"/opt/g mel/gmel", "sweep", "run", `a "plan" of $HOME's $(hostname) $$ \n #1: {x}.yaml`}

func slurmArray() Slurm {
	return Slurm{
		Name: "hall", Resources: Resources{4, "3G"}, Time: "1-12:00:00", Partition: "cpu,long", Account: "lab",
		Runs: 30, Parallel: 8, Command: []string{"gmel", "sweep", "run", "plan.yaml"},
	}
}

func job() Job {
	return Job{
		Name: "hall", Resources: Resources{4, "3G"}, Image: "registry.example/lab/gmel:1", Claim: "runs", Runs: 30, Parallel: 8,
		Command: []string{"gmel", "sweep", "run", "plan.yaml"},
	}
}

func shared() Ranks {
	return Ranks{
		Name: "hall", Resources: Resources{4, "3G"}, Image: "registry.example/lab/gmel-mpi:1", Claim: "runs", Ranks: 4, Result: "runs/a/table.json",
		Command: []string{"gmel", "train", "--auto-resume", "--set", "train.updates=5", "--out", "runs/a"},
	}
}

// TestGolden: what is printed is what was reviewed. -update writes the files anew.
func TestGolden(t *testing.T) {
	for name, text := range map[string]func() (string, error){
		"slurm.sbatch": Slurm{
			Name: "gmel", Resources: Resources{2, "2G"}, Command: []string{"gmel", "train", "--auto-resume", "--set", "train.updates=5", "--out", "runs/a"},
		}.Text,
		"slurm-ranks.sbatch": Slurm{Name: "gmel", Resources: Resources{8, "4G"}, Ranks: 4, Command: []string{"gmel", "train", "--auto-resume", "--out", "runs/a"}}.Text,
		"slurm-array.sbatch": slurmArray().Text,
		"job.yaml":           job().Text,
		"mpijob.yaml":        shared().MPIJob,
		"trainjob.yaml":      shared().TrainJob,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := text()
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil || got != string(want) {
				t.Errorf("%s differs (%v): go test ./deploy -update\n%s", path, err, got)
			}
		})
	}
}

// TestBatchFiles: bash can read them, and shellcheck, where it is installed, finds nothing to say but that quotes keep a dollar.
func TestBatchFiles(t *testing.T) {
	for _, s := range []Slurm{slurmArray(), {Name: "a", Resources: Resources{1, "1G"}, Command: awkward}, {Name: "a", Resources: Resources{1, "1G"}, Ranks: 2, Command: awkward}} {
		text, err := s.Text()
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range [][]string{{"bash", "-n"}, {"shellcheck", "--exclude=SC2016", "-"}} {
			program, err := exec.LookPath(command[0])
			if err != nil {
				t.Logf("%s is not installed", command[0])
				continue
			}
			cmd := exec.Command(program, command[1:]...)
			cmd.Stdin = strings.NewReader(text)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", command, err, out)
			}
		}
	}
}

// TestAwkwardWords: a shell and a reader of YAML get the words of a command as they were given.
func TestAwkwardWords(t *testing.T) {
	letter := rapid.OneOf(rapid.RuneFrom([]rune("ab '\"\\$`#:{}[]()&|;<>*?!~=%@-,\t")), rapid.Rune())
	t.Run("shell", rapid.MakeCheck(func(t *rapid.T) {
		words := append(rapid.SliceOfN(rapid.StringOf(letter), 1, 4).Draw(t, "words"), awkward...)
		text, err := Slurm{Name: "a", Resources: Resources{1, "1G"}, Command: words}.Text()
		if refused(t, words, err) {
			return
		}
		line := regexp.MustCompile(`(?m)^(.*) &$`).FindStringSubmatch(text)[1]
		out, err := exec.Command("bash", "-c", `printf '%s\n' `+line).Output()
		if want := strings.Join(words, "\n") + "\n"; err != nil || string(out) != want {
			t.Fatalf("bash reads %q of %s, want %q (%v)", out, line, want, err)
		}
	}))
	t.Run("manifest", rapid.MakeCheck(func(t *rapid.T) {
		j := job()
		j.Command = append(rapid.SliceOfN(rapid.StringOf(letter), 1, 4).Draw(t, "words"), awkward...)
		text, err := j.Text()
		if refused(t, j.Command, err) {
			return
		}
		var got struct {
			Spec struct {
				Template struct {
					Spec struct{ Containers []struct{ Command []string } }
				}
			}
		}
		if err := yaml.Unmarshal([]byte(text), &got); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		for i, word := range got.Spec.Template.Spec.Containers[0].Command {
			if expanded(word) != j.Command[i] {
				t.Fatalf("the manifest has %q for %q", word, j.Command[i])
			}
		}
	}))
	dir := t.TempDir()
	t.Run("launcher", rapid.MakeCheck(func(t *rapid.T) {
		r := shared()
		r.Command = append(rapid.SliceOfN(rapid.StringOf(letter), 1, 4).Draw(t, "words"), awkward...)
		text, err := r.MPIJob()
		if refused(t, r.Command, err) {
			return
		}
		out, err := launcher(t, dir, text, `printf '%s\n' "$@"`).Output()
		if want := strings.Join(r.Command, "\n") + "\n"; !strings.HasSuffix(string(out), "\n3\n"+want) { // after the last setting
			t.Fatalf("mpirun gets %q, want %q at the end (%v)", out, want, err)
		}
	}))
}

// launcher is the command of the launcher in an MPIJob, as Kubernetes gives it to a pod in dir whose mpirun is a script.
func launcher(t rapid.TB, dir, text, mpirun string) *exec.Cmd {
	var job struct {
		Spec struct {
			Specs map[string]struct {
				Template struct {
					Spec struct{ Containers []struct{ Command []string } }
				}
			} `yaml:"mpiReplicaSpecs"`
		}
	}
	if err := yaml.Unmarshal([]byte(text), &job); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	command := job.Spec.Specs["Launcher"].Template.Spec.Containers[0].Command
	for i, word := range command {
		command[i] = expanded(word)
	}
	if err := os.WriteFile(filepath.Join(dir, "mpirun"), []byte("#!/bin/bash\n"+mpirun+"\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	return cmd
}

// TestLauncher: the exit code is that of mpirun, but for a run that is not complete after 0; and TERM becomes USR1, after which the
// launcher waits for the end.
func TestLauncher(t *testing.T) {
	text, err := shared().MPIJob()
	if err != nil {
		t.Fatal(err)
	}
	const (
		table = "mkdir -p runs/a; touch runs/a/table.json; "
		leave = "while kill -TERM $PPID; do sleep 0.05; done" // again, because the first may come before the launcher knows whom to tell
	)
	for _, x := range []struct {
		mpirun string
		want   int
	}{
		{table + "exit 0", 0}, {"exit 0", 75}, {"exit 2", 2}, {table + "exit 1", 1},
		{`trap 'sleep 0.1; exit 75' USR1; ` + leave, 75}, {`trap '` + table + `exit 0' USR1; ` + leave, 0},
	} {
		cmd := launcher(t, t.TempDir(), text, x.mpirun)
		if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != x.want {
			t.Errorf("%s: exit code %d, want %d\n%s", x.mpirun, cmd.ProcessState.ExitCode(), x.want, out)
		}
	}
}

// expanded is a word as Kubernetes gives it to a program if no variable is set: $$ means $, and a reference must not be left.
func expanded(word string) string {
	if regexp.MustCompile(`(^|[^$])(\$\$)*\$\(`).MatchString(word) {
		return "a reference"
	}
	return strings.ReplaceAll(word, "$$", "$")
}

// refused reports whether words that cannot be shown in a line are refused, and those alone.
func refused(t *rapid.T, words []string, err error) bool {
	bad := ""
	for _, word := range words {
		for _, r := range word {
			if !strconv.IsPrint(r) {
				bad = word
			}
		}
	}
	if (err != nil) != (bad != "") {
		t.Fatalf("words %q: error %v", words, err)
	}
	return err != nil
}

// TestRefused: a value that would end a line, begin an option, or that a scheduler does not take.
func TestRefused(t *testing.T) {
	for field, values := range map[string][]string{
		"name":      {"", "a b", "a\n#SBATCH --exclusive", "a#b", "-a", "ä"},
		"memory":    {"", "4", "4GB", "0G", "4 G", "1.5G", "4g"},
		"time":      {"1 h", "1-", "1:2", "-1", "12:00\n", "1-2-3"},
		"partition": {"a b", "a#b", "-a", "a;b"},
		"account":   {"a b", "$USER"},
	} {
		for _, value := range values {
			s := slurmArray()
			*map[string]*string{"name": &s.Name, "memory": &s.Memory, "time": &s.Time, "partition": &s.Partition, "account": &s.Account}[field] = value
			if _, err := s.Text(); err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("%s is %q; allowed: ", field, value)) {
				t.Errorf("%s %q: error %v", field, value, err)
			}
		}
	}
	for field, values := range map[string][]string{
		"name":  {"", "Hall", "a.b", "1a", "a-", strings.Repeat("a", 61)},
		"image": {"", "a b", "-a", `a"b`, "a\nb"},
		"claim": {"", "Runs", "a_b", `a"`},
	} {
		for _, value := range values {
			j, r := job(), shared()
			*map[string]*string{"name": &j.Name, "image": &j.Image, "claim": &j.Claim}[field] = value
			*map[string]*string{"name": &r.Name, "image": &r.Image, "claim": &r.Claim}[field] = value
			for _, text := range []func() (string, error){j.Text, r.MPIJob, r.TrainJob} {
				if _, err := text(); err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("%s is %q", field, value)) {
					t.Errorf("%s %q: error %v", field, value, err)
				}
			}
		}
	}
	r := shared()
	r.Ranks = 1
	if _, err := r.MPIJob(); err == nil || err.Error() != "ranks is 1; allowed: at least 2" {
		t.Errorf("one rank: error %v", err)
	}
	s := slurmArray()
	s.CPUs, s.Parallel, s.Command = 0, -1, []string{"a\nb", "a\xffb"}
	if _, err := s.Text(); err == nil || strings.Count(err.Error(), "\n") != 3 {
		t.Errorf("of four faults it says %v", err)
	}
}

// TestContainerfile: the image is built with the Go of this module, and its user is that of the manifest.
func TestContainerfile(t *testing.T) {
	text, err := Containerfile()
	if err != nil {
		t.Fatal(err)
	}
	module, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(module)[1]
	for _, want := range []string{fmt.Sprintf("golang:%s-", version), fmt.Sprintf("\nUSER %d:%d\n", user, user)} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
