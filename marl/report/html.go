package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"

	"github.com/gmel-go/gmel/internal/palette"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

//go:embed uplot/uPlot.iife.min.js
var plotJS string

//go:embed uplot/uPlot.min.css
var plotCSS string

//go:embed uplot/LICENSE
var plotLicence string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"colour":   func(i int) template.CSS { return template.CSS(fmt.Sprintf("var(--c%d)", i%len(palette.Series))) },
	"numbered": func(d *Differing, name string) titled { return titled{d, name} },
}).Parse(pageHTML))

// titled is a table of facts under a name.
type titled struct {
	*Differing
	Name string
}

// HTML is the page as one file. Every text of a run is escaped.
func (p *Page) HTML() ([]byte, error) {
	var out bytes.Buffer
	err := pageTemplate.Execute(&out, map[string]any{
		"Page": p, "Figures": p.figures(), "Style": template.CSS(colours() + plotCSS + pageCSS),
		"Plot": template.JS(plotJS), "Script": template.JS(pageJS), "Licence": plotLicence,
	})
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return out.Bytes(), nil
}

// colours are the variables of the style that the palette gives.
func colours() string {
	var light, dark strings.Builder
	for i, c := range palette.Series {
		fmt.Fprintf(&light, "--c%d:%s;", i, palette.Hex(c))
		fmt.Fprintf(&dark, "--c%d:%s;", i, palette.Hex(palette.OnDark[i]))
	}
	return fmt.Sprintf(":root{--font:%s;%s}@media screen and (prefers-color-scheme:dark){:root{%s}}", palette.Families, light.String(), dark.String())
}
