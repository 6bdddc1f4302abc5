package serve

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/classify"
	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/models"
)

// saved writes adapters of the built-in model with random weights into a folder, by their names, and gives it. Their ranks, heads and
// adapted modules differ.
func saved(t testing.TB) (dir string, names []string) {
	t.Helper()
	dir = t.TempDir()
	m, err := model.Load(models.Mini(), "mini", model.LoadOptions{Machine: kernel.At(kernel.Levels()[0], 1)})
	must(t, err)
	for i, tt := range []struct {
		name   string
		rank   int
		labels []string
		target string
	}{{"two", 8, []string{"no", "yes"}, "query"}, {"three", 4, []string{"a", "b", "c"}, "output.dense"}, {"other", 3, []string{"x", "y"}, "key"}, {"number", 16, nil, "value"}} {
		projections, err := m.Projections([]string{tt.target})
		must(t, err)
		a, err := adapter.New(tt.rank, 16, adapter.Paper, projections, m.Head(max(1, len(tt.labels)), uint64(i)), uint64(i))
		must(t, err)
		random := rand.New(rand.NewPCG(uint64(i), 1))
		for k := range a.Modules {
			for n := range a.Modules[k].B {
				a.Modules[k].B[n] = random.Float32() / 10
			}
		}
		p := adapter.Provenance{Task: "file:train.csv", Labels: tt.labels, Regression: tt.labels == nil, TextColumn: "text", LabelColumn: "label", Model: "mini", ModelHash: m.Hash}
		must(t, adapter.Save(filepath.Join(dir, tt.name), a, &p, adapter.SaveOptions{}))
		names = append(names, tt.name)
	}
	return dir, names
}

