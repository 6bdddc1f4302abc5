package serve

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// FuzzRequests: whatever a body holds, the answer is JSON with a status that the documentation has, and as many results as texts.
func FuzzRequests(f *testing.F) {
	for _, seed := range []string{
		`{"text":"a"}`, `{"texts":["a","b"],"rank":3}`, `{"pairs":[["a","b"]],"rank":"auto","top_k":1}`, `{"items":[{"text":"a","adapter":"one","rank":2}]}`,
		`{"text":"a","text":"b"}`, `{"texts":[null]}`, `{"rank":1e9}`, `[]`, `null`, `{`, "\xff", `{"text":"\ud800"}`, `{"threshold":0.5,"unsure":"?","text":""}`,
	} {
		f.Add("/v1/predict", "POST", seed)
	}
	f.Add("/v1/adapters/one", "PUT", `{"folder":"one","default_rank":"auto"}`)
	f.Add("/v1/adapters/..%2f", "DELETE", ``)
	s, _ := server(f, newFake(), Options{MaxBody: 2000, MaxTexts: 5, MaxTextBytes: 100})
	f.Fuzz(func(t *testing.T, path, method, body string) {
		if !strings.HasPrefix(path, "/v1/") || !slices.Contains([]string{"GET", "POST", "PUT", "DELETE"}, method) {
			return
		}
		r, err := http.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
		if err != nil {
			return
		}
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if !slices.Contains([]int{200, 201, 204, 301, 307, 308, 400, 403, 404, 405, 413}, w.Code) {
			t.Errorf("%s %s %q: status %d, %s", method, path, body, w.Code, w.Body)
		}
		if w.Code < 300 && w.Code != 204 || w.Code >= 400 {
			if !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s %s %q: no JSON: %s", method, path, body, w.Body)
			}
		}
		var q struct{ Texts []string }
		var got struct{ Results []any }
		if w.Code == 200 && path == "/v1/predict" && json.Unmarshal([]byte(body), &q) == nil && q.Texts != nil && json.Unmarshal(w.Body.Bytes(), &got) == nil && len(got.Results) != len(q.Texts) {
			t.Errorf("%q: %d results", body, len(got.Results))
		}
	})
}
