package track

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/fault"
)

// folder is a run folder with a log of so many steps and an evaluation every hundred.
func folder(t *testing.T, steps int) string {
	t.Helper()
	dir := t.TempDir()
	grow(t, dir, 0, steps)
	return dir
}

// grow writes the steps from one behind another one to the log.
func grow(t *testing.T, dir string, from, to int) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, logName), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i := from + 1; i <= to; i++ {
		fmt.Fprintf(f, `{"kind":"step","step":%d,"epoch":1,"loss":0.5,"ranks":[4],"lr":0.001,"grad_norm":1,"examples":8,"tokens":90}`+"\n", i)
		if i%100 == 0 {
			fmt.Fprintf(f, `{"kind":"evaluation","step":%d,"epoch":1,"metric":"accuracy","values":{"1":0.25,"8":null},"best":true}`+"\n", i)
		}
	}
}

func finish(t *testing.T, dir string) {
	t.Helper()
	for name, text := range map[string]string{"config.yaml": "lr: 1\n", resultName: "{}", "adapter/adapter_model.safetensors": "weights", "adapter/README.md": "card"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// talk is what a user was told.
type talk struct {
	sync.Mutex
	lines []string
}

func (l *talk) say(line string) { l.Lock(); l.lines = append(l.lines, line); l.Unlock() }

func (l *talk) String() string { l.Lock(); defer l.Unlock(); return strings.Join(l.lines, "\n") }

// options are those of a server; pairs are further variables.
func options(server string, said *talk, pairs ...string) Options {
	env := map[string]string{"MLFLOW_TRACKING_URI": server}
	for i := 0; i < len(pairs); i += 2 {
		env[pairs[i]] = pairs[i+1]
	}
	return Options{Getenv: func(name string) string { return env[name] }, Now: time.Now, Say: said.say}
}

func run(dir string) Run {
	return Run{Dir: dir, Name: "try", Params: map[string]string{"lr": "0.001", "rank": "8", "empty": ""}, Tags: map[string]string{"dylora.task": "demo"}}
}

func mustSend(t *testing.T, r Run, o Options) {
	t.Helper()
	if err := Send(context.Background(), r, o); err != nil {
		t.Fatal(err)
	}
}

// A finished run is sent whole, in requests that the server takes, and once.
func TestSend(t *testing.T) {
	t.Parallel()
	f := newFakeServer(t)
	dir := folder(t, 700)
	finish(t, dir)
	said := &talk{}
	r := run(dir)
	r.Parent = Parent{Key: "plan-1", Name: "study"}
	o := options(f.URL, said, "MLFLOW_EXPERIMENT_NAME", "mine")
	for range 2 {
		mustSend(t, r, o)
	}
	if len(f.runs) != 2 || f.experiments["mine"] == "" {
		t.Fatalf("%d runs, experiments %v", len(f.runs), f.experiments)
	}
	parent, got := f.runs["run0"], f.runs["run1"]
	if parent.name != "study" || got.tags["mlflow.parentRunId"] != "run0" || got.tags["dylora.task"] != "demo" || got.status != "FINISHED" || parent.status != "FINISHED" {
		t.Errorf("parent %+v, run %q of status %s with tags %v", parent, got.name, got.status, got.tags)
	}
	if len(got.params) != 2 || got.params["lr"] != "0.001" {
		t.Errorf("parameters %v", got.params)
	}
	if n := len(got.metrics); n != 700*4+7*2 || len(got.doubles()) > 0 {
		t.Errorf("%d metrics, twice: %v", n, got.doubles())
	}
	for _, want := range []string{"train/loss 700 0.5", "train/loss/rank_4 1 0.5", "dev_accuracy/rank_1 100 0.25", `dev_accuracy/rank_8 700 "NaN"`} {
		if got.metrics[want] != 1 {
			t.Errorf("%s is there %d times", want, got.metrics[want])
		}
	}
	if len(got.files) != 4 || got.files["artifacts/adapter/README.md"] != "card" && got.files["adapter/README.md"] != "card" {
		t.Errorf("files %v", got.files)
	}
	if said.String() != "" {
		t.Errorf("said %q", said)
	}
}

// A training that is stopped and resumed, whose log is cut and written again, is on the server once.
func TestResumed(t *testing.T) {
	t.Parallel()
	f := newFakeServer(t)
	dir := folder(t, 250)
	o := options(f.URL, &talk{})
	mustSend(t, run(dir), o)
	if s := f.runs["run0"].status; s != "KILLED" {
		t.Errorf("status %s", s)
	}
	if err := os.Remove(filepath.Join(dir, logName)); err != nil {
		t.Fatal(err)
	}
	grow(t, dir, 0, 200) // the checkpoint
	tracker := Start(run(dir), o)
	grow(t, dir, 200, 300)
	finish(t, dir)
	tracker.End(Finished)
	tracker.End(Stopped) // the first counts
	got := f.runs["run0"]
	if n := len(got.metrics); len(f.runs) != 1 || n != 300*4+3*2 || len(got.doubles()) > 0 || got.status != "FINISHED" {
		t.Errorf("%d runs, %d metrics, %s, twice: %v", len(f.runs), n, got.status, got.doubles())
	}
}

// Answers that get lost, at any request, leave no doubles: not of the run, nor of metrics.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	f := newFakeServer(t)
	dir := folder(t, 400)
	finish(t, dir)
	seen := map[string]bool{}
	f.trouble = func(w http.ResponseWriter, r *http.Request) bool {
		if seen[r.URL.Path] {
			return false
		}
		seen[r.URL.Path] = true
		f.trouble = nil // the request itself arrives
		f.ServeHTTP(discard{}, r)
		f.Lock()
		f.trouble = func(w http.ResponseWriter, r *http.Request) bool { return lose(f, seen, w, r) }
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
	got := f.runs["run0"]
	if n := len(got.metrics); len(f.runs) != 1 || n != 400*4+4*2 || len(got.doubles()) > 0 || len(got.files) != 4 {
		t.Errorf("%d runs, %d metrics, twice: %v", len(f.runs), n, got.doubles())
	}
	if len(seen) < 6 {
		t.Errorf("answers lost of %v", seen)
	}
}

// lose takes the first request to each address and loses its answer.
func lose(f *fakeServer, seen map[string]bool, w http.ResponseWriter, r *http.Request) bool {
	f.Lock()
	first := !seen[r.URL.Path]
	seen[r.URL.Path] = true
	again := f.trouble
	if first {
		f.trouble = nil
	}
	f.Unlock()
	if !first {
		return false
	}
	f.ServeHTTP(discard{}, r)
	f.Lock()
	f.trouble = again
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
		answer     func(w http.ResponseWriter)
		final      bool // nothing is tried again
	}{
		{"another server", "answers with text/html where JSON is due", func(w http.ResponseWriter) { w.Header().Set("Content-Type", "text/html"); fmt.Fprint(w, "<html>") }, true},
		{"no such page", "HTTP 404 with text/html", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(404)
			fmt.Fprint(w, "<html>")
		}, true},
		{"no password", "HTTP 401: check MLFLOW_TRACKING_USERNAME", func(w http.ResponseWriter) { w.WriteHeader(401) }, true},
		{"too busy", "answers HTTP 429", func(w http.ResponseWriter) { w.WriteHeader(429) }, false},
		{"broken", "answers HTTP 502", func(w http.ResponseWriter) { w.WriteHeader(502) }, false},
		{"never", "does not answer", func(http.ResponseWriter) { time.Sleep(stopWait + 2*time.Second) }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFakeServer(t)
			f.trouble = func(w http.ResponseWriter, _ *http.Request) bool { tt.answer(w); return true }
			dir, said := folder(t, 10), &talk{}
			start := time.Now()
			tracker := Start(run(dir), options(f.URL, said))
			if took := time.Since(start); took > time.Second {
				t.Errorf("starting took %v", took)
			}
			tracker.End(Failed)
			if took := time.Since(start); took > stopWait+3*time.Second {
				t.Errorf("the end took %v", took)
			}
			if got := said.String(); !strings.Contains(got, tt.want) || !strings.Contains(got, "the server has nothing of this run: the run folder has all of it") {
				t.Errorf("said %q, want %q", got, tt.want)
			}
			f.Lock()
			f.trouble = nil
			f.Unlock()
			mustSend(t, run(dir), options(f.URL, said))
			if n := len(f.runs["run0"].metrics); n != 40 {
				t.Errorf("%d metrics when it is back", n)
			}
		})
	}
}

