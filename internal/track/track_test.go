package track

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/track/tracktest"
)

func newServer(t *testing.T) *tracktest.Server {
	t.Helper()
	s := tracktest.New()
	t.Cleanup(s.Close)
	return s
}

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
	f := newServer(t)
	dir := folder(t, 700)
	finish(t, dir)
	said := &talk{}
	r := run(dir)
	r.Parent = Parent{Key: "plan-1", Name: "study"}
	o := options(f.URL, said, "MLFLOW_EXPERIMENT_NAME", "mine")
	for range 2 {
		mustSend(t, r, o)
	}
	if len(f.Runs) != 2 || f.Experiments["mine"] == "" {
		t.Fatalf("%d runs, experiments %v", len(f.Runs), f.Experiments)
	}
	parent, got := f.Runs["run0"], f.Runs["run1"]
	if parent.Name != "study" || got.Tags["mlflow.parentRunId"] != "run0" || got.Tags["dylora.task"] != "demo" || got.Status != "FINISHED" || parent.Status != "FINISHED" {
		t.Errorf("parent %+v, run %q of status %s with tags %v", parent, got.Name, got.Status, got.Tags)
	}
	if len(got.Params) != 2 || got.Params["lr"] != "0.001" {
		t.Errorf("parameters %v", got.Params)
	}
	if n := len(got.Metrics); n != 700*4+7*2 || len(got.Doubles()) > 0 {
		t.Errorf("%d metrics, twice: %v", n, got.Doubles())
	}
	for _, want := range []string{"train/loss 700 0.5", "train/loss/rank_4 1 0.5", "dev_accuracy/rank_1 100 0.25", `dev_accuracy/rank_8 700 "NaN"`} {
		if got.Metrics[want] != 1 {
			t.Errorf("%s is there %d times", want, got.Metrics[want])
		}
	}
	if len(got.Files) != 4 || got.Files["artifacts/adapter/README.md"] != "card" && got.Files["adapter/README.md"] != "card" {
		t.Errorf("files %v", got.Files)
	}
	if said.String() != "" {
		t.Errorf("said %q", said)
	}
}

// A training that is stopped and resumed, whose log is cut and written again, is on the server once.
func TestResumed(t *testing.T) {
	t.Parallel()
	f := newServer(t)
	dir := folder(t, 250)
	o := options(f.URL, &talk{})
	mustSend(t, run(dir), o)
	if s := f.Runs["run0"].Status; s != "KILLED" {
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
	got := f.Runs["run0"]
	if n := len(got.Metrics); len(f.Runs) != 1 || n != 300*4+3*2 || len(got.Doubles()) > 0 || got.Status != "FINISHED" {
		t.Errorf("%d runs, %d metrics, %s, twice: %v", len(f.Runs), n, got.Status, got.Doubles())
	}
}

// What the server does not take is left out and told, and everything else arrives.
func TestKeys(t *testing.T) {
	t.Parallel()
	f := newServer(t)
	f.Takes = func(key string) bool { return key != "train/lr" && key != "rank" }
	f.Outside = true
	dir, said := folder(t, 300), &talk{}
	finish(t, dir)
	r := run(dir)
	r.Params["f1:größe of "+strings.Repeat("x", 300)] = strings.Repeat("ü", 4000)
	mustSend(t, r, options(f.URL, said))
	got := f.Runs["run0"]
	if len(got.Metrics) != 300*3+6 || len(got.Params) != 2 || len(got.Doubles()) > 0 {
		t.Errorf("%d metrics, parameters %v", len(got.Metrics), got.Params)
	}
	for _, want := range []string{"does not take train/lr", "does not take rank", "s3://bucket/run0"} {
		if strings.Count(said.String(), want) != 1 {
			t.Errorf("said %q, want %q once", said, want)
		}
	}
	if n := f.Requests["/api/2.0/mlflow/runs/log-batch"]; n > 60 {
		t.Errorf("%d requests", n)
	}
}

// A state that is no state is refused, one of another server begins anew.
func TestState(t *testing.T) {
	t.Parallel()
	f, other := newServer(t), newServer(t)
	dir := folder(t, 3)
	mustSend(t, run(dir), options(f.URL, &talk{}))
	mustSend(t, run(dir), options(other.URL, &talk{}))
	if len(f.Runs) != 1 || len(other.Runs) != 1 || len(other.Runs["run0"].Metrics) != 12 {
		t.Errorf("%d and %d runs", len(f.Runs), len(other.Runs))
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
	for _, forget := range []func(){
		func() { // as its user interface does
			for _, r := range f.Runs {
				r.Deleted = true
			}
		},
		func() { f.Runs = map[string]*tracktest.Run{} },
	} {
		forget()
		grow(t, gone, 1, 2)
		if err := Send(context.Background(), run(gone), options(f.URL, &talk{})); !errors.Is(err, errDenied) || !strings.Contains(err.Error(), "remove "+StateName) {
			t.Error(err)
		}
	}
}
