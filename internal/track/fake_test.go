package track

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// fakeServer is MLflow as far as it is used, with its limits. Everything that it is sent is kept as it came, doubles included.
type fakeServer struct {
	sync.Mutex
	*httptest.Server
	experiments map[string]string // ID by name
	runs        map[string]*fakeRun
	order       []string // IDs of runs
	requests    map[string]int
	trouble     func(w http.ResponseWriter, r *http.Request) bool // answers in place of the server
	takes       func(key string) bool
	outside     bool // files are kept on other storage
}

type fakeRun struct {
	name, status string
	tags, params map[string]string
	metrics      map[string]int // values by "key step value", how often with different times
	times        map[string]bool
	files        map[string]string
	deleted      bool
}

func newFakeServer(t *testing.T) *fakeServer {
	f := &fakeServer{experiments: map[string]string{defaultExperiment: "0"}, runs: map[string]*fakeRun{}, requests: map[string]int{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

var goodKey = regexp.MustCompile(`^[A-Za-z0-9_\-. :/]{1,250}$`)

func (f *fakeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.Lock()
	trouble := f.trouble
	f.requests[r.URL.Path]++
	f.Unlock()
	if trouble != nil && trouble(w, r) {
		return
	}
	f.Lock()
	defer f.Unlock()
	w.Header().Set("Content-Type", "application/json")
	body, _ := io.ReadAll(r.Body)
	if path, ok := strings.CutPrefix(r.URL.Path, "/api/2.0/mlflow-artifacts/artifacts/"); ok && r.Method == "PUT" {
		parts := strings.SplitN(path, "/", 4)
		f.runs[parts[1]].files[parts[3]] = string(body)
		fmt.Fprint(w, "{}")
		return
	}
	var in struct {
		Name       string   `json:"name"`
		Experiment string   `json:"experiment_id"`
		RunName    string   `json:"run_name"`
		Run        string   `json:"run_id"`
		Filter     string   `json:"filter"`
		Status     string   `json:"status"`
		Tags       []pair   `json:"tags"`
		Params     []pair   `json:"params"`
		Metrics    []sent   `json:"metrics"`
		IDs        []string `json:"experiment_ids"`
	}
	if r.Method == "POST" {
		if err := json.Unmarshal(body, &in); err != nil {
			refuse(w, "BAD_REQUEST", err.Error())
			return
		}
	}
	switch r.Method + " " + strings.TrimPrefix(r.URL.Path, "/api/2.0/mlflow/") {
	case "GET experiments/get-by-name":
		id, ok := f.experiments[r.URL.Query().Get("experiment_name")]
		if !ok {
			w.WriteHeader(404)
			fmt.Fprint(w, `{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"no such experiment"}`)
			return
		}
		fmt.Fprintf(w, `{"experiment":{"experiment_id":%q,"lifecycle_stage":"active"}}`, id)
	case "POST experiments/create":
		id := fmt.Sprint(len(f.experiments))
		f.experiments[in.Name] = id
		fmt.Fprintf(w, `{"experiment_id":%q}`, id)
	case "POST runs/create":
		id := fmt.Sprintf("run%d", len(f.runs))
		run := &fakeRun{name: in.RunName, status: "RUNNING", tags: map[string]string{}, params: map[string]string{}, metrics: map[string]int{}, times: map[string]bool{}, files: map[string]string{}}
		for _, t := range in.Tags {
			run.tags[t.Key] = t.Value
		}
		f.runs[id], f.order = run, append(f.order, id)
		fmt.Fprintf(w, `{"run":{"info":%s}}`, f.info(id))
	case "POST runs/search":
		key := strings.Split(in.Filter, "'")[1]
		for _, id := range f.order {
			if run := f.runs[id]; !run.deleted && run.tags[keyTag] == key {
				fmt.Fprintf(w, `{"runs":[{"info":%s}]}`, f.info(id))
				return
			}
		}
		fmt.Fprint(w, `{}`)
	case "POST runs/log-batch":
		f.logBatch(w, f.runs[in.Run], in.Params, in.Metrics)
	case "POST runs/update":
		f.runs[in.Run].status = in.Status
		fmt.Fprint(w, `{}`)
	default:
		refuse(w, "ENDPOINT_NOT_FOUND", r.URL.Path)
	}
}

// sent is a metric as it came.
type sent struct {
	Key       string          `json:"key"`
	Value     json.RawMessage `json:"value"`
	Timestamp int64           `json:"timestamp"`
	Step      int             `json:"step"`
}

func (f *fakeServer) info(id string) string {
	uri := "mlflow-artifacts:/0/" + id + "/artifacts"
	if f.outside {
		uri = "s3://bucket/" + id
	}
	return fmt.Sprintf(`{"run_id":%q,"artifact_uri":%q}`, id, uri)
}

func refuse(w http.ResponseWriter, code, message string) {
	w.WriteHeader(400)
	fmt.Fprintf(w, `{"error_code":%q,"message":%q}`, code, message)
}

// logBatch takes all of a request or nothing.
func (f *fakeServer) logBatch(w http.ResponseWriter, run *fakeRun, params []pair, metrics []sent) {
	switch {
	case run == nil:
		w.WriteHeader(404)
		fmt.Fprint(w, `{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"no such run"}`)
		return
	case len(params) > 100 || len(metrics) > 1000 || len(params)+len(metrics) > 1000:
		refuse(w, "INVALID_PARAMETER_VALUE", "too many")
		return
	}
	keys := []string{}
	for _, p := range params {
		keys = append(keys, p.Key)
		if old, ok := run.params[p.Key]; ok && old != p.Value || len(p.Value) > 6000 {
			refuse(w, "INVALID_PARAMETER_VALUE", "changed: "+p.Key)
			return
		}
	}
	for _, m := range metrics {
		keys = append(keys, m.Key)
	}
	for _, k := range keys {
		if !goodKey.MatchString(k) || f.takes != nil && !f.takes(k) {
			refuse(w, "INVALID_PARAMETER_VALUE", "bad key "+k)
			return
		}
	}
	for _, p := range params {
		run.params[p.Key] = p.Value
	}
	for _, m := range metrics {
		value := fmt.Sprintf("%s %d %s", m.Key, m.Step, m.Value)
		if at := fmt.Sprintf("%s %d", value, m.Timestamp); !run.times[at] { // MLflow keeps one of the same time
			run.times[at] = true
			run.metrics[value]++
		}
	}
	fmt.Fprint(w, `{}`)
}

// doubles are the values that the server has more than once.
func (r *fakeRun) doubles() (list []string) {
	for _, v := range slices.Sorted(maps.Keys(r.metrics)) {
		if r.metrics[v] > 1 {
			list = append(list, v)
		}
	}
	return list
}
