package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/dylora/dylora/classify"
)

// document is the OpenAPI document as the server sends it, checked by its own rules.
func document(t *testing.T) *openapi3.T {
	t.Helper()
	s, _ := server(t, newFake(), Options{})
	_, got := ask(s, "GET", "/openapi.json", "")
	d, err := openapi3.NewLoader().LoadFromData([]byte(got))
	if err == nil {
		err = d.Validate(t.Context(), openapi3.EnableExamplesValidation(), openapi3.EnableSchemaDefaultsValidation())
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestOpenAPIRoutes: the document has the routes of the server, and no others.
func TestOpenAPIRoutes(t *testing.T) {
	s, _ := server(t, newFake(), Options{Metrics: http.NotFoundHandler()})
	var want, got []string
	for pattern := range s.routes() {
		want = append(want, strings.Replace(pattern, "{$}", "", 1))
	}
	for path, item := range document(t).Paths.Map() {
		for method := range item.Operations() {
			got = append(got, method+" "+path)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the document has\n%q\nand the server\n%q", got, want)
	}
}

// TestOpenAPIFields: each schema has the fields of its type.
func TestOpenAPIFields(t *testing.T) {
	schemas := document(t).Components.Schemas
	for name, v := range map[string]any{
		"PredictRequest": predictRequest{}, "Item": item{}, "Result": result{}, "Adapter": info{}, "LoadRequest": loadRequest{}, "Error": Problem{},
		"TeiRequest": teiRequest{}, "PipelineRequest": pipelineRequest{}, "PipelineParameters": pipelineParameters{}, "PipelineOptions": pipelineOptions{}, "Prediction": prediction{}, "Status": status{},
	} {
		var want, got []string
		for f := range reflect.TypeOf(v).Fields() {
			if key, _, _ := strings.Cut(f.Tag.Get("json"), ","); key != "" && key != "-" {
				want = append(want, key)
			}
		}
		for key := range schemas[name].Value.Properties {
			got = append(got, key)
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s has %q, and its type %q", name, got, want)
		}
	}
}

// TestOpenAPICodes: the document has the codes of errors that the source has.
func TestOpenAPICodes(t *testing.T) {
	seen := map[string]bool{}
	for code := range statuses {
		seen[string(code)] = true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, m := range regexp.MustCompile(`Code(?:: |, p\.Message = )"(\w+)"`).FindAllSubmatch(b, -1) {
			seen[string(m[1])] = true
		}
	}
	var foreign = []string{"empty", "parameter", "too_long"} // of routes whose errors have no code
	enum := document(t).Components.Schemas["Error"].Value.Properties["code"].Value.Enum
	for _, code := range enum {
		if !seen[code.(string)] {
			t.Errorf("no error has the code %q", code)
		}
		delete(seen, code.(string))
	}
	for code := range seen {
		if !slices.Contains(foreign, code) {
			t.Errorf("the document lacks the code %q", code)
		}
	}
}

// broken sends a request whose connection fails.
func broken(ctx context.Context, s *Server, method, address string, body io.Reader) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, method, address, body)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// TestOpenAPIAnswers: the answer to each request is one that the document has, with its headers and its body, and each of its
// statuses occurs.
func TestOpenAPIAnswers(t *testing.T) {
	d := document(t)
	router, err := legacy.NewRouter(d)
	if err != nil {
		t.Fatal(err)
	}
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.PlainBodyDecoder)
	missing := map[string]bool{}
	for path, item := range d.Paths.Map() {
		for method, o := range item.Operations() {
			for status := range o.Responses.Map() {
				missing[method+" "+path+" "+status] = true
			}
		}
	}
	compare := func(w *httptest.ResponseRecorder, method, address, body string) {
		t.Helper()
		r := httptest.NewRequest(method, address, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		route, parameters, err := router.FindRoute(r)
		if err != nil {
			t.Errorf("%s %s: %v", method, address, err)
			return
		}
		in := &openapi3filter.RequestValidationInput{Request: r, PathParams: parameters, Route: route, Options: &openapi3filter.Options{IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}}
		if err := openapi3filter.ValidateRequest(t.Context(), in); err != nil && w.Code < 300 {
			t.Errorf("%s %s %.80s is answered, and against the document: %v", method, address, body, err)
		}
		out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: w.Code, Header: w.Header(), Body: io.NopCloser(bytes.NewReader(w.Body.Bytes())), Options: in.Options}
		if err := openapi3filter.ValidateResponse(t.Context(), out); err != nil {
			t.Errorf("%s %s %.80s: %v", method, address, body, err)
		}
		delete(missing, fmt.Sprintf("%s %s %d", method, route.Path, w.Code))
	}
	send := func(s *Server, method, address, body string, header ...string) {
		t.Helper()
		w, _ := ask(s, method, address, body, header...)
		compare(w, method, address, body)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "three"), 0o755); err != nil {
		t.Fatal(err)
	}
	f := newFake()
	s, _ := server(t, f, Options{Adapters: dir, MaxBody: 500, MaxTexts: 3, Timeout: 20 * time.Millisecond, Metrics: NewMetrics("1").Handler()})
	fixed, _ := server(t, f, Options{})
	locked, _ := server(t, f, Options{Adapters: dir, Token: "abc", Metrics: http.NotFoundHandler()})
	bodies := map[string]string{
		"POST /v1/predict": `{"texts":["a","b"],"rank":"auto"}`, "PUT /v1/adapters/three": `{}`, "DELETE /v1/adapters/three": "", "GET /v1/adapters": "", "GET /v1/adapters/one": "", "GET /": "", "GET /openapi.json": "",
		"GET /healthz": "", "GET /readyz": "", "GET /metrics": "",
		"POST /predict?rank=2": `{"inputs":"a"}`, "POST /v1/adapters/one/predict?rank=auto": `{"inputs":[["a"],["b","c"]]}`, "POST /?adapter=one": `{"inputs":["a",{"text":"b"}]}`, "POST /pipeline": `{"inputs":"a"}`,
	}
	addresses := slices.Sorted(maps.Keys(bodies))
	slices.Reverse(addresses) // PUT before DELETE
	for _, address := range addresses {
		method, path, _ := strings.Cut(address, " ")
		body := bodies[address]
		f.err, f.wait = nil, nil
		send(s, method, path, body)
		send(locked, method, path, body)
		early := httptest.NewRecorder()
		loading(early, httptest.NewRequest(method, path, nil))
		compare(early, method, path, body)
		switch method {
		case http.MethodPut, http.MethodDelete:
			send(fixed, method, path, body)
		case http.MethodGet:
			continue
		}
		if method == http.MethodPut {
			send(s, method, "/v1/adapters/none", `{}`)
		}
		if body != "" {
			send(s, method, path, `{"x":1}`)
			send(s, method, path, body, "Content-Type", "text/plain")
			send(s, method, path, body+strings.Repeat(" ", 500))
		}
		for code := range statuses {
			f.err = &classify.Error{Code: code, Err: errors.New("because")}
			if slices.Contains(map[string][]classify.Code{
				"PUT":    {classify.CodeBusy, classify.CodeNoAdapter, classify.CodeText, classify.CodeRank, classify.CodeOption, classify.CodeDiverged},
				"DELETE": {classify.CodeBusy, classify.CodeExists, classify.CodeText, classify.CodeRank, classify.CodeOption, classify.CodeAdapter, classify.CodeDiverged},
				"POST":   {classify.CodeExists, classify.CodeAdapter},
			}[method], code) { // which the classifier does not give there
				continue
			}
			send(s, method, path, body)
		}
		f.err = errors.New("a fault")
		send(s, method, path, body)
		f.err, f.wait = nil, make(chan struct{})
		send(s, method, path, body)
		compare(broken(t.Context(), s, method, path, iotest.ErrReader(os.ErrDeadlineExceeded)), method, path, body)
		if method == http.MethodPost {
			gone, cancel := context.WithCancel(t.Context())
			cancel()
			compare(broken(gone, s, method, path, strings.NewReader(body)), method, path, body)
		}
	}
	send(s, "GET", "/v1/adapters/none", "")
	f.wait = nil
	send(s, "POST", "/v1/predict", `{"texts":["a","bad"]}`)
	send(s, "POST", "/v1/predict", `{"texts":["a","b","c","d"]}`)
	send(s, "POST", "/v1/predict", `{"pairs":[["a","b"]],"top_k":1,"threshold":0.5,"unsure":"?"}`)
	s.Drain()
	send(s, "GET", "/readyz", "")
	for status := range missing {
		t.Errorf("the document has an answer that did not occur: %s", status)
	}
}