// A server that goes away while a training runs has the rest later.
func TestAwayMidway(t *testing.T) {
	t.Parallel()
	f := newFakeServer(t)
	dir, said := folder(t, 50), &talk{}
	o := options(f.URL, said)
	s := newSender(run(dir), o)
	if err := s.send(context.Background(), running); err != nil {
		t.Fatal(err)
	}
	f.trouble = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(500); return true }
	grow(t, dir, 50, 90)
	tracker := Start(run(dir), o)
	tracker.End(Stopped)
	if !strings.Contains(said.String(), "the server has steps up to 50: the run folder has the rest") {
		t.Errorf("said %q", said)
	}
	f.Lock()
	f.trouble = nil
	f.Unlock()
	mustSend(t, run(dir), o)
	if got := f.runs["run0"]; len(f.runs) != 1 || len(got.metrics) != 360 || len(got.doubles()) > 0 {
		t.Errorf("%d metrics, twice: %v", len(got.metrics), got.doubles())
	}
}

// What the server does not take is left out and told, and everything else arrives.
func TestKeys(t *testing.T) {
	t.Parallel()
	f := newFakeServer(t)
	f.takes = func(key string) bool { return key != "train/lr" && key != "rank" }
	f.outside = true
	dir, said := folder(t, 300), &talk{}
	finish(t, dir)
	r := run(dir)
	r.Params["f1:größe of "+strings.Repeat("x", 300)] = strings.Repeat("ü", 4000)
	mustSend(t, r, options(f.URL, said))
	got := f.runs["run0"]
	if len(got.metrics) != 300*3+6 || len(got.params) != 2 || len(got.doubles()) > 0 {
		t.Errorf("%d metrics, parameters %v", len(got.metrics), got.params)
	}
	for _, want := range []string{"does not take train/lr", "does not take rank", "s3://bucket/run0"} {
		if strings.Count(said.String(), want) != 1 {
			t.Errorf("said %q, want %q once", said, want)
		}
	}
	if n := f.requests["/api/2.0/mlflow/runs/log-batch"]; n > 60 {
		t.Errorf("%d requests", n)
	}
}

