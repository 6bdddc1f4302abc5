package serve

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dylora/dylora/classify"
)

// scrape reads the metrics as Prometheus does: a value for each series.
func scrape(t *testing.T, m *Metrics) map[string]string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	series := map[string]string{}
	for line := range strings.Lines(w.Body.String()) {
		if i := strings.LastIndexByte(strings.TrimSpace(line), ' '); line[0] != '#' && i > 0 {
			series[line[:i]] = strings.TrimSpace(line[i:])
		}
	}
	return series
}

func TestMetrics(t *testing.T) {
	m := NewMetrics("v1.2.3")
	m.Watch(func() (int, int) { return 7, 3 })
	m.Request("POST /v1/predict", 200, 3*time.Millisecond)
	m.Request("POST /v1/predict", 200, 3*time.Second)
	m.Request("", 404, time.Millisecond)
	m.Rejected("busy")
	m.Answered(5, 60, 1)
	for _, n := range []int{2, 4, 3} {
		m.Execution(classify.Execution{Texts: 10 * n, Tokens: 100 * n, Adapters: n, Ranks: 2 * n, Heads: n + 1, Took: 20 * time.Millisecond, Waited: time.Millisecond})
	}
	got := scrape(t, m)
	for series, want := range map[string]string{
		`dylora_requests_total{route="POST /v1/predict",status="200"}`:                 "2",
		`dylora_requests_total{route="none",status="404"}`:                             "1",
		`dylora_request_duration_seconds_count{route="POST /v1/predict"}`:              "2",
		`dylora_request_duration_seconds_bucket{route="POST /v1/predict",le="0.004"}`:  "1",
		`dylora_request_duration_seconds_bucket{route="POST /v1/predict",le="16.384"}`: "2",
		`dylora_rejected_total{reason="busy"}`:                                         "1",
		`dylora_rejected_total{reason="timeout"}`:                                      "0",
		`dylora_texts_total`:                       "5",
		`dylora_tokens_total`:                      "60",
		`dylora_truncated_texts_total`:             "1",
		`dylora_executions_total`:                  "3",
		`dylora_execution_texts_sum`:               "90",
		`dylora_execution_tokens_sum`:              "900",
		`dylora_execution_adapters_sum`:            "9",
		`dylora_execution_adapters_bucket{le="2"}`: "1",
		`dylora_execution_ranks_sum`:               "18",
		`dylora_execution_heads_sum`:               "12",
		`dylora_execution_adapters_max`:            "4",
		`dylora_execution_duration_seconds_count`:  "3",
		`dylora_execution_wait_seconds_count`:      "3",
		`dylora_queued_texts`:                      "7",
		`dylora_adapters`:                          "3",
	} {
		if got[series] != want {
			t.Errorf("%s %q, want %s", series, got[series], want)
		}
	}
	info := ""
	for series := range got {
		if strings.HasPrefix(series, "dylora_build_info{") {
			info = series
		}
	}
	if !strings.Contains(info, `version="v1.2.3"`) || got["go_goroutines"] == "" {
		t.Errorf("%s, %v goroutines", info, got["go_goroutines"])
	}
}

// TestOwnRegistry: several servers in a process count apart, and at the same time.
func TestOwnRegistry(t *testing.T) {
	a, b := NewMetrics(""), NewMetrics("")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range 100 {
				a.Request(fmt.Sprint("route ", i%3), 200, 0)
				a.Execution(classify.Execution{Adapters: i})
			}
		})
	}
	all.Wait()
	if x, y := scrape(t, a), scrape(t, b); x["dylora_executions_total"] != "400" || x["dylora_execution_adapters_max"] != "99" || y["dylora_executions_total"] != "0" {
		t.Errorf("%v, %v", x["dylora_executions_total"], y["dylora_executions_total"])
	}
}

// TestHealth: whether a server lives and is ready needs no token; its metrics need one.
func TestHealth(t *testing.T) {
	m := NewMetrics("")
	s, err := New(newFake(), Options{Token: "0123456789abcdef", Metrics: m.Handler()}, m)
	if err != nil {
		t.Fatal(err)
	}
	expect := func(path string, status int, part string, header ...string) {
		t.Helper()
		if w, got := ask(s, "GET", path, "", header...); w.Code != status || !strings.Contains(got, part) {
			t.Errorf("%s: %d %s", path, w.Code, got)
		}
	}
	expect("/healthz", 200, `"ok"`)
	expect("/readyz", 200, `"ready"`)
	expect("/metrics", 401, `"unauthorized"`)
	expect("/metrics", 200, `dylora_requests_total{route="GET /readyz",status="200"} 1`, "Authorization", "Bearer 0123456789abcdef")
	s.Drain()
	expect("/healthz", 200, `"ok"`)
	expect("/readyz", 503, `"draining"`)
	if w, got := ask(s, "POST", "/healthz", "{}"); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("%d %s", w.Code, got)
	}
	if s, _ := server(t, newFake(), Options{}); s.options.Metrics == nil {
		if w, _ := ask(s, "GET", "/metrics", ""); w.Code != 404 {
			t.Errorf("%d without metrics", w.Code)
		}
	}
}