// real is a server of a classifier with the adapters of a folder.
func real(t testing.TB, dir string, names []string, o classify.Options) (*Server, *counts) {
	t.Helper()
	o.Adapters = map[string]string{}
	for _, n := range names {
		o.Adapters[n] = filepath.Join(dir, n)
	}
	c, err := classify.Open(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { must(t, c.Close()) })
	return server(t, c, Options{Adapters: dir, MaxTextBytes: 500, MaxTexts: 20})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestFields: what the classifier refuses names the field of the request that is wrong, and says what is allowed.
func TestFields(t *testing.T) {
	t.Parallel()
	dir, names := saved(t)
	must(t, os.Mkdir(filepath.Join(dir, "empty"), 0o755))
	s, _ := real(t, dir, names, classify.Options{Threads: 1})
	long := strings.Repeat("a", 501)
	for _, tt := range []struct {
		method, path, body string
		status             int
		code, field, says  string
	}{
		{"POST", "/v1/predict", `{"text":"a"}`, 404, "no_adapter", "adapter", "number, other, three, two"},
		{"POST", "/v1/predict", `{"text":"a","adapter":"one"}`, 404, "no_adapter", "adapter", "number, other, three, two"},
		{"POST", "/v1/predict", `{"text":"a","adapter":"two","rank":9}`, 400, "rank", "rank", "1 to 8"},
		{"POST", "/v1/predict", `{"text":"a","adapter":"two","rank":0}`, 400, "rank", "rank", "from 1"},
		{"POST", "/v1/predict", `{"text":"a","adapter":"two","rank":"auto"}`, 400, "rank", "rank", "1 to 8"},
		{"POST", "/v1/predict", `{"items":[{"text":"a","adapter":"two"},{"text":"a","adapter":"one"}]}`, 404, "no_adapter", "items/1/adapter", "number"},
		{"POST", "/v1/predict", `{"items":[{"text":"a","adapter":"two"},{"text":"a"}]}`, 404, "no_adapter", "items/1/adapter", "number"},
		{"POST", "/v1/predict", `{"items":[{"text":"a","adapter":"two","rank":8},{"text":"a","adapter":"three","rank":5}]}`, 400, "rank", "items/1/rank", "1 to 4"},
		{"POST", "/v1/predict", `{"text":"a","adapter":"two","top_k":0}`, 400, "option", "top_k", "1 or more"},
		{"POST", "/v1/predict", `{"text":"a","adapter":"two","top_k":3,"threshold":0.9}`, 400, "option", "top_k", "has 2"},
		{"POST", "/v1/predict", `{"text":"a","adapter":"number","top_k":1}`, 400, "option", "top_k", "regression"},
		{"POST", "/v1/predict", `{"text":"a","adapter":"two","top_k":1,"threshold":1}`, 400, "option", "threshold", "below 1"},
		{"POST", "/v1/predict", `{"text":"a","adapter":"two","threshold":0.5}`, 400, "option", "threshold", "never below"},
		{"POST", "/v1/predict", `{"text":"a","adapter":"number","threshold":0.5}`, 400, "option", "threshold", "regression"},
		{"POST", "/v1/predict", `{"text":"a","adapter":"two","threshold":0.9,"unsure":"no"}`, 400, "option", "unsure", "is a label"},
		{"POST", "/v1/predict", `{"text":"a","adapter":7}`, 400, "field", "adapter", "a string"},
		{"POST", "/v1/predict", `{"text":"a","top_k":"b"}`, 400, "field", "top_k", "a whole number"},
		{"POST", "/v1/predict", `{"text":"a","top_k":1.5}`, 400, "field", "top_k", "a whole number"},
		{"POST", "/v1/predict", `{"text":"a","threshold":true}`, 400, "field", "threshold", "a number"},
		{"POST", "/v1/predict", `{"texts":"a"}`, 400, "field", "texts", "an array"},
		{"POST", "/v1/predict", `{"text":"a","txt":1}`, 400, "field", "txt", "adapter, items, pairs, rank, text, texts, threshold, top_k, unsure"},
		{"POST", "/v1/predict", `{"items":[{"text":"a","second":"b"}]}`, 400, "field", "items/0/second", "adapter, pair, rank, text"},
		{"POST", "/v1/predict", `"a"`, 400, "field", "", "an object"},
		{"POST", "/v1/predict", `{"pairs":[["a","b"]],"adapter":"two"}`, 200, "", "", "takes one"},
		{"POST", "/v1/predict", `{"text":"` + long + `","adapter":"two"}`, 413, "too_large", "text", "500"},
		{"POST", "/v1/predict", `{"texts":["a","` + long + `"],"adapter":"two"}`, 413, "too_large", "texts/1", "500"},
		{"POST", "/v1/predict", `{"items":[{"text":"a","pair":"` + long + `"}]}`, 413, "too_large", "items/0", "500"},
		{"POST", "/v1/predict", `{"pairs":[["a","` + long + `"]]}`, 413, "too_large", "pairs/0", "500"},
		{"POST", "/v1/predict", `{"texts":["` + strings.Repeat(`a","`, 20) + `"]}`, 413, "too_many_texts", "texts", "20"},
		{"PUT", "/v1/adapters/two", `{}`, 409, "exists", "", "unload it first"},
		{"PUT", "/v1/adapters/five", `{"folder":"two","default_rank":9}`, 400, "rank", "default_rank", "1 to 8"},
		{"PUT", "/v1/adapters/five", `{"folder":"two","default_rank":"auto"}`, 400, "rank", "default_rank", "1 to 8"},
		{"PUT", "/v1/adapters/five", `{"folder":"two","rank":9}`, 400, "field", "rank", "default_rank, folder"},
		{"PUT", "/v1/adapters/five", `{"folder":"empty"}`, 422, "adapter", "", "no adapter"},
		{"PUT", "/v1/adapters/six", ``, 404, "no_folder", "folder", "six"},
	} {
		w, got := ask(s, tt.method, tt.path, tt.body)
		var e struct{ Error Problem }
		must(t, json.Unmarshal([]byte(got), &e))
		if w.Code != tt.status || e.Error.Code != tt.code || e.Error.Field != tt.field || !strings.Contains(got, tt.says) {
			t.Errorf("%s %s %.80s: %d %s\nwant %s at %q", tt.method, tt.path, tt.body, w.Code, got, tt.code, tt.field)
		}
		if strings.Contains(got, dir) {
			t.Errorf("%.80s: the answer has a path: %s", tt.body, got)
		}
	}
	w, got := ask(s, "POST", "/v1/predict", `{"text":"a"}`, "Content-Encoding", "gzip")
	if w.Code != 415 || !strings.Contains(got, "Content-Encoding") {
		t.Errorf("compressed: %d %s", w.Code, got)
	}
	if w, got := ask(s, "DELETE", "/v1/adapters/three", ""); w.Code != 204 {
		t.Errorf("%d %s", w.Code, got)
	}
	if w, got := ask(s, "PUT", "/v1/adapters/three", ""); w.Code != 201 || !strings.Contains(got, `"default_rank":4`) {
		t.Errorf("without a body: %d %s", w.Code, got)
	}
}
