package track

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/disk/disktest"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/track/tracktest"
)

// Answers that get lost, at any request, leave no doubles: not of the run, nor of metrics.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	f := newServer(t)
	dir := folder(t, 400)
	finish(t, dir)
	seen := map[string]bool{}
	f.Trouble = func(w http.ResponseWriter, r *http.Request) bool {
		if seen[r.URL.Path] {
			return false
		}
		seen[r.URL.Path] = true
		f.Trouble = nil // the request itself arrives
		f.ServeHTTP(discard{}, r)
		f.Lock()
		f.Trouble = func(w http.ResponseWriter, r *http.Request) bool { return lose(f, seen, w, r) }
		f.Unlock()
		w.WriteHeader(503)
		return true
	}
	o := options(f.URL, &talk{})
	for i := 0; ; i++ {
		err := newSender(run(dir), o).send(context.Background(), Finished)
		if err == nil {
			break
		}
		if i > 30 || permanent(err) {
			t.Fatal(err)
		}
	}
	got := f.Runs["run0"]
	if n := len(got.Metrics); len(f.Runs) != 1 || n != 400*4+4*2 || len(got.Doubles()) > 0 || len(got.Files) != 4 {
		t.Errorf("%d runs, %d metrics, twice: %v", len(f.Runs), n, got.Doubles())
	}
	if len(seen) < 6 {
		t.Errorf("answers lost of %v", seen)
	}
}

// lose takes the first request to each address and loses its answer.
func lose(f *tracktest.Server, seen map[string]bool, w http.ResponseWriter, r *http.Request) bool {
	f.Lock()
	first := !seen[r.URL.Path]
	seen[r.URL.Path] = true
	again := f.Trouble
	if first {
		f.Trouble = nil
	}
	f.Unlock()
	if !first {
		return false
	}
	f.ServeHTTP(discard{}, r)
	f.Lock()
	f.Trouble = again
	f.Unlock()
	w.WriteHeader(503)
	return true
}

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

// A server that is away, or is none of MLflow's, costs a training little time, no error, and a line that says what is the matter.
func TestTrouble(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, want string
		trouble    tracktest.Trouble
	}{
		{"another server", "answers with text/html where JSON is due", tracktest.HTML(200)},
		{"no such page", "HTTP 404 with text/html", tracktest.HTML(404)},
		{"no password", "HTTP 401: check MLFLOW_TRACKING_USERNAME", tracktest.Code(401)},
		{"too busy", "answers HTTP 429", tracktest.Code(429)},
		{"broken", "answers HTTP 502", tracktest.Code(502)},
		{"never", "does not answer: the training does not wait longer", tracktest.Silence},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newServer(t)
			f.Trouble = tt.trouble
			dir, said := folder(t, 10), &talk{}
			finish(t, dir)
			start := time.Now()
			tracker := Start(run(dir), options(f.URL, said))
			if took := time.Since(start); took > time.Second {
				t.Errorf("starting took %v", took)
			}
			tracker.End(Finished)
			if took := time.Since(start); took > silence+2*time.Second {
				t.Errorf("the end took %v", took)
			}
			if got := said.String(); !strings.Contains(got, tt.want) || !strings.Contains(got, "the server has nothing of this run: the run folder has all of it") {
				t.Errorf("said %q, want %q", got, tt.want)
			}
			f.Answer(nil)
			mustSend(t, run(dir), options(f.URL, said))
			if n := len(f.Runs["run0"].Metrics); n != 40 {
				t.Errorf("%d metrics when it is back", n)
			}
		})
	}
}

// A server that is slow, but answers, is waited for when a training has ended.
func TestSlow(t *testing.T) {
	t.Parallel()
	f := newServer(t)
	f.Trouble = func(http.ResponseWriter, *http.Request) bool { time.Sleep(silence / 8); return false }
	dir, said := folder(t, 10), &talk{}
	finish(t, dir)
	start := time.Now()
	Start(run(dir), options(f.URL, said)).End(Finished)
	if got := f.Runs["run0"]; got == nil || got.Status != "FINISHED" || len(got.Files) != 4 || said.String() != "" {
		t.Errorf("%+v, said %q", got, said)
	}
	if took := time.Since(start); took < silence {
		t.Errorf("ten requests took %v: the test says nothing", took)
	}
}

