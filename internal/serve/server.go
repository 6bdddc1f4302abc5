// Package serve answers HTTP requests with the adapters of a classifier: the rank is chosen by the request, and requests of
// different adapters and ranks share executions. It is net/http and nothing else: handlers, limits, errors as JSON, metrics.
package serve

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dylora/dylora/classify"
)

// Classifier is what requests are answered by; *classify.Classifier is one.
type Classifier interface {
	Classify(ctx context.Context, texts []classify.Text, options ...classify.Option) ([]classify.Result, error)
	Load(ctx context.Context, name, folder string, defaultRank int) (classify.Info, error)
	Unload(ctx context.Context, name string) error
	Adapters() []classify.Info
	Queued() int
}

// Options are the limits of a server. The zero value of each is its default.
type Options struct {
	MaxBody      int64         // bytes of a request's body; default 1 MiB
	MaxTexts     int           // of a request; default 256
	MaxTextBytes int           // of one text, both parts of a pair together; default 64 KiB
	Timeout      time.Duration // of a request, from its body to the answer; default 30 s

	Token    string            // that requests have to bear, but for health; "": none
	Note     func(line string) // is told of failures that a client is not told of, without texts; may be nil
	Adapters string            // folder whose folders may be loaded by their names; "": requests load and unload nothing
	Metrics  http.Handler      // of GET /metrics; may be nil
}

// withDefaults fills in what is 0.
func (o Options) withDefaults() Options {
	if o.MaxBody == 0 {
		o.MaxBody = 1 << 20
	}
	if o.MaxTexts == 0 {
		o.MaxTexts = 256
	}
	if o.MaxTextBytes == 0 {
		o.MaxTextBytes = 64 << 10
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	return o
}

// Counter counts what a server does; *Metrics is one.
type Counter interface {
	Request(route string, status int, took time.Duration)
	Rejected(reason string)
	Answered(texts, tokens, truncated int)
}

// Server is the handler of all routes.
type Server struct {
	options    Options
	classifier Classifier
	counter    Counter
	mux        *http.ServeMux
	open       map[string]bool // routes that need no token
	token      [sha256.Size]byte
	draining   atomic.Bool
	pace       pace
}

// handler is a route. What it returns is written as the answer's error.
type handler func(w http.ResponseWriter, r *http.Request) error

// New makes a server. It refuses a folder of adapters that is not there.
func New(c Classifier, o Options, m Counter) (*Server, error) {
	s := &Server{options: o.withDefaults(), classifier: c, counter: m, mux: http.NewServeMux(), open: map[string]bool{"GET /{$}": true, "GET /openapi.json": true}, token: sha256.Sum256([]byte(o.Token))}
	if err := checkFolder(o.Adapters); err != nil {
		return nil, err
	}
	for pattern, h := range s.routes() {
		s.handle(pattern, h)
	}
	return s, nil
}

// routes are the handlers by their patterns.
func (s *Server) routes() map[string]handler {
	all := map[string]handler{
		"POST /v1/predict":           s.predict,
		"GET /v1/adapters":           s.adapters,
		"GET /v1/adapters/{name}":    s.adapter,
		"PUT /v1/adapters/{name}":    s.load,
		"DELETE /v1/adapters/{name}": s.unload,

		"GET /{$}":          s.page,
		"GET /openapi.json": s.openAPI,

		"POST /{$}":                        s.inForeignForm(s.hosted),
		"POST /pipeline":                   s.inForeignForm(s.pipeline),
		"POST /predict":                    s.inForeignForm(s.teiPredict),
		"POST /v1/adapters/{name}/predict": s.inForeignForm(s.teiPredict),
	}
	maps.Copy(all, s.health())
	return all
}

// handle adds a route.
func (s *Server) handle(pattern string, h handler) {
	s.mux.Handle(pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), s.options.Timeout)
		defer cancel()
		if err := h(w, r.WithContext(ctx)); err != nil {
			s.fail(w, r, err)
		}
	}))
}

// Drain makes the server say that it is not ready, so that no more requests are sent to it. It goes on answering.
func (s *Server) Drain() { s.draining.Store(true) }

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	answer := &recorder{ResponseWriter: w}
	h, pattern := s.mux.Handler(r)
	defer func() {
		if p := recover(); p != nil { // a fault of ours; the other requests go on
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			s.fail(answer, r, fmt.Errorf("panic: %v", p))
		}
		s.counter.Request(pattern, answer.status, time.Since(began))
	}()
	answer.Header().Set("X-Content-Type-Options", "nosniff")
	r.Pattern = pattern // for who has the request, which is answered as a copy
	r = s.bound(w, r, began)
	switch {
	case pattern == "":
		s.noRoute(answer, r, h)
	case !s.open[pattern] && !s.allowed(r):
		answer.Header().Set("WWW-Authenticate", `Bearer realm="dylora"`)
		s.counter.Rejected("unauthorized")
		s.fail(answer, r, &Problem{Status: http.StatusUnauthorized, Code: "unauthorized", Message: "the header Authorization has to be: Bearer, and the server's token"})
	default:
		s.mux.ServeHTTP(answer, r)
	}
}

// allowed says whether a request bears the token, in a time that does not tell how much of it is right.
func (s *Server) allowed(r *http.Request) bool {
	if s.options.Token == "" {
		return true
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(sum[:], s.token[:]) == 1
}

// noRoute answers a path or a method that nothing is for, as the mux does but as JSON.
func (s *Server) noRoute(w http.ResponseWriter, r *http.Request, h http.Handler) {
	silent := &recorder{ResponseWriter: discard{http.Header{}}}
	h.ServeHTTP(silent, r)
	p := &Problem{Status: http.StatusNotFound, Code: "not_found", Message: fmt.Sprintf("there is nothing at %.200q", r.URL.Path)}
	if allow := silent.Header().Get("Allow"); silent.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", allow)
		p = &Problem{Status: silent.status, Code: "method_not_allowed", Message: fmt.Sprintf("%.200q takes %s", r.URL.Path, allow)}
	}
	s.fail(w, r, p)
}

// recorder remembers the status.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status and writes it.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write writes a part of the body.
func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// discard is an answer that nobody gets.
type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) WriteHeader(int)             {}
func (discard) Write(b []byte) (int, error) { return len(b), nil }
