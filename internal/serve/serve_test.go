package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dylora/dylora/classify"
)

// fake answers by a function of the text, the adapter and the rank.
type fake struct {
	lock   sync.Mutex
	loaded map[string]classify.Info
	paths  []string
	err    error
	wait   chan struct{} // is waited for, if it is there
	panics bool
}

func newFake() *fake {
	return &fake{loaded: map[string]classify.Info{
		"one": {Name: "one", Kind: "classification", Labels: []string{"no", "yes"}, Rank: 8, Default: 8, MaxLength: 128},
		"two": {Name: "two", Kind: "regression", Rank: 4, Default: 2, MaxLength: 128, Pair: true},
	}}
}

func (f *fake) Classify(ctx context.Context, texts []classify.Text, _ ...classify.Option) ([]classify.Result, error) {
	if f.panics {
		panic("a secret")
	}
	if err := f.fails(ctx); err != nil {
		return nil, err
	}
	var list []classify.Result
	for _, t := range texts {
		if t.Text == "bad" {
			list = append(list, classify.Result{Adapter: "one", Rank: 8, Err: &classify.Error{Code: classify.CodeText, Err: errors.New("there is no second text")}})
			continue
		}
		list = append(list, answerTo(t.Text))
	}
	return list, nil
}

// fails waits, and gives the error that it is told to give.
func (f *fake) fails(ctx context.Context) error {
	if f.wait != nil {
		select {
		case <-f.wait:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return f.err
}

// answerTo is the fake's answer to a text.
func answerTo(text string) classify.Result {
	h := fnv.New32()
	h.Write([]byte(text))
	p := float64(h.Sum32()) / (1 << 33)
	return classify.Result{Adapter: "one", Rank: 8, Label: "no", Probability: 1 - p, Labels: []classify.Label{{Name: "no", Probability: 1 - p}, {Name: "yes", Probability: p}}, Logits: []float32{float32(math.Log(1 - p)), float32(math.Log(p))}, Tokens: len(text), Truncated: len(text) > 1000}
}

func (f *fake) Load(ctx context.Context, name, folder string, rank int) (classify.Info, error) {
	f.lock.Lock()
	defer f.lock.Unlock()
	if err := f.fails(ctx); err != nil {
		return classify.Info{}, err
	}
	f.paths = append(f.paths, folder)
	f.loaded[name] = classify.Info{Name: name, Kind: "classification", Default: rank}
	return f.loaded[name], nil
}

func (f *fake) Unload(ctx context.Context, name string) error {
	f.lock.Lock()
	defer f.lock.Unlock()
	if err := f.fails(ctx); err != nil {
		return err
	}
	if _, ok := f.loaded[name]; !ok {
		return &classify.Error{Code: classify.CodeNoAdapter, Err: errors.New("no such adapter")}
	}
	delete(f.loaded, name)
	return nil
}

func (f *fake) Adapters() (list []classify.Info) {
	f.lock.Lock()
	defer f.lock.Unlock()
	for _, i := range f.loaded {
		list = append(list, i)
	}
	return list
}

func (f *fake) Queued() int { return 7 }

// counts is a Counter.
type counts struct {
	lock     sync.Mutex
	statuses map[string]int
	rejected map[string]int
	texts    int
}

func (c *counts) Request(route string, status int, _ time.Duration) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.statuses[fmt.Sprintf("%s %d", route, status)]++
}

func (c *counts) Rejected(reason string) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.rejected[reason]++
}

func (c *counts) Answered(texts, _, _ int) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.texts += texts
}

