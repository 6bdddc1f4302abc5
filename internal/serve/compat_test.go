package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/classify"
)

// scripted answers every text alike.
type scripted struct {
	*fake
	result classify.Result
}

func (s scripted) Classify(_ context.Context, texts []classify.Text, _ ...classify.Option) (list []classify.Result, err error) {
	if s.err != nil {
		return nil, s.err
	}
	for range texts {
		list = append(list, s.result)
	}
	return list, nil
}

// The answers of the models in the documentation of Text Embeddings Inference and the Inference API, shortened.
var (
	emotions = classify.Result{Adapter: "one", Rank: 8, Label: "love", Probability: 0.75, Logits: []float32{-2, 1.5, 0.5},
		Labels: []classify.Label{{Name: "anger", Probability: 0.05}, {Name: "love", Probability: 0.75}, {Name: "joy", Probability: 0.2}}}
	topics = classify.Result{Adapter: "one", Rank: 8, Holding: []classify.Label{{Name: "go", Probability: 0.9}}, Logits: []float32{2, -2},
		Labels: []classify.Label{{Name: "go", Probability: 0.9}, {Name: "c", Probability: 0.1}}}
	similarity = classify.Result{Adapter: "two", Rank: 4, Scores: []float64{3}, Logits: []float32{3}}
)

// TestForms: each route answers a request of its documentation by the document there.
func TestForms(t *testing.T) {
	const all = `[{"label":"love","score":0.75},{"label":"joy","score":0.2},{"label":"anger","score":0.05}]`
	const best = `{"label":"love","score":0.75}`
	for _, tt := range []struct {
		path, body string
		result     classify.Result
		want       string
	}{
		{"/predict", `{"inputs":"I like you."}`, emotions, all},
		{"/predict", `{"inputs":["I like you."]}`, emotions, all},
		{"/predict", `{"inputs":["I like you.","I hate pineapples"]}`, emotions, all},
		{"/predict", `{"inputs":[["I like you."],["I hate pineapples"]]}`, emotions, "[" + all + "," + all + "]"},
		{"/predict", `{"inputs":[["I like you.","I hate pineapples"]],"truncate":true}`, emotions, "[" + all + "]"},
		{"/predict", `{"inputs":"a","raw_scores":true,"truncate":null,"truncation_direction":"Right"}`, emotions, `[{"label":"love","score":1.5},{"label":"joy","score":0.5},{"label":"anger","score":-2}]`},
		{"/predict", `{"inputs":"a"}`, topics, `[{"label":"go","score":0.9},{"label":"c","score":0.1}]`},
		{"/predict", `{"inputs":"a"}`, similarity, fmt.Sprintf(`[{"label":"LABEL_0","score":%v}]`, 1/(1+math.Exp(-3)))},
		{"/predict", `{"inputs":"a","raw_scores":true}`, similarity, `[{"label":"LABEL_0","score":3}]`},
		{"/v1/adapters/one/predict?rank=4", `{"inputs":"I like you."}`, emotions, all},

		{"/", `{"inputs":"I like you."}`, emotions, "[" + all + "]"},
		{"/", `{"inputs":["I like you.","you"],"parameters":{}}`, emotions, "[" + all + "," + all + "]"},
		{"/", `{"inputs":{"text":"a","text_pair":"b"},"parameters":{"top_k":1}}`, emotions, "[[" + best + "]]"},
		{"/?adapter=one&rank=auto", `{"inputs":[{"text":"a","text_pair":null},"b"],"options":{"wait_for_model":true}}`, emotions, "[" + all + "," + all + "]"},
		{"/", `{"inputs":[]}`, emotions, "[]"},
		{"/", `{"inputs":"a","parameters":{"function_to_apply":"none","top_k":null,"truncation":true}}`, topics, `[[{"label":"go","score":2},{"label":"c","score":-2}]]`},
		{"/", `{"inputs":"a"}`, similarity, `[[{"label":"LABEL_0","score":3}]]`},

		{"/pipeline", `{"inputs":"I like you."}`, emotions, "[" + best + "]"},
		{"/pipeline", `{"inputs":["a","b"]}`, emotions, "[" + best + "," + best + "]"},
		{"/pipeline", `{"inputs":{"text":"a","text_pair":"b"}}`, emotions, best},
		{"/pipeline", `{"inputs":"a","parameters":{"top_k":1}}`, emotions, "[" + best + "]"},
		{"/pipeline", `{"inputs":"a","parameters":{"top_k":null}}`, emotions, all},
		{"/pipeline", `{"inputs":["a"],"parameters":{"top_k":99}}`, emotions, "[" + all + "]"},
		{"/pipeline", `{"inputs":[]}`, emotions, "[]"},
	} {
		s, _ := server(t, scripted{newFake(), tt.result}, Options{})
		if w, got := ask(s, "POST", tt.path, tt.body); w.Code != 200 || strings.TrimSpace(got) != tt.want {
			t.Errorf("%s %s: %d %s\nwant %s", tt.path, tt.body, w.Code, got, tt.want)
		}
	}
}

