package deploy

import "strconv"

// Job is an Indexed Job of Kubernetes whose pods train a run each.
type Job struct {
	Name string
	Resources
	Image    string
	Claim    string // volume claim with the files that the command reads, and with the runs
	Runs     int
	Parallel int      // pods at a time, 0: no limit
	Command  []string // program and arguments
}

// Pods is the largest number of pods at a time.
func (j Job) Pods() int {
	if j.Parallel == 0 {
		return j.Runs
	}
	return min(j.Parallel, j.Runs)
}

// Pod is the specification of a pod.
func (j Job) Pod() (string, error) { return j.pod().spec(6) }

func (j Job) pod() pod {
	return pod{Resources: j.Resources, Container: "gmel", Image: j.Image, Claim: j.Claim, Command: j.Command}
}

// Text is the manifest. An error is a value that is not allowed.
func (j Job) Text() (string, error) {
	c := checks{}
	c.host(j.Name, "-"+strconv.Itoa(j.Runs-1))
	j.pod().check(&c)
	c.atLeast("parallel", j.Parallel, 0)
	c.command(j.Command)
	return c.execute("job.yaml.tmpl", j)
}
