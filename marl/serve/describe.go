package serve

import (
	"net/http"

	"github.com/gmel-go/gmel/marl/actor"
)

// Names of tensors, as the ONNX file of a policy folder has them.
const (
	observationName = "observation" // FP32 [N, O]
	maskName        = "mask"        // BOOL [N, U], true for legal actions
	actionName      = "action"      // INT64 [N]
	logitsName      = "logits"      // FP32 [N, U], the outputs of the network
)

// Datatypes of the protocol.
const (
	fp32    = "FP32"
	boolean = "BOOL"
	int64s  = "INT64"
)

// tensorInfo describes a tensor; -1 is a dimension of any size.
type tensorInfo struct {
	Name     string `json:"name"`
	Datatype string `json:"datatype"`
	Shape    []int  `json:"shape"`
}

func inputs(c *actor.Contract) []tensorInfo {
	return []tensorInfo{
		{observationName, fp32, []int{-1, len(c.Interface.Observations)}},
		{maskName, boolean, []int{-1, len(c.Interface.Actions)}},
	}
}

func outputs(c *actor.Contract) []tensorInfo {
	return []tensorInfo{
		{actionName, int64s, []int{-1}},
		{logitsName, fp32, []int{-1, len(c.Interface.Actions)}},
	}
}

func (s *Server) describeServer(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, struct {
		Name       string   `json:"name"`
		Version    string   `json:"version"`
		Extensions []string `json:"extensions"`
	}{"gmel", s.o.Version, []string{}})
}

func (s *Server) describeModel(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, struct {
		Name     string       `json:"name"`
		Platform string       `json:"platform"`
		Inputs   []tensorInfo `json:"inputs"`
		Outputs  []tensorInfo `json:"outputs"`
	}{s.o.Name, "gmel_policy", inputs(&s.policy.Contract), outputs(&s.policy.Contract)})
}

func (s *Server) live(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, struct {
		Live bool `json:"live"`
	}{true})
}

// readiness is the status of an answer about readiness.
func (s *Server) readiness() (status int, ready bool) {
	if s.stopping.Load() {
		return http.StatusServiceUnavailable, false
	}
	return http.StatusOK, true
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	status, ready := s.readiness()
	reply(w, status, struct {
		Live  bool `json:"live"` // which the protocol has in this answer, too
		Ready bool `json:"ready"`
	}{true, ready})
}

func (s *Server) modelReady(w http.ResponseWriter, _ *http.Request) {
	status, ready := s.readiness()
	reply(w, status, struct {
		Name  string `json:"name"`
		Ready bool   `json:"ready"`
	}{s.o.Name, ready})
}
