package deploy

import (
	"fmt"
	"strconv"
)

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

// User is the numeric user and group of the image, which a volume must let write.
func (Job) User() int { return user }

// user is that of the Containerfile.
const user = 10001

// longestHost is the most bytes of a label in a host name (RFC 1123). Kubernetes calls the host of a pod NAME-INDEX.
const longestHost = 63

// Text is the manifest. An error is a value that is not allowed.
func (j Job) Text() (string, error) {
	c := checks{}
	c.match("name", j.Name, label)
	if host := j.Name + "-" + strconv.Itoa(j.Runs-1); len(host) > longestHost {
		c.add(fmt.Errorf("name is %q, and with the index of a run it has %d characters; allowed: %d", j.Name, len(host), longestHost))
	}
	c.resources(j.Resources)
	c.match("image", j.Image, reference)
	c.match("claim", j.Claim, subdomain)
	c.atLeast("parallel", j.Parallel, 0)
	for _, word := range j.Command {
		c.printable("the command", word)
	}
	return c.execute("job.yaml.tmpl", j)
}
