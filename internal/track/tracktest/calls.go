package tracktest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// pair is a parameter or a tag.
type pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// metric is a value at a step, as it came.
type metric struct {
	Key       string          `json:"key"`
	Value     json.RawMessage `json:"value"`
	Timestamp int64           `json:"timestamp"`
	Step      int             `json:"step"`
}

// input has the fields of all requests.
type input struct {
	Name    string   `json:"name"`
	RunName string   `json:"run_name"`
	Run     string   `json:"run_id"`
	Filter  string   `json:"filter"`
	Status  string   `json:"status"`
	Tags    []pair   `json:"tags"`
	Params  []pair   `json:"params"`
	Metrics []metric `json:"metrics"`
}

// call answers a request of the REST interface.
func (s *Server) call(w http.ResponseWriter, r *http.Request, body []byte) {
	var in input
	if r.Method == http.MethodPost {
		if err := json.Unmarshal(body, &in); err != nil {
			refuse(w, "BAD_REQUEST", err.Error())
			return
		}
	}
	switch r.Method + " " + strings.TrimPrefix(r.URL.Path, "/api/2.0/mlflow/") {
	case "GET experiments/get-by-name":
		id, ok := s.Experiments[r.URL.Query().Get("experiment_name")]
		if !ok {
			missing(w, "experiment")
			return
		}
		fmt.Fprintf(w, `{"experiment":{"experiment_id":%q,"lifecycle_stage":"active"}}`, id)
	case "POST experiments/create":
		id := fmt.Sprint(len(s.Experiments))
		s.Experiments[in.Name] = id
		fmt.Fprintf(w, `{"experiment_id":%q}`, id)
	case "POST runs/create":
		id := fmt.Sprintf("run%d", len(s.Runs))
		run := &Run{Name: in.RunName, Status: "RUNNING", Tags: map[string]string{}, Params: map[string]string{}, Metrics: map[string]int{}, times: map[string]bool{}, Files: map[string]string{}}
		for _, t := range in.Tags {
			run.Tags[t.Key] = t.Value
		}
		s.Runs[id], s.order = run, append(s.order, id)
		fmt.Fprintf(w, `{"run":{"info":%s}}`, s.info(id))
	case "POST runs/search":
		key := strings.Split(in.Filter, "'")[1]
		for _, id := range s.order {
			if run := s.Runs[id]; run != nil && !run.Deleted && run.Tags[keyTag] == key {
				fmt.Fprintf(w, `{"runs":[{"info":%s}]}`, s.info(id))
				return
			}
		}
		fmt.Fprint(w, `{}`)
	case "GET runs/get":
		id := r.URL.Query().Get("run_id")
		if s.Runs[id] == nil {
			missing(w, "run")
			return
		}
		fmt.Fprintf(w, `{"run":{"info":%s}}`, s.info(id))
	case "POST runs/log-batch":
		s.logBatch(w, s.Runs[in.Run], in.Params, in.Metrics)
	case "POST runs/update":
		s.Runs[in.Run].Status = in.Status
		fmt.Fprint(w, `{}`)
	default:
		refuse(w, "ENDPOINT_NOT_FOUND", r.URL.Path)
	}
}

func (s *Server) info(id string) string {
	uri, stage := "mlflow-artifacts:/0/"+id+"/artifacts", "active"
	if s.Outside {
		uri = "s3://bucket/" + id
	}
	if s.Runs[id].Deleted {
		stage = "deleted"
	}
	return fmt.Sprintf(`{"run_id":%q,"artifact_uri":%q,"lifecycle_stage":%q}`, id, uri, stage)
}

func refuse(w http.ResponseWriter, code, message string) {
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, `{"error_code":%q,"message":%q}`, code, message)
}

func missing(w http.ResponseWriter, what string) {
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprintf(w, `{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"no such %s"}`, what)
}

// goodKey are the names that MLflow takes.
var goodKey = regexp.MustCompile(`^[A-Za-z0-9_\-. :/]{1,250}$`)

// logBatch takes all of a request or nothing.
func (s *Server) logBatch(w http.ResponseWriter, run *Run, params []pair, metrics []metric) {
	switch {
	case run == nil:
		missing(w, "run")
		return
	case run.Deleted:
		refuse(w, "INVALID_PARAMETER_VALUE", "The run must be in the 'active' state. Current state is deleted.")
		return
	case len(params) > 100 || len(metrics) > 1000 || len(params)+len(metrics) > 1000:
		refuse(w, "INVALID_PARAMETER_VALUE", "too many")
		return
	}
	keys := []string{}
	for _, p := range params {
		keys = append(keys, p.Key)
		if old, ok := run.Params[p.Key]; ok && old != p.Value || len(p.Value) > 6000 {
			refuse(w, "INVALID_PARAMETER_VALUE", "changed: "+p.Key)
			return
		}
	}
	for _, m := range metrics {
		keys = append(keys, m.Key)
	}
	for _, k := range keys {
		if !goodKey.MatchString(k) || s.Takes != nil && !s.Takes(k) {
			refuse(w, "INVALID_PARAMETER_VALUE", "bad key "+k)
			return
		}
	}
	for _, p := range params {
		run.Params[p.Key] = p.Value
	}
	for _, m := range metrics {
		value := fmt.Sprintf("%s %d %s", m.Key, m.Step, m.Value)
		if at := fmt.Sprintf("%s %d", value, m.Timestamp); !run.times[at] { // MLflow keeps one of the same time
			run.times[at] = true
			run.Metrics[value]++
		}
	}
	fmt.Fprint(w, `{}`)
}

// Doubles are the values that the server has more than once.
func (r *Run) Doubles() (list []string) {
	for _, v := range slices.Sorted(maps.Keys(r.Metrics)) {
		if r.Metrics[v] > 1 {
			list = append(list, v)
		}
	}
	return list
}