// A disk that is full, whenever it is, keeps the server from nothing that has happened since: it has all of it in the end, and nothing twice.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	for full := 1; ; full++ {
		f := newServer(t)
		dir, said := folder(t, 400), &talk{}
		finish(t, dir)
		s := newSender(run(dir), options(f.URL, said))
		write := s.save
		n := 0
		s.save = func() error {
			if n++; n >= full && n < full+2 {
				return disktest.ErrFull
			}
			return write()
		}
		for i := range 3 {
			err := s.send(context.Background(), Finished)
			if err != nil && (!errors.Is(err, syscall.ENOSPC) || permanent(err)) {
				t.Fatalf("write %d: %v", full, err)
			}
			s.tell(err)
			if i == full%2 { // the process ends, and another one goes on
				s = newSender(run(dir), options(f.URL, said))
			}
		}
		if n < full {
			if full < 10 {
				t.Errorf("%d writes are too few", n)
			}
			return
		}
		mustSend(t, run(dir), options(f.URL, said))
		got := f.Runs["run0"]
		if len(f.Runs) != 1 || len(got.Metrics) != 400*4+4*2 || len(got.Doubles()) > 0 || len(got.Files) != 4 || got.Status != "FINISHED" {
			t.Errorf("write %d: %d runs, %d metrics, %s, twice: %v", full, len(f.Runs), len(got.Metrics), got.Status, got.Doubles())
		}
		if !strings.Contains(said.String(), "no space left on device") {
			t.Errorf("write %d: said %q", full, said)
		}
	}
}

// A server that goes away while a training runs has the rest later.
func TestAwayMidway(t *testing.T) {
	t.Parallel()
	f := newServer(t)
	dir, said := folder(t, 50), &talk{}
	o := options(f.URL, said)
	s := newSender(run(dir), o)
	if err := s.send(context.Background(), running); err != nil {
		t.Fatal(err)
	}
	f.Trouble = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(500); return true }
	grow(t, dir, 50, 90)
	tracker := Start(run(dir), o)
	tracker.End(Stopped)
	if !strings.Contains(said.String(), "the server has steps up to 50: the run folder has the rest") {
		t.Errorf("said %q", said)
	}
	f.Lock()
	f.Trouble = nil
	f.Unlock()
	mustSend(t, run(dir), o)
	if got := f.Runs["run0"]; len(f.Runs) != 1 || len(got.Metrics) != 360 || len(got.Doubles()) > 0 {
		t.Errorf("%d metrics, twice: %v", len(got.Metrics), got.Doubles())
	}
}

// A user and a password, or a token, are sent as headers, and stand in no message.
func TestAuthorization(t *testing.T) {
	t.Parallel()
	for want, pairs := range map[string][]string{
		"Basic bWU6c2VjcmV0": {"MLFLOW_TRACKING_USERNAME", "me", "MLFLOW_TRACKING_PASSWORD", "secret", "MLFLOW_TRACKING_TOKEN", "unused"},
		"Bearer secret":      {"MLFLOW_TRACKING_TOKEN", "secret"},
	} {
		f, said := newServer(t), &talk{}
		got := ""
		f.Trouble = func(w http.ResponseWriter, r *http.Request) bool {
			got = r.Header.Get("Authorization")
			w.WriteHeader(403)
			return true
		}
		err := Send(context.Background(), run(folder(t, 1)), options(f.URL, said, pairs...))
		if got != want || err == nil || strings.Contains(err.Error(), "secret") || !permanent(err) {
			t.Errorf("header %q, want %q; %v", got, want, err)
		}
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{"", "mlruns", "file:///tmp/mlruns", "sqlite:///x.db", "http://", "databricks", "http://user:secret@[::1"} {
		err := Check(func(string) string { return uri })
		if err == nil || fault.ClassOf(err) != fault.Usage || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", uri, err)
		}
	}
	if err := Check(func(string) string { return "https://tracking.example/prefix" }); err != nil {
		t.Error(err)
	}
}
