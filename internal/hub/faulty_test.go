package hub

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/hub/hubtest"
)

// TestFaultyHub has eight clients download one repository into one cache from a Hub where
// two of three requests fail: they all get it, once, with the right hashes, and the
// token stays with the Hub.
func TestFaultyHub(t *testing.T) {
	rounds := 200
	if testing.Short() {
		rounds = 10
	}
	all := map[string]int{}
	for round := range rounds {
		s := hubtest.New(t)
		s.Add("models/org/name", roberta())
		s.Private("models/org/name")
		seen := s.Faulty(uint64(round))
		first := client(t, s, "HF_TOKEN", s.Token)
		var clients sync.WaitGroup
		for range 8 {
			clients.Go(func() {
				c := *first
				got, err := c.Snapshot(t.Context(), repo(t, Model, "org/name", ""), ModelFiles(false))
				if err != nil || len(got.Files) != 5 {
					t.Errorf("round %d: %+v, %v", round, got, err)
				}
			})
		}
		clients.Wait()
		blobs := 0
		for name, content := range tree(t, first.Cache()) {
			if _, etag, ok := strings.Cut(name, "/blobs/"); ok {
				blobs++
				if etag != hubtest.Etag([]byte(content)) {
					t.Errorf("round %d: %s has another hash", round, name)
				}
			}
		}
		if blobs != 5 {
			t.Errorf("round %d: %d blobs of 5 files", round, blobs)
		}
		if leaks := s.Leaks(); len(leaks) > 0 {
			t.Fatalf("round %d: the token went to another host: %v", round, leaks)
		}
		for kind, n := range seen() {
			all[kind] += n
		}
		if t.Failed() {
			break
		}
	}
	if len(all) != 13 && !testing.Short() {
		t.Errorf("faults seen: %v", all)
	}
	t.Logf("%d rounds, faults: %v", rounds, all)
}

// TestWrongBytes: a Hub that never serves what it announces is given up on, and nothing of
// it is kept.
func TestWrongBytes(t *testing.T) {
	s := hubtest.New(t)
	s.Add("models/org/name", roberta())
	s.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "model.safetensors") || !strings.HasPrefix(r.URL.Path, "/models/") {
			return false
		}
		_, _ = w.Write(make([]byte, 100_000))
		return true
	}
	c := client(t, s)
	_, err := c.Snapshot(t.Context(), repo(t, Model, "org/name", ""), ModelFiles(false))
	checkError(t, err, fault.Invalid, "model.safetensors: what arrives is not what the Hub announces", "three times over")
	if n := s.Requests("GET /models/"); n != 4 { // tokenizer.json, and three attempts
		t.Errorf("%d requests", n)
	}
	for name, content := range tree(t, c.Cache()) {
		if strings.HasSuffix(name, ".incomplete") && content != "" || strings.HasSuffix(name, "model.safetensors") {
			t.Errorf("%s is left", name)
		}
	}
}

// inTurn lets a hook see one request at a time.
func inTurn(f func(http.ResponseWriter, *http.Request) bool) func(http.ResponseWriter, *http.Request) bool {
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		return f(w, r)
	}
}

// TestResume: a download that was cut off goes on where it was.
func TestResume(t *testing.T) {
	s := hubtest.New(t)
	s.Add("models/org/name", roberta())
	var ranges []string
	cut := true
	s.Before = inTurn(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/models/") || !strings.HasSuffix(r.URL.Path, "model.safetensors") {
			return false
		}
		ranges = append(ranges, r.Header.Get("Range"))
		if !cut {
			return false
		}
		w.Header().Set("Content-Length", "100000")
		_, _ = w.Write(blob(100_000)[:60_000])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	c := client(t, s)
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	c.wait = func(ctx context.Context, _ time.Duration) error { cancel(stopped); return context.Cause(ctx) }
	if _, err := c.Snapshot(ctx, repo(t, Model, "org/name", ""), ModelFiles(false)); !errors.Is(err, stopped) {
		t.Fatalf("error = %v", err)
	}
	cut = false
	got, err := c.Snapshot(t.Context(), repo(t, Model, "org/name", ""), ModelFiles(false))
	if err != nil || got.Downloaded != 40_000 || !slices.Equal(ranges, []string{"", "bytes=60000-"}) {
		t.Errorf("%+v, %v, ranges %q", got, err, ranges)
	}
}

// TestWaits: waits double, and the server's wish counts.
func TestWaits(t *testing.T) {
	s := hubtest.New(t)
	s.Add("models/org/name", roberta())
	n := 0
	s.Before = inTurn(func(w http.ResponseWriter, r *http.Request) bool {
		switch n++; n {
		case 1, 2, 3:
			w.WriteHeader(http.StatusBadGateway)
		case 4:
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
		case 5:
			w.Header().Set("RateLimit", `"api";r=0;t=55`)
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			return false
		}
		return true
	})
	c := client(t, s)
	var waits []time.Duration
	c.wait = func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }
	if _, err := c.Snapshot(t.Context(), repo(t, Model, "org/name", ""), ModelFiles(false)); err != nil {
		t.Fatal(err)
	}
	if want := []time.Duration{time.Second / 2, time.Second, 2 * time.Second, 7 * time.Second, 55 * time.Second}; !slices.Equal(waits, want) {
		t.Errorf("waits %v, want %v", waits, want)
	}
}

func TestAskedWait(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "12": 12 * time.Second, "-1": 0, "soon": 0, "99999999": 1 << 20 * time.Second,
		now.Add(time.Minute).Format(http.TimeFormat): time.Minute, now.Add(-time.Minute).Format(http.TimeFormat): 0,
	} {
		if got := askedWait(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("Retry-After %q: %v, want %v", value, got, want)
		}
	}
	for value, want := range map[string]time.Duration{`"api";r=0;t=9`: 9 * time.Second, `"api";r=5;t=9`: 0, `"api";r=0;t=x`: 0} {
		if got := askedWait(http.Header{"Ratelimit": {value}}, now); got != want {
			t.Errorf("RateLimit %q: %v, want %v", value, got, want)
		}
	}
}

// TestStall: a server that says nothing is left.
func TestStall(t *testing.T) {
	s := hubtest.New(t)
	s.Add("models/org/name", roberta())
	release := make(chan struct{})
	defer close(release)
	var mu sync.Mutex
	silent := map[string]bool{}
	first := func(key string) bool {
		mu.Lock()
		defer mu.Unlock()
		was := silent[key]
		silent[key] = true
		return !was
	}
	s.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if (strings.HasSuffix(r.URL.Path, "model.safetensors") || strings.Contains(r.URL.Path, "/revision/")) && first(r.Method+r.URL.Path) {
			if strings.HasPrefix(r.URL.Path, "/models/") { // in the middle of the body
				w.Header().Set("Content-Length", "100000")
				_, _ = w.Write(blob(100_000)[:30_000])
				_ = http.NewResponseController(w).Flush()
			}
			<-release
			return true
		}
		return false
	}
	c := client(t, s)
	c.stall = 50 * time.Millisecond
	got, err := c.Snapshot(t.Context(), repo(t, Model, "org/name", ""), ModelFiles(false))
	if err != nil || len(silent) < 3 {
		t.Errorf("%+v, %v, silent on %v", got, err, slices.Collect(maps.Keys(silent)))
	}
}