// server is a server of a fake.
func server(t testing.TB, f Classifier, o Options) (*Server, *counts) {
	t.Helper()
	c := &counts{statuses: map[string]int{}, rejected: map[string]int{}}
	s, err := New(f, o, c)
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

// ask sends a request and gives status and body.
func ask(s http.Handler, method, path, body string, header ...string) (*httptest.ResponseRecorder, string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w, w.Body.String()
}

func TestPredict(t *testing.T) {
	s, c := server(t, newFake(), Options{})
	one := func(i int, text string) string {
		r := answerTo(text)
		return fmt.Sprintf(`{"index":%d,"adapter":"one","rank":8,"label":"no","probability":%v,"probabilities":{"no":%v,"yes":%v},"tokens":%d}`,
			i, r.Probability, r.Probability, r.Labels[1].Probability, len(text))
	}
	for body, want := range map[string]string{
		`{"text":"a film"}`:                                         `{"results":[` + one(0, "a film") + `]}`,
		`{"texts":["a","b"],"rank":3,"adapter":"one"}`:              `{"results":[` + one(0, "a") + "," + one(1, "b") + `]}`,
		`{"pairs":[["a","b"]],"rank":"auto"}`:                       `{"results":[` + one(0, "a") + `]}`,
		`{"items":[{"text":"a","rank":2},{"text":"b","pair":"c"}]}`: `{"results":[` + one(0, "a") + "," + one(1, "b") + `]}`,
		`{"texts":["a","bad"]}`:                                     `{"results":[` + one(0, "a") + `,{"index":1,"adapter":"one","rank":8,"error":{"code":"text","message":"there is no second text"}}]}`,
		`{"texts":[]}`:                                              `{"results":[]}`,
	} {
		w, got := ask(s, "POST", "/v1/predict", body)
		if w.Code != 200 || strings.TrimSpace(got) != want || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s\nwant %s", body, w.Code, got, want)
		}
	}
	if c.texts != 8 || c.statuses["POST /v1/predict 200"] != 6 {
		t.Errorf("%+v", c)
	}
}

// TestBadRequests: every bad request has its status, its code and the field that it is about.
func TestBadRequests(t *testing.T) {
	s, _ := server(t, newFake(), Options{MaxBody: 500, MaxTexts: 3, MaxTextBytes: 50})
	for _, tt := range []struct {
		body   string
		status int
		code   string
		field  string
	}{
		{``, 415, "media_type", ""},
		{`{`, 400, "json", ""},
		{`{"text":"a"} x`, 400, "json", ""},
		{`{"text":"a"}{}`, 400, "json", ""},
		{`[]`, 400, "field", ""},
		{`null`, 400, "field", "text"},
		{`{}`, 400, "field", "text"},
		{`{"text":null}`, 400, "field", "text"},
		{`{"text":7}`, 400, "field", "text"},
		{`{"texts":"a"}`, 400, "field", "texts"},
		{`{"texts":["a",null]}`, 400, "field", "texts/1"},
		{`{"texts":["a",{"x":1}]}`, 400, "field", "texts/1"},
		{`{"pairs":[["a"]]}`, 400, "field", "pairs/0"},
		{`{"pairs":[["a","b","c"]]}`, 400, "field", "pairs/0"},
		{`{"items":[{"rank":1}]}`, 400, "field", "items/0/text"},
		{`{"items":[{"text":"a"}],"rank":1}`, 400, "field", "items"},
		{`{"text":"a","texts":["b"]}`, 400, "field", "text"},
		{`{"text":"a","txt":"b"}`, 400, "field", "txt"},
		{`{"items":[{"text":"a","x":1}]}`, 400, "field", "items/0/x"},
		{`{"text":"a","text":"b"}`, 400, "field", "text"},
		{`{"text":"a","rank":0}`, 400, "rank", "rank"},
		{`{"text":"a","rank":-1}`, 400, "rank", "rank"},
		{`{"text":"a","rank":1.5}`, 400, "rank", "rank"},
		{`{"text":"a","rank":"most"}`, 400, "rank", "rank"},
		{`{"text":"a","rank":null}`, 400, "rank", "rank"},
		{`{"text":"a","rank":99999999999999999999}`, 400, "rank", "rank"},
		{`{"items":[{"text":"a","rank":0}]}`, 400, "rank", "items/0/rank"},
		{`{"text":"a","top_k":"b"}`, 400, "field", "top_k"},
		{`{"text":"a","threshold":true}`, 400, "field", "threshold"},
		{`{"text":"a","unsure":"?"}`, 400, "field", "unsure"},
		{"{\"text\":\"a\xff\"}", 400, "utf8", "text"},
		{`{"text":"\ud800"}`, 400, "json", "text"},
		{`{"text":"bad"}`, 400, "text", ""},
		{`{"texts":["a","b","c","d"]}`, 413, "too_many_texts", ""},
		{`{"text":"` + strings.Repeat("a", 51) + `"}`, 413, "too_large", ""},
		{`{"text":"` + strings.Repeat("a", 501) + `"}`, 413, "too_large", ""},
		{strings.Repeat("[", 400), 400, "field", ""},
	} {
		w, got := ask(s, "POST", "/v1/predict", tt.body)
		var e struct{ Error Problem }
		if err := json.Unmarshal([]byte(got), &e); err != nil || w.Code != tt.status || e.Error.Code != tt.code || e.Error.Message == "" {
			t.Errorf("%.60s: %d %s", tt.body, w.Code, got)
		}
		if tt.field != "" && e.Error.Field != tt.field {
			t.Errorf("%.60s: field %q, want %q: %s", tt.body, e.Error.Field, tt.field, got)
		}
	}
	for name, tt := range map[string]struct {
		method, path, kind string
		status             int
		allow              string
	}{
		"no path":      {"POST", "/v2/predict", "application/json", 404, ""},
		"no method":    {"GET", "/v1/predict", "", 405, "POST"},
		"another kind": {"POST", "/v1/predict", "text/plain", 415, ""},
		"a charset":    {"POST", "/v1/predict", "application/json; charset=utf-8", 200, ""},
		"a path":       {"PUT", "/v1/adapters/..%2Fsecret", "application/json", 400, ""},
	} {
		w, got := ask(s, tt.method, tt.path, `{"text":"a"}`, "Content-Type", tt.kind)
		if w.Code != tt.status || w.Header().Get("Allow") != tt.allow || !json.Valid([]byte(got)) {
			t.Errorf("%s: %d %s, allow %q", name, w.Code, got, w.Header().Get("Allow"))
		}
	}
}