// TestFunctions: softmax and sigmoid are those of Transformers' pipeline, also where e to the logit has no number.
func TestFunctions(t *testing.T) {
	s, _ := server(t, newFake(), Options{})
	big := classify.Result{Logits: []float32{1000, 0, -1000}}
	for f, want := range map[function][]float64{softmax: {1, 0, 0}, sigmoid: {1, 0.5, 0}, none: {1000, 0, -1000}, byTask: {1000, 0, -1000}} {
		for i, p := range s.predictions(big, f) {
			if p.Score != want[i] || p.Label != fmt.Sprintf("LABEL_%d", i) {
				t.Errorf("%q: %+v, want %v", f, p, want[i])
			}
		}
	}
	sum := 0.0
	for _, p := range s.predictions(emotions, softmax) {
		sum += p.Score
	}
	if math.Abs(sum-1) > 1e-15 {
		t.Errorf("a softmax adds up to %v", sum)
	}
}

// TestForeignErrors: errors have the form that clients of these servers read.
func TestForeignErrors(t *testing.T) {
	cut := emotions
	cut.Truncated, cut.Tokens = true, 128
	failed := func(c classify.Code) classify.Result {
		return classify.Result{Err: &classify.Error{Code: c, Err: errors.New("because")}}
	}
	for _, tt := range []struct {
		path, body string
		result     classify.Result
		status     int
		kind, says string
	}{
		{"/predict", `{`, emotions, 400, "Validation", "JSON"},
		{"/predict", `{}`, emotions, 400, "Validation", "pair of strings"},
		{"/predict", `{"inputs":null}`, emotions, 400, "Validation", "inputs"},
		{"/predict", `{"inputs":{}}`, emotions, 400, "Validation", "inputs"},
		{"/predict", `{"inputs":[]}`, emotions, 400, "Empty", "empty"},
		{"/predict", `{"inputs":[["a"],[]]}`, emotions, 400, "Validation", "inputs/1: here are 0"},
		{"/predict", `{"inputs":["a","b","c"]}`, emotions, 400, "Validation", "a list each"},
		{"/predict", `{"inputs":[["a"],"b"]}`, emotions, 400, "Validation", "inputs/1"},
		{"/predict", `{"inputs":[["a",1]]}`, emotions, 400, "Validation", "inputs/0/1: here is a number"},
		{"/predict", `{"inputs":["a",["b"]]}`, emotions, 400, "Validation", "inputs/1: here is"},
		{"/predict", `{"inputs":"a","truncation_direction":"Left"}`, emotions, 400, "Validation", "Right"},
		{"/predict", `{"inputs":"a","truncate":false}`, cut, 413, "Validation", "128 tokens"},
		{"/predict", `{"inputs":"a","input":"b"}`, emotions, 400, "Validation", `"input"`},
		{"/predict", `{"inputs":["a","b"]}`, failed(classify.CodeText), 400, "Validation", `because; two texts`},
		{"/predict", `{"inputs":[["a"]]}`, failed(classify.CodeText), 400, "Validation", "inputs/0: because"},
		{"/predict", `{"inputs":"a"}`, failed(classify.CodeDiverged), 424, "Backend", "because"},
		{"/predict?rank=0", `{"inputs":"a"}`, emotions, 400, "Validation", "rank"},
		{"/predict?rank=two", `{"inputs":"a"}`, emotions, 400, "Validation", "rank"},
		{"/predict?rank=1&rank=2", `{"inputs":"a"}`, emotions, 400, "Validation", "twice"},
		{"/predict?Rank=1", `{"inputs":"a"}`, emotions, 400, "Validation", `"Rank"`},
		{"/predict?rank=%zz", `{"inputs":"a"}`, emotions, 400, "Validation", "question mark"},
		{"/v1/adapters/one/predict?adapter=two", `{"inputs":"a"}`, emotions, 400, "Validation", "adapter"},
		{"/", `{}`, emotions, 400, "Validation", "inputs"},
		{"/", `{"inputs":[["a","b"]]}`, emotions, 400, "Validation", "inputs/0"},
		{"/", `{"inputs":{"text":"a","pair":"b"}}`, emotions, 400, "Validation", "text_pair"},
		{"/", `{"inputs":{"text_pair":"b"}}`, emotions, 400, "Validation", "text_pair"},
		{"/", `{"inputs":"a","parameters":{"top_k":0}}`, emotions, 400, "Validation", "top_k"},
		{"/", `{"inputs":"a","parameters":{"top_k":1.5}}`, emotions, 400, "Validation", "top_k"},
		{"/", `{"inputs":"a","parameters":{"function_to_apply":"tanh"}}`, emotions, 400, "Validation", "softmax"},
		{"/", `{"inputs":"a","parameters":{"truncation":false}}`, cut, 413, "Validation", "128 tokens"},
		{"/pipeline", `{"inputs":["a",7]}`, emotions, 400, "Validation", "inputs/1"},
	} {
		s, _ := server(t, scripted{newFake(), tt.result}, Options{})
		w, got := ask(s, "POST", tt.path, tt.body)
		var e struct {
			Error string
			Type  string `json:"error_type"`
		}
		if err := json.Unmarshal([]byte(got), &e); err != nil || w.Code != tt.status || e.Type != tt.kind || !strings.Contains(e.Error, tt.says) {
			t.Errorf("%s %s: %d %s", tt.path, tt.body, w.Code, got)
		}
	}
	f := newFake()
	s, _ := server(t, f, Options{Timeout: 10 * time.Millisecond})
	for code, want := range map[classify.Code]string{classify.CodeBusy: "429 Overloaded 1", classify.CodeClosed: "503 Unhealthy 1", classify.CodeNoAdapter: "404 Validation ", classify.CodeDiverged: "424 Backend "} {
		f.err = &classify.Error{Code: code, Err: errors.New("because")}
		w, got := ask(s, "POST", "/predict", `{"inputs":"a"}`)
		var e struct {
			Type string `json:"error_type"`
		}
		_ = json.Unmarshal([]byte(got), &e)
		if is := fmt.Sprintf("%d %s %s", w.Code, e.Type, w.Header().Get("Retry-After")); is != want {
			t.Errorf("%s: %s, want %s: %s", code, is, want, got)
		}
	}
	f.err, f.wait = nil, make(chan struct{})
	if w, got := ask(s, "POST", "/", `{"inputs":"a"}`); w.Code != 504 || !strings.Contains(got, `"Backend"`) {
		t.Errorf("%d %s", w.Code, got)
	}
}

