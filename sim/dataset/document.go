package dataset

import (
	"fmt"
	"strconv"
	"strings"
)

// document is a scenario file in the making: keys in the order of the file, each with its source.
type document struct {
	name    string
	report  *Report
	entries []entry
}

// entry is a key with a value, or with a list of items that have a line each.
type entry struct {
	path, value, why string
	items            []string
}

func newDocument(name string, r *Report) *document {
	return &document{name: name, report: r}
}

// data adds a key whose value the data gives.
func (d *document) data(path string, value any, why string) {
	d.known(path, show(value), why)
	d.entries = append(d.entries, entry{path: path, value: show(value), why: why})
}

// assume adds a key whose value the data does not give; option is the one that replaces it, or "".
func (d *document) assume(path string, value any, why, option string) {
	d.report.Assumed = append(d.report.Assumed, Fact{path, show(value), why, option})
	if why != "chosen" {
		why = "assumed: " + why
	}
	if option != "" {
		why += "; --" + option
	}
	d.entries = append(d.entries, entry{path: path, value: show(value), why: why})
}

// choose adds a key whose value is the option's, or else an assumption.
func (d *document) choose(path string, given, otherwise any, why, option string) {
	if given == 0 || given == 0.0 {
		d.assume(path, otherwise, why, option)
		return
	}
	d.assume(path, given, "chosen", option)
}

// list adds a key with one item a line; summary stands for the items in the report.
func (d *document) list(path, summary, why string, items []string) {
	d.known(path, summary, why)
	d.items(path, why, items)
}

// items adds a key with one item a line that the report does not tell of.
func (d *document) items(path, why string, items []string) {
	d.entries = append(d.entries, entry{path: path, why: why, items: items})
}

func (d *document) known(path, value, why string) {
	d.report.Known = append(d.report.Known, Fact{Key: path, Value: value, Why: why})
}

// show writes a value as YAML.
func show(value any) string {
	switch v := value.(type) {
	case float64:
		return number(v)
	case []float64:
		texts := make([]string, len(v))
		for i, x := range v {
			texts[i] = number(x)
		}
		return "[" + strings.Join(texts, ", ") + "]"
	}
	return fmt.Sprint(value)
}

// number writes a number with six significant digits, of which none is lost when it is read back.
func number(v float64) string { return strconv.FormatFloat(rounded(v), 'g', -1, 64) }

// rounded returns the number of six significant digits next to v.
func rounded(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	if err != nil {
		panic("dataset: " + err.Error()) // it has been formatted
	}
	return r
}

// commentWidth is the length at which a line of comment ends.
const commentWidth = 108

// yaml returns the text of the file.
func (d *document) yaml() []byte {
	var b strings.Builder
	for _, line := range d.report.origin() {
		comment(&b, "", line)
	}
	fmt.Fprintf(&b, "\nname: %s\n", d.name)
	var section []string
	for _, e := range d.entries {
		keys := strings.Split(e.path, ".")
		parents := keys[:len(keys)-1]
		openSections(&b, section, parents)
		section = parents
		e.write(&b, strings.Repeat("  ", len(parents)), keys[len(keys)-1])
	}
	return []byte(b.String())
}

// openSections writes the keys of the sections that are not open yet.
func openSections(b *strings.Builder, open, wanted []string) {
	n := 0
	for n < len(open) && n < len(wanted) && open[n] == wanted[n] {
		n++
	}
	if n == 0 && len(wanted) > 0 {
		b.WriteString("\n")
	}
	for ; n < len(wanted); n++ {
		fmt.Fprintf(b, "%s%s:\n", strings.Repeat("  ", n), wanted[n])
	}
}

func (e *entry) write(b *strings.Builder, indent, key string) {
	line := indent + key + ": " + e.value
	if e.items == nil && len(line)+len(e.why)+4 <= commentWidth {
		fmt.Fprintf(b, "%s  # %s\n", line, e.why)
		return
	}
	comment(b, indent, e.why)
	if e.items == nil {
		b.WriteString(line + "\n")
		return
	}
	b.WriteString(indent + key + ":\n")
	for _, item := range e.items {
		b.WriteString(indent + "  - " + item + "\n")
	}
}

// comment writes a sentence as lines of comment.
func comment(b *strings.Builder, indent, text string) {
	line := indent + "#"
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > commentWidth && !strings.HasSuffix(line, "#") {
			b.WriteString(line + "\n")
			line = indent + "#  "
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}
