// Package serve answers over HTTP what a policy decides, by the Open Inference Protocol, version 2, with JSON
// (https://github.com/kserve/open-inference-protocol), which clients of KServe, Triton, OpenVINO Model Server and others speak:
//
//	GET  /v2                          the server
//	GET  /v2/health/live              it answers
//	GET  /v2/health/ready             it takes requests; 503 once it stops
//	GET  /v2/models/NAME              inputs and outputs
//	GET  /v2/models/NAME/ready        it takes requests for the policy
//	POST /v2/models/NAME/infer        decisions for a batch
//	GET  /metrics                     counters for Prometheus
//
// Everything that a client can make large has a limit: the body, the batch, the requests in work and the connections. What is
// above a limit is refused with a status and a sentence in {"error": ..}, so memory stays bounded under any load.
package serve
