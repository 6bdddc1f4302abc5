package hub

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/hub/hubtest"
)

// script is a Hub that gives one answer about repositories, one about a file and one of its bytes.
type script struct {
	status                         int
	about, etag, size, place, body string
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	h := http.Header{}
	set := func(key, value string) {
		if value != "" {
			h[key] = []string{value}
		}
	}
	status, body := s.status, s.body
	switch {
	case strings.HasPrefix(r.URL.Path, "/api/"):
		status, body = http.StatusOK, s.about
		if len(s.about) == 0 {
			status = s.status
		}
	default:
		set("Etag", s.etag)
		set("X-Linked-Size", s.size)
		set("Location", s.place)
		set("Content-Range", s.size)
		set("Retry-After", s.size)
		set("X-Error-Message", s.etag)
	}
	if r.Method == http.MethodHead {
		body = ""
	}
	if status < 100 || status > 999 {
		status = http.StatusOK
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1, Request: r}, nil
}

// FuzzReplies: whatever a Hub answers, nothing panics, waits or writes outside the cache, the message
// is one line without the token, and a file that is kept has the announced hash.
func FuzzReplies(f *testing.F) {
	about := fmt.Sprintf(`{"sha":%q,"siblings":[{"rfilename":"config.json"},{"rfilename":"../x"}]}`, hubtest.Commit)
	f.Add(200, about, `"`+hubtest.Etag([]byte("{}"))+`"`, "2", "", "{}")
	f.Add(206, about, hubtest.Etag([]byte("{}")), "bytes 1-1/2", "", "{")
	f.Add(302, about, "../../x", "-1", "https://cdn.example/x", "")
	f.Add(429, about, "hf_secret\n", "99999999999999999999", "http://cdn.example", "x")
	f.Add(200, `{"sha":"../../..","siblings":null}`, "", "", "", "")
	f.Add(403, ``, "Bearer hf_secret", "", "", "")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, status int, info, etag, size, place, body string) {
		root, err := os.MkdirTemp(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = os.RemoveAll(root) }()
		env := map[string]string{"HF_ENDPOINT": "https://hub.example", "HF_HOME": filepath.Join(root, "home"), "HF_TOKEN": "hf_secret"}
		c, err := New(func(name string) string { return env[name] })
		if err != nil {
			t.Fatal(err)
		}
		c.transport = &script{status, info, etag, size, place, body}
		c.wait = func(context.Context, time.Duration) error { return nil }
		r, err := ParseRepo(Model, "org/name", "")
		if err != nil {
			t.Fatal(err)
		}
		s, err := c.Snapshot(t.Context(), r, These("config.json"))
		if err != nil && (strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "hf_secret") || len(err.Error()) > 2000) {
			t.Fatalf("message %q", err)
		}
		if err == nil {
			b, err := os.ReadFile(filepath.Join(s.Dir, "config.json"))
			if want := strings.ToLower(strings.Trim(strings.TrimPrefix(etag, "W/"), `"`)); err != nil || newHashOf(want, b) != want {
				t.Fatalf("%q is kept as %q: %v", b, want, err)
			}
		}
		entries, err := os.ReadDir(root)
		if err != nil || len(entries) > 1 || len(entries) == 1 && entries[0].Name() != "home" {
			t.Fatalf("outside the cache: %v, %v", entries, err)
		}
	})
}

// newHashOf is the hash of the kind of an etag, in hex; "" if it is of none.
func newHashOf(etag string, b []byte) string {
	h := newHash(etag, int64(len(b)))
	if h == nil {
		return ""
	}
	_, _ = io.Copy(h, bytes.NewReader(b))
	return fmt.Sprintf("%x", h.Sum(nil))
}