// TestFailures: what the classifier refuses has its status, what fails inside is told to the operator alone, and nothing else is
// disturbed.
func TestFailures(t *testing.T) {
	f := newFake()
	var notes []string
	s, c := server(t, f, Options{Timeout: 20 * time.Millisecond, Note: func(line string) { notes = append(notes, line) }})
	for code, want := range map[classify.Code]int{
		classify.CodeBusy: 429, classify.CodeClosed: 503, classify.CodeNoAdapter: 404, classify.CodeRank: 400, classify.CodeOption: 400, classify.CodeText: 400, classify.CodeDiverged: 500,
	} {
		f.err = &classify.Error{Code: code, Err: errors.New("because")}
		w, got := ask(s, "POST", "/v1/predict", `{"text":"a"}`)
		if w.Code != want || !strings.Contains(got, `"code":"`+string(code)+`"`) || !strings.Contains(got, "because") {
			t.Errorf("%s: %d %s", code, w.Code, got)
		}
		if retry := w.Header().Get("Retry-After"); (retry != "") != (want == 429 || want == 503) {
			t.Errorf("%s: Retry-After %q", code, retry)
		}
	}
	f.err = errors.New("/home/secret: no such file")
	if w, got := ask(s, "POST", "/v1/predict", `{"text":"a"}`); w.Code != 500 || strings.Contains(got, "secret") || len(notes) != 1 {
		t.Errorf("%d %s, notes %q", w.Code, got, notes)
	}
	f.err, f.panics = nil, true
	if w, got := ask(s, "POST", "/v1/predict", `{"text":"a"}`); w.Code != 500 || strings.Contains(got, "secret") || len(notes) != 2 {
		t.Errorf("%d %s, notes %q", w.Code, got, notes)
	}
	f.panics, f.wait = false, make(chan struct{})
	if w, got := ask(s, "POST", "/v1/predict", `{"text":"a"}`); w.Code != 504 || !strings.Contains(got, `"timeout"`) || c.rejected["timeout"] != 1 {
		t.Errorf("%d %s", w.Code, got)
	}
	close(f.wait)
	if w, _ := ask(s, "POST", "/v1/predict", `{"text":"a"}`); w.Code != 200 {
		t.Errorf("%d after all this", w.Code)
	}
}

func TestToken(t *testing.T) {
	s, c := server(t, newFake(), Options{Token: "abc"})
	for header, want := range map[string]int{"": 401, "Bearer abd": 401, "Bearer ab": 401, "Bearer abc": 200, "bearer  abc": 200, "Basic abc": 401, "abc": 401} {
		w, got := ask(s, "GET", "/v1/adapters", "", "Authorization", header)
		if w.Code != want || want == 401 && (w.Header().Get("WWW-Authenticate") == "" || !json.Valid([]byte(got))) {
			t.Errorf("%q: %d %s", header, w.Code, got)
		}
	}
	if c.rejected["unauthorized"] != 5 {
		t.Errorf("%+v", c.rejected)
	}
}

