// Package tracktest has a tracking server for tests: MLflow as far as it is used, with its limits, and with its troubles.
package tracktest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// keyTag is the tag by which a run is found again.
const keyTag = "dylora.key"

// Server keeps everything that it is sent as it came, doubles included. Whoever reads its fields while it serves holds its lock.
type Server struct {
	sync.Mutex
	*httptest.Server
	Experiments map[string]string // ID by name
	Runs        map[string]*Run   // by ID: run0, run1, …
	Requests    map[string]int    // by path
	Trouble     Trouble           // nil: none
	Takes       func(key string) bool
	Outside     bool // files are kept on other storage
	order       []string
}

// Trouble answers in place of the server, and says whether it did.
type Trouble func(w http.ResponseWriter, r *http.Request) bool

// Run is what the server has of a run.
type Run struct {
	Name, Status string
	Tags, Params map[string]string
	Metrics      map[string]int    // by "key step value": how often, at different times
	Files        map[string]string // content by path
	Deleted      bool
	times        map[string]bool
}

// New starts a server; whoever does closes it.
func New() *Server {
	s := &Server{Experiments: map[string]string{"Default": "0"}, Runs: map[string]*Run{}, Requests: map[string]int{}}
	s.Server = httptest.NewServer(s)
	return s
}

// Answer sets the server's trouble.
func (s *Server) Answer(t Trouble) {
	s.Lock()
	defer s.Unlock()
	s.Trouble = t
}

// Code is the trouble of a server that answers everything with a status and nothing else.
func Code(status int) Trouble {
	return func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(status); return true }
}

// HTML is the trouble of a server of other things: every request has a page for its answer.
func HTML(status int) Trouble {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		fmt.Fprint(w, "<html>welcome")
		return true
	}
}

// Silence is the trouble of a server that takes requests and never answers.
func Silence(_ http.ResponseWriter, r *http.Request) bool {
	_, _ = io.Copy(io.Discard, r.Body) // until then nobody sees that the client is gone
	select {
	case <-r.Context().Done():
	case <-time.After(time.Minute):
	}
	return true
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.Lock()
	trouble := s.Trouble
	s.Requests[r.URL.Path]++
	s.Unlock()
	if trouble != nil && trouble(w, r) {
		return
	}
	s.Lock()
	defer s.Unlock()
	w.Header().Set("Content-Type", "application/json")
	body, _ := io.ReadAll(r.Body)
	if path, ok := strings.CutPrefix(r.URL.Path, "/api/2.0/mlflow-artifacts/artifacts/"); ok && r.Method == http.MethodPut {
		parts := strings.SplitN(path, "/", 4)
		s.Runs[parts[1]].Files[parts[3]] = string(body)
		fmt.Fprint(w, "{}")
		return
	}
	s.call(w, r, body)
}
