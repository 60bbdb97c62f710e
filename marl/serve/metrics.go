package serve

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/gmel-go/gmel/marl/actor"
)

// metrics are what /metrics has.
type metrics struct {
	answers *prometheus.CounterVec
	refused prometheus.Counter
	inWork  prometheus.Gauge
	seconds prometheus.Histogram
	batch   prometheus.Histogram
	actions []prometheus.Counter // by action
	page    http.Handler
}

func newMetrics(c *actor.Contract) *metrics {
	m := &metrics{
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gmel_serve_answers_total", Help: "Answers by HTTP status."}, []string{"code"}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{Name: "gmel_serve_refused_total", Help: "Requests for decisions refused because too many were in work."}),
		inWork:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "gmel_serve_requests_in_work", Help: "Requests for decisions in work."}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "gmel_serve_decision_seconds", Help: "Time from the begin of a request's body to the end of its answer.",
			Buckets: prometheus.ExponentialBuckets(25e-6, 2, 18), // to 3.3 s
		}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "gmel_serve_batch_observations", Help: "Observations of a request.", Buckets: prometheus.ExponentialBuckets(1, 4, 7),
		}),
	}
	actions := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gmel_serve_decisions_total", Help: "Decisions by action. Shares that move tell that what is observed has moved."}, []string{"action"})
	for _, a := range c.Interface.Actions {
		m.actions = append(m.actions, actions.WithLabelValues(a.Name))
	}
	policy := prometheus.NewGauge(prometheus.GaugeOpts{Name: "gmel_serve_policy_info", Help: "The policy; always 1.", ConstLabels: prometheus.Labels{
		"name": c.Name, "algorithm": c.Algorithm, "update": strconv.Itoa(c.Checkpoint.Update), "checkpoint_sha256": c.Checkpoint.SHA256,
	}})
	policy.Set(1)
	r := prometheus.NewRegistry()
	r.MustRegister(m.answers, m.refused, m.inWork, m.seconds, m.batch, actions, policy,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.page = promhttp.HandlerFor(r, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
	return m
}

// answered counts an answer.
func (m *metrics) answered(status int) { m.answers.WithLabelValues(strconv.Itoa(status)).Inc() }

// decided counts the decisions of a request.
func (m *metrics) decided(actions []int32, took time.Duration) {
	for _, a := range actions {
		m.actions[a].Inc()
	}
	m.batch.Observe(float64(len(actions)))
	m.seconds.Observe(took.Seconds())
}
