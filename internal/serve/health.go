package serve

import (
	"net/http"
	"time"
)

// health are the routes by which others watch a server. Whether it lives and is ready needs no token, since who asks has none.
func (s *Server) health() map[string]handler {
	s.open["GET /healthz"], s.open["GET /readyz"] = true, true
	routes := map[string]handler{"GET /healthz": s.alive, "GET /readyz": s.ready}
	if s.options.Metrics != nil {
		routes["GET /metrics"] = func(w http.ResponseWriter, r *http.Request) error {
			s.options.Metrics.ServeHTTP(w, r)
			return nil
		}
	}
	return routes
}

// status is the answer about a server's health.
type status struct {
	Status string `json:"status"` // "ok", "ready", "loading" or "draining"
}

// alive answers GET /healthz: the process answers requests.
func (s *Server) alive(w http.ResponseWriter, _ *http.Request) error {
	write(w, http.StatusOK, status{"ok"})
	return nil
}

// ready answers GET /readyz: whether further requests should be sent to this server.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) error {
	if s.draining.Load() {
		write(w, http.StatusServiceUnavailable, status{"draining"})
		return nil
	}
	write(w, http.StatusOK, status{"ready"})
	return nil
}

// loading answers requests that come before the models are loaded.
func loading(w http.ResponseWriter, r *http.Request) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(headerTime)) // of a body that nobody reads; an error: there is no connection
	switch r.URL.Path {
	case "/healthz":
		write(w, http.StatusOK, status{"ok"})
	case "/readyz":
		write(w, http.StatusServiceUnavailable, status{"loading"})
	default:
		w.Header().Set("Retry-After", "1")
		write(w, http.StatusServiceUnavailable, map[string]*Problem{"error": {Code: "loading", Message: "the models are being loaded: ask again in a moment"}})
	}
}
