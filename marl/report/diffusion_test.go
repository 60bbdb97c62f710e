package report

import (
	"path/filepath"
	"strings"
	"testing"

	diffusion "github.com/gmel-go/gmel/nn/diffusion/run"
)

// A run of a diffusion model has its curves, its picture and its table of quality, and one that is not finished has what there is.
func TestDiffusionRun(t *testing.T) {
	dir := t.TempDir()
	c := diffusion.Default()
	c.Train.Updates = 20
	write(t, string(c.YAML()), dir, "config.yaml")
	write(t, `{"update":10,"kind":"train","loss":0.75,"held_out_loss":0.5,"lr":0.1}
{"update":20,"kind":"train","loss":0.5,"held_out_loss":0.25,"lr":0.1}
`, dir, "metrics.jsonl")
	p := page(t, dir)
	if len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "can be resumed") || p.Model[0].Grid != "" {
		t.Errorf("%q", p.Notes)
	}
	write(t, "\x89PNG", dir, "grid.png")
	write(t, `{"training_images":9,"images":3,"sampler":"heun","steps":18,"real":{"frechet":1.5},"generated":{"frechet":3.25}}`, dir, "quality.json")
	p = page(t, dir)
	text := html(t, p)
	f := figuresIn(t, text)["m0-loss"]
	if len(p.Notes) != 0 || len(f.Series) != 2 || f.Series[1].Name != "held out loss" || f.Series[1].Y[1] != 0.25 || f.X[1] != 20 {
		t.Errorf("%q, %+v", p.Notes, f)
	}
	for _, want := range []string{"<td>1.50</td>", "<td>3.25</td>", "3 held-out samples", `src="data:image/png;base64,iVBORw=="`, "diffusion model " + c.Model.Size} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the page", want)
		}
	}
	// A live page keeps a part with figures as it is, so samples and quality must not be in one.
	for _, part := range strings.Split(text, "<section ") {
		if strings.Contains(part, `class="plot"`) && (strings.Contains(part, "data:image/png") || strings.Contains(part, "<td>3.25</td>")) {
			t.Errorf("figures and samples are in one part: %.60s", part)
		}
	}
	write(t, "{", dir, "quality.json")
	if p = page(t, dir); len(p.Notes) != 1 || !strings.Contains(p.Notes[0], filepath.Join(dir, "quality.json")) {
		t.Errorf("%q", p.Notes)
	}
}
