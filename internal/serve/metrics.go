package serve

import (
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/dylora/dylora/classify"
)

// Metrics count what a server does, in a registry of their own and in Prometheus' form. They hold no texts.
type Metrics struct {
	registry *prometheus.Registry

	requests *prometheus.CounterVec   // by route and status
	duration *prometheus.HistogramVec // by route, seconds
	rejected *prometheus.CounterVec   // by reason

	texts, tokens, truncated prometheus.Counter
	executions               executionMetrics
}

// executionMetrics describe executions of the graph.
type executionMetrics struct {
	total                                 prometheus.Counter
	texts, tokens, adapters, ranks, heads prometheus.Histogram
	took, waited                          prometheus.Histogram
	most                                  prometheus.Gauge // adapters that shared one

	lock sync.Mutex
	max  int // what most says
}

// NewMetrics makes the metrics of a server; version is the program's.
func NewMetrics(version string) *Metrics {
	registry := prometheus.NewRegistry()
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
		registry.MustRegister(c)
		return c
	}
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		registry.MustRegister(c)
		return c
	}
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
		registry.MustRegister(h)
		return h
	}
	gauge := func(name, help string, labels prometheus.Labels) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels})
		registry.MustRegister(g)
		return g
	}
	seconds := prometheus.ExponentialBuckets(0.0005, 2, 16) // to 16 s
	few, many := prometheus.ExponentialBuckets(1, 2, 7), prometheus.ExponentialBuckets(1, 2, 14)
	m := &Metrics{
		registry:  registry,
		requests:  counters("dylora_requests_total", "Requests that were answered, by route and status.", "route", "status"),
		duration:  prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "dylora_request_duration_seconds", Help: "Time from a request's header to the end of its answer, by route.", Buckets: seconds}, []string{"route"}),
		rejected:  counters("dylora_rejected_total", "Requests that a limit or the token refused, by reason.", "reason"),
		texts:     counter("dylora_texts_total", "Texts that were answered."),
		tokens:    counter("dylora_tokens_total", "Tokens of the texts that were answered."),
		truncated: counter("dylora_truncated_texts_total", "Texts that were cut because they were longer than the limit."),
		executions: executionMetrics{
			total:    counter("dylora_executions_total", "Executions of the graph."),
			texts:    histogram("dylora_execution_texts", "Texts of an execution.", many[:11]),
			tokens:   histogram("dylora_execution_tokens", "Tokens of an execution.", many),
			adapters: histogram("dylora_execution_adapters", "Different adapters in an execution.", few),
			ranks:    histogram("dylora_execution_ranks", "Different ranks in an execution.", few),
			heads:    histogram("dylora_execution_heads", "Different classification heads in an execution.", few),
			took:     histogram("dylora_execution_duration_seconds", "Time that an execution takes.", seconds),
			waited:   histogram("dylora_execution_wait_seconds", "Time that the oldest text of an execution had waited.", seconds),
			most:     gauge("dylora_execution_adapters_max", "The most adapters that shared an execution since the start.", nil),
		},
	}
	registry.MustRegister(m.duration, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gauge("dylora_build_info", "1, with the version as labels.", prometheus.Labels{"version": version, "go": runtime.Version()}).Set(1)
	for _, reason := range []string{"busy", "slow", "too_large", "timeout", "unauthorized"} { // so that rates have a beginning
		m.rejected.WithLabelValues(reason)
	}
	return m
}

// Request counts an answered request; route is the pattern that it matched, "" for none, so that a client cannot make new series.
func (m *Metrics) Request(route string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	m.duration.WithLabelValues(route).Observe(took.Seconds())
}

// Rejected counts a request that was refused.
func (m *Metrics) Rejected(reason string) { m.rejected.WithLabelValues(reason).Inc() }

// Answered counts the texts of a request that was answered, their tokens, and those of the texts that were cut.
func (m *Metrics) Answered(texts, tokens, truncated int) {
	m.texts.Add(float64(texts))
	m.tokens.Add(float64(tokens))
	m.truncated.Add(float64(truncated))
}

// Execution counts an execution; it is made for classify.Options.Observe.
func (m *Metrics) Execution(e classify.Execution) {
	x := &m.executions
	x.total.Inc()
	x.texts.Observe(float64(e.Texts))
	x.tokens.Observe(float64(e.Tokens))
	x.adapters.Observe(float64(e.Adapters))
	x.ranks.Observe(float64(e.Ranks))
	x.heads.Observe(float64(e.Heads))
	x.took.Observe(e.Took.Seconds())
	x.waited.Observe(e.Waited.Seconds())
	x.lock.Lock()
	defer x.lock.Unlock()
	x.max = max(x.max, e.Adapters)
	x.most.Set(float64(x.max))
}

// Watch adds how many texts wait and how many adapters are loaded, as state tells whenever the metrics are read.
func (m *Metrics) Watch(state func() (queued, adapters int)) {
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "dylora_queued_texts", Help: "Texts that wait or are being computed."}, func() float64 {
			queued, _ := state()
			return float64(queued)
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "dylora_adapters", Help: "Adapters that are loaded."}, func() float64 {
			_, adapters := state()
			return float64(adapters)
		}))
}

// Handler answers GET /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}
