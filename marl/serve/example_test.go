package serve_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gmel-go/gmel/marl/actor"
	"github.com/gmel-go/gmel/marl/serve"
)

// A server as a handler of another program, and a client that asks for an action.
func Example() {
	policy, err := actor.Read("../actor/testdata/press") // as gmel export RUN --to folder writes it
	if err != nil {
		log.Fatal(err)
	}
	s, err := serve.New(policy, serve.Defaults())
	if err != nil {
		log.Fatal(err)
	}
	h := httptest.NewServer(s)
	defer h.Close()

	answer, err := http.Post(h.URL+"/v2/models/press/infer", "application/json", strings.NewReader(`{
		"inputs": [{"name": "observation", "datatype": "FP32", "shape": [1, 3], "data": [1, 0.2, 0.1]},
		           {"name": "mask", "datatype": "BOOL", "shape": [1, 2], "data": [true, true]}],
		"outputs": [{"name": "action"}]}`))
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", text)
	// Output: {"model_name":"press","outputs":[{"name":"action","datatype":"INT64","shape":[1],"data":[1]}]}
}
