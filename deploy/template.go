package deploy

import (
	"embed"
	"regexp"
	"strconv"
	"strings"
	"text/template"
)

//go:embed *.tmpl Containerfile
var files embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"shell": shell, "quoteWord": quoteWord, "quoted": strconv.Quote, "argument": argument,
}).ParseFS(files, "*.tmpl"))

// execute fills in a template, unless a value is not allowed.
func (c *checks) execute(name string, values any) (string, error) {
	if err := c.err(); err != nil {
		return "", err
	}
	return filled(name, values)
}

// filled fills in a template.
func filled(name string, values any) (string, error) {
	var b strings.Builder
	err := templates.ExecuteTemplate(&b, name, values)
	return b.String(), err
}

// Containerfile is that of an image with gmel, which is built from a checkout.
func Containerfile() (string, error) {
	text, err := files.ReadFile("Containerfile")
	return string(text), err
}

// plain has words that mean themselves to a shell.
var plain = regexp.MustCompile(`^[A-Za-z0-9_./:,+-]+$`)

// shell quotes a command for a shell.
func shell(command []string) string {
	words := make([]string, len(command))
	for i, w := range command {
		words[i] = quoteWord(w)
	}
	return strings.Join(words, " ")
}

// quoteWord quotes one word for a shell.
func quoteWord(w string) string {
	if plain.MatchString(w) {
		return w
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}

// expandable is dollars that Kubernetes would not leave as they are: it replaces $(NAME) by a variable, and $$ by $.
var expandable = regexp.MustCompile(`\$+\(|\$\$+`)

// argument quotes a word of a command for a manifest. The rest of a printable text means the same between double quotes in Go and in
// YAML. Several lines, which are a script, stay lines that can be read.
func argument(word string) string {
	word = expandable.ReplaceAllStringFunc(word, func(s string) string { return strings.ReplaceAll(s, "$", "$$") })
	if !strings.Contains(word, "\n") {
		return strconv.Quote(word)
	}
	return "|\n" + indented(8, strings.TrimSuffix(word, "\n"))
}