// A user and a password, or a token, are sent as headers, and stand in no message.
func TestAuthorization(t *testing.T) {
	t.Parallel()
	for want, pairs := range map[string][]string{
		"Basic bWU6c2VjcmV0": {"MLFLOW_TRACKING_USERNAME", "me", "MLFLOW_TRACKING_PASSWORD", "secret", "MLFLOW_TRACKING_TOKEN", "unused"},
		"Bearer secret":      {"MLFLOW_TRACKING_TOKEN", "secret"},
	} {
		f, said := newFakeServer(t), &talk{}
		got := ""
		f.trouble = func(w http.ResponseWriter, r *http.Request) bool {
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

// A state that is no state is refused, one of another server begins anew.
func TestState(t *testing.T) {
	t.Parallel()
	f, other := newFakeServer(t), newFakeServer(t)
	dir := folder(t, 3)
	mustSend(t, run(dir), options(f.URL, &talk{}))
	mustSend(t, run(dir), options(other.URL, &talk{}))
	if len(f.runs) != 1 || len(other.runs) != 1 || len(other.runs["run0"].metrics) != 12 {
		t.Errorf("%d and %d runs", len(f.runs), len(other.runs))
	}
	if err := os.WriteFile(filepath.Join(dir, StateName), []byte("no JSON"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Send(context.Background(), run(dir), options(f.URL, &talk{})); fault.ClassOf(err) != fault.Invalid {
		t.Error(err)
	}
	// Deleted on the server, it is not sent into nothing.
	mustSend(t, run(folder(t, 1)), options(f.URL, &talk{}))
	gone := folder(t, 1)
	mustSend(t, run(gone), options(f.URL, &talk{}))
	f.runs = map[string]*fakeRun{}
	grow(t, gone, 1, 2)
	if err := Send(context.Background(), run(gone), options(f.URL, &talk{})); !errors.Is(err, errDenied) || !strings.Contains(err.Error(), StateName) {
		t.Error(err)
	}
}

// FuzzRead: no log makes reading fail otherwise than by an error, and what was read is behind the position.
func FuzzRead(f *testing.F) {
	f.Add(`{"kind":"step","step":1,"loss":0.5,"ranks":[1]}`+"\n"+`{"kind":"evaluation","step":1,"metric":"x","values":{"1":null}}`+"\n", 0, 0)
	f.Add("{}\n{\"step\":-1}\n", 1, 1)
	f.Add("{\"kind\":\"step\"", 0, 0)
	f.Fuzz(func(t *testing.T, text string, step, lines int) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, logName), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		list, _, _, err := read(dir, position{step, lines}, 10)
		if err != nil {
			return
		}
		for _, m := range list {
			if m.Step < step || !goodKey.MatchString(m.Key) && m.Key != "" && len(m.Key) <= maxKey {
				t.Fatalf("%+v behind %d", m, step)
			}
		}
	})
}
