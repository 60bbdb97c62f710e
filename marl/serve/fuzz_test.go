package serve_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/marl/serve"
)

// Whatever a body is, the answer is JSON: a decision for each observation, or an error of the client.
func FuzzInfer(f *testing.F) {
	for _, body := range []string{
		one, "", "{}", "null", `{"inputs": null}`, strings.Replace(one, "0.75", "-1e-45", 1), strings.Replace(one, "[1, 0.75, 1]", "[[1, 0.75, 1]]", 1),
		strings.ReplaceAll(one, "[1, ", "[2, "), strings.Replace(one, "[true, true]", "[[], true]", 1), strings.Replace(one, "[1, 0.75, 1]", `[{"]": ","}, 1, 2]`, 1),
	} {
		f.Add(body)
	}
	s, err := serve.New(press(f), serve.Defaults())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		q, err := http.NewRequest("POST", infer, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		a := &recorder{header: http.Header{}}
		s.ServeHTTP(a, q)
		var answer struct {
			Error   string
			Outputs []struct{ Data []float64 }
		}
		if err := json.Unmarshal([]byte(a.text), &answer); err != nil {
			t.Fatalf("%v in %s", err, a.text)
		}
		decided, refused := a.status == 200 && len(answer.Outputs) > 0, (a.status == 400 || a.status == 413) && answer.Error != ""
		if !decided && !refused {
			t.Errorf("%d %s", a.status, a.text)
		}
	})
}