// TestFormsAgree: with the classifier itself, each form gives the bits of POST /v1/predict at the same adapter and rank.
func TestFormsAgree(t *testing.T) {
	c, err := classify.Open(t.Context(), classify.Options{Adapters: map[string]string{"a": classify.Sentiment, "b": classify.Sentiment}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, _ := server(t, c, Options{})
	for _, rank := range []string{"1", "2"} {
		var want struct {
			Results []struct{ Probabilities map[string]float64 }
		}
		_, got := ask(s, "POST", "/v1/predict", `{"text":"a fine film","adapter":"b","rank":`+rank+`}`)
		if err := json.Unmarshal([]byte(got), &want); err != nil || len(want.Results) != 1 {
			t.Fatalf("%v: %s", err, got)
		}
		for _, path := range []string{"/predict?adapter=b&rank=" + rank, "/v1/adapters/b/predict?rank=" + rank, "/pipeline?adapter=b&rank=" + rank} {
			var list []prediction
			_, got := ask(s, "POST", path, `{"inputs":"a fine film"}`)
			if err := json.Unmarshal([]byte(got), &list); err != nil || len(list) == 0 {
				t.Fatalf("%s: %v: %s", path, err, got)
			}
			for i, p := range list {
				if p.Score != want.Results[0].Probabilities[p.Label] || i > 0 && p.Score > list[i-1].Score {
					t.Errorf("%s: %+v, want %v", path, list, want.Results[0].Probabilities)
				}
			}
		}
	}
	if w, got := ask(s, "POST", "/predict", `{"inputs":"a"}`); w.Code != 404 || !strings.Contains(got, "a, b") {
		t.Errorf("%d %s", w.Code, got)
	}
	if w, got := ask(s, "POST", "/predict?adapter=a", `{"inputs":["a","b"]}`); w.Code != 400 || !strings.Contains(got, "each by itself") {
		t.Errorf("%d %s", w.Code, got)
	}
}

// FuzzForms: whatever a body holds, the answer is JSON with a status that the documentation has.
func FuzzForms(f *testing.F) {
	for _, seed := range []string{
		`{"inputs":"a"}`, `{"inputs":["a","b"]}`, `{"inputs":[["a"],["b","c"]],"raw_scores":true}`, `{"inputs":[]}`, `{"inputs":[[[]]]}`, `{"inputs":"\ud800"}`,
		`{"inputs":{"text":"a","text_pair":null},"parameters":{"top_k":null,"function_to_apply":"none"}}`, `{"inputs":[{"text":"bad"},7]}`, `{"options":{}}`, "\xff",
	} {
		for _, path := range []string{"/", "/pipeline", "/predict", "/v1/adapters/one/predict?rank=2", "/predict?rank=;"} {
			f.Add(path, seed)
		}
	}
	s, _ := server(f, newFake(), Options{MaxBody: 2000, MaxTexts: 5, MaxTextBytes: 100})
	f.Fuzz(func(t *testing.T, path, body string) {
		r, err := http.NewRequest("POST", "http://localhost"+path, strings.NewReader(body))
		if err != nil {
			return
		}
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if !slices.Contains([]int{200, 301, 307, 308, 400, 404, 405, 413}, w.Code) {
			t.Errorf("%s %q: status %d, %s", path, body, w.Code, w.Body)
		}
		if (w.Code == 200 || w.Code >= 400) && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %q: no JSON: %s", path, body, w.Body)
		}
	})
}