// TestAdapters: adapters are listed, loaded by the name of a folder, never by a path, and unloaded.
func TestAdapters(t *testing.T) {
	f := newFake()
	s, _ := server(t, f, Options{})
	if w, got := ask(s, "GET", "/v1/adapters/two", ""); w.Code != 200 || !strings.Contains(got, `"default_rank":2`) || !strings.Contains(got, `"labels":[]`) {
		t.Errorf("%d %s", w.Code, got)
	}
	if w, _ := ask(s, "GET", "/v1/adapters/three", ""); w.Code != 404 {
		t.Errorf("%d", w.Code)
	}
	for _, method := range []string{"PUT", "DELETE"} {
		if w, got := ask(s, method, "/v1/adapters/one", "{}"); w.Code != 403 || !strings.Contains(got, `"fixed"`) {
			t.Errorf("%s: %d %s", method, w.Code, got)
		}
	}
	dir, outside := t.TempDir(), t.TempDir()
	for _, name := range []string{"three", ".hidden"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
	s, _ = server(t, f, Options{Adapters: dir})
	for _, tt := range []struct {
		name, body string
		status     int
	}{
		{"three", `{}`, 201},
		{"four", `{"folder":"three","default_rank":2}`, 201},
		{"five", `{"folder":"../three"}`, 400},
		{"five", `{"folder":"` + dir + `"}`, 400},
		{"five", `{"folder":".."}`, 400},
		{"five", `{"folder":".hidden"}`, 400},
		{"five", `{"folder":"out"}`, 404},
		{"five", `{}`, 404},
		{"five", `{"default_rank":0}`, 400},
		{"a%2Fb", `{"folder":"three"}`, 400},
		{"%2E%2E", `{"folder":"three"}`, 400},
		{strings.Repeat("a", 65), `{"folder":"three"}`, 400},
	} {
		w, got := ask(s, "PUT", "/v1/adapters/"+tt.name, tt.body)
		if w.Code != tt.status || !json.Valid([]byte(got)) || strings.Contains(got, dir) {
			t.Errorf("%s %s: %d %s", tt.name, tt.body, w.Code, got)
		}
	}
	if want := filepath.Join(dir, "three"); len(f.paths) != 2 || f.paths[0] != want || f.paths[1] != want {
		t.Errorf("loaded %v", f.paths)
	}
	f.err = &classify.Error{Code: classify.CodeAdapter, Err: fmt.Errorf("%s: no adapter_config.json", dir)}
	if w, got := ask(s, "PUT", "/v1/adapters/six", `{"folder":"three"}`); w.Code != 422 || strings.Contains(got, dir) {
		t.Errorf("%d %s", w.Code, got)
	}
	f.err = nil
	if w, _ := ask(s, "DELETE", "/v1/adapters/three", ""); w.Code != 204 {
		t.Errorf("%d", w.Code)
	}
	if w, _ := ask(s, "DELETE", "/v1/adapters/three", ""); w.Code != 404 {
		t.Errorf("%d", w.Code)
	}
	if _, err := New(f, Options{Adapters: filepath.Join(dir, "nothing")}, &counts{}); err == nil {
		t.Error("a folder that is not there was taken")
	}
}

// TestManyAtOnce: each of many clients gets the answers to its own texts.
func TestManyAtOnce(t *testing.T) {
	s, _ := server(t, newFake(), Options{})
	h := httptest.NewServer(s)
	defer h.Close()
	var all sync.WaitGroup
	for k := range 32 {
		all.Go(func() {
			for i := range 20 {
				text := fmt.Sprintf("text %d of %d", i, k)
				resp, err := h.Client().Post(h.URL+"/v1/predict", "application/json", bytes.NewReader(fmt.Appendf(nil, `{"text":%q}`, text)))
				if err != nil {
					t.Error(err)
					return
				}
				var got struct {
					Results []struct{ Probability float64 }
				}
				err = json.NewDecoder(resp.Body).Decode(&got)
				resp.Body.Close()
				if err != nil || got.Results[0].Probability != answerTo(text).Probability {
					t.Errorf("%q: %v %v", text, got, err)
				}
			}
		})
	}
	all.Wait()
}
