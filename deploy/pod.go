package deploy

import (
	"regexp"
	"strings"
)

// pod is what the pods of all manifests have in common.
type pod struct {
	Resources
	Container string // its name
	Image     string
	Claim     string   // volume claim with the files that the command reads, and with the runs
	Command   []string // program and arguments
	Port      int      // at which the pod is reached once it is ready, 0: none
}

// User is the numeric user and group of the image, which a volume must let write.
func (pod) User() int { return user }

// user is that of the Containerfile.
const user = 10001

// spec is the specification of a pod without its restartPolicy, as lines of a manifest that are indented by some columns.
func (p pod) spec(columns int) (string, error) {
	text, err := filled("pod.yaml.tmpl", p)
	return indented(columns, strings.TrimSuffix(text, "\n")), err
}

func (p pod) check(c *checks) {
	c.resources(p.Resources)
	c.match("image", p.Image, reference)
	c.match("claim", p.Claim, subdomain)
}

// indented begins the lines of a text that are not empty with spaces.
func indented(columns int, text string) string {
	return lineBegin.ReplaceAllString(text, strings.Repeat(" ", columns)+"$0")
}

var lineBegin = regexp.MustCompile(`(?m)^.`)
