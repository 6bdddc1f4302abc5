package hub

import (
	"net/http"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/hub/hubtest"
)

// abort drops every connection.
func abort(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }

// answer gives every request the same answer.
func answer(status int, header ...string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		return true
	}
}

func TestRefusals(t *testing.T) {
	tests := []struct {
		name, id, revision, token string
		before                    func(http.ResponseWriter, *http.Request) bool
		class                     fault.Class
		want                      []string
	}{
		{name: "no such repository", id: "org/none", class: fault.Usage, want: []string{"model org/none", "there is no such repository", "set HF_TOKEN"}},
		{name: "no such repository, with a token", id: "org/none", token: "hf_secret", class: fault.Usage, want: []string{"there is no such repository", "the token of HF_TOKEN"}},
		{name: "private", id: "org/private", class: fault.Usage, want: []string{"or it is private", "set HF_TOKEN"}},
		{name: "gated", id: "org/gated", class: fault.Usage, want: []string{"is gated: accept its conditions at ", "/org/gated, and"}},
		{name: "no such revision", id: "org/open", revision: "v9", class: fault.Usage, want: []string{`no revision "v9"`}},
		{name: "bad token", id: "org/open", token: "hf_wrong", class: fault.Usage, want: []string{"does not accept the token of HF_TOKEN"}},
		{name: "forbidden", id: "org/open", before: answer(403, "X-Error-Message", "Not from\nhere"), class: fault.Usage, want: []string{"forbids access: Not from"}},
		{name: "teapot", id: "org/open", before: answer(418, "X-Error-Message", "Short and stout"), class: fault.Failure, want: []string{"418", "Short and stout"}},
		{name: "not a Hub", id: "org/open", before: answer(200), class: fault.Failure, want: []string{"does not answer as a Hub does: check HF_ENDPOINT"}},
		{name: "down", id: "org/open", before: answer(503), class: fault.Offline, want: []string{"is not in the cache", "503 Service Unavailable"}},
		{name: "busy for long", id: "org/open", before: answer(429, "Retry-After", "3600"), class: fault.Offline, want: []string{"429", "come back in 1h0m0s"}},
		{name: "hangs up", id: "org/open", before: abort, class: fault.Offline, want: []string{"cannot be reached", "EOF"}},
		{name: "round and round", id: "org/open", before: func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
			return true
		}, class: fault.Failure, want: []string{"more than 10 redirects"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := hubtest.New(t)
			for _, id := range []string{"open", "private", "gated"} {
				s.Add("models/org/"+id, roberta())
			}
			s.Private("models/org/private")
			s.Gated("models/org/gated")
			s.Before = tt.before
			c := client(t, s, "HF_TOKEN", tt.token)
			_, err := c.Snapshot(t.Context(), repo(t, Model, tt.id, tt.revision), ModelFiles(false))
			checkError(t, err, tt.class, tt.want...)
			if tt.class == fault.Usage || tt.name == "teapot" {
				if n := s.Requests(""); n > 2 {
					t.Errorf("%d requests: what is refused for good is not asked again", n)
				}
			}
		})
	}
}

// TestAccess: the token opens what is closed, and goes nowhere else.
func TestAccess(t *testing.T) {
	s := hubtest.New(t)
	for _, id := range []string{"private", "gated"} {
		s.Add("models/org/"+id, roberta())
	}
	s.Private("models/org/private")
	s.Gated("models/org/gated")
	for _, id := range []string{"org/private", "org/gated"} {
		if _, err := client(t, s, "HF_TOKEN", s.Token).Snapshot(t.Context(), repo(t, Model, id, ""), ModelFiles(false)); err != nil {
			t.Error(err)
		}
	}
	if s.Requests("GET /models/") == 0 || len(s.Leaks()) > 0 {
		t.Errorf("%d requests to the second host, with a token: %v", s.Requests("GET /models/"), s.Leaks())
	}
	without := client(t, s, "HF_TOKEN", s.Token, "HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
	_, err := without.Snapshot(t.Context(), repo(t, Model, "org/private", ""), ModelFiles(false))
	checkError(t, err, fault.Usage, "private")
}
