package deploy

import (
	"errors"
	"fmt"
	"regexp"
	"unicode"
	"unicode/utf8"
)

// Resources of one run.
type Resources struct {
	CPUs   int
	Memory string // a number and K, M, G or T, which are powers of 1024 bytes
}

// pattern is what a value may be, for a program and for a reader.
type pattern struct {
	form    *regexp.Regexp
	allowed string
}

var (
	word      = pattern{regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`), "letters, digits, '.', '_' and '-'"}
	list      = pattern{regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._,-]*)?$`), "names of letters, digits, '.', '_' and '-', with commas between them"}
	label     = pattern{regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`), "small letters, digits and '-', a letter first"}
	subdomain = pattern{regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`), "small letters, digits, '-' and '.'"}
	reference = pattern{regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@-]*$`), "the name of an image, such as registry.example/gmel:1"}
	memory    = pattern{regexp.MustCompile(`^[1-9][0-9]{0,8}[KMGT]$`), "a number and K, M, G or T, such as 4G"}
	duration  = pattern{regexp.MustCompile(`^([0-9]+-[0-9]{1,2}(:[0-9]{2}){0,2}|[0-9]+(:[0-9]{2}){0,2})?$`),
		"minutes, MINUTES:SECONDS, HOURS:MINUTES:SECONDS or DAYS-HOURS, such as 1-12"}
)

// checks collects the faults of values.
type checks struct{ faults []error }

func (c *checks) add(err error) { c.faults = append(c.faults, err) }

func (c *checks) match(field, value string, p pattern) {
	if !p.form.MatchString(value) {
		c.add(fmt.Errorf("%s is %q; allowed: %s", field, value, p.allowed))
	}
}

func (c *checks) atLeast(field string, value, least int) {
	if value < least {
		c.add(fmt.Errorf("%s is %d; allowed: at least %d", field, value, least))
	}
}

func (c *checks) resources(r Resources) {
	c.atLeast("cpus", r.CPUs, 1)
	c.match("memory", r.Memory, memory)
}

// longestHost is the most bytes of a label in a host name (RFC 1123).
const longestHost = 63

// host checks the name of something in Kubernetes, whose pods have hosts with this name and a suffix.
func (c *checks) host(name, suffix string) {
	c.match("name", name, label)
	if host := name + suffix; len(host) > longestHost {
		c.add(fmt.Errorf("name is %q, and the host %s has %d characters; allowed: %d", name, host, len(host), longestHost))
	}
}

func (c *checks) command(words []string) {
	for _, word := range words {
		c.printable("the command", word)
	}
}

// printable refuses what a batch file and a manifest cannot show in a line, and a reader would not see.
func (c *checks) printable(field, value string) {
	for _, r := range value {
		if !unicode.IsPrint(r) {
			c.add(fmt.Errorf("%s has %q; allowed: characters that can be printed in one line", field, value))
			return
		}
	}
	if !utf8.ValidString(value) {
		c.add(fmt.Errorf("%s has %q, which is not UTF-8", field, value))
	}
}

func (c *checks) err() error { return errors.Join(c.faults...) }
