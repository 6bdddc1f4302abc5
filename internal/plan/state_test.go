package plan

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// planOf is the plan of a study, in a folder of the test's own.
func planOf(t *testing.T, study string) *Plan {
	t.Helper()
	p, err := ReadStudy(write(t, "s.yaml", study), Choice{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// begin makes the run folder of a line as a training leaves it that was stopped; finish what
// a complete one has.
func begin(t *testing.T, l *Line) {
	t.Helper()
	r, err := settings.WithRecipe(l.Layer("test"))
	if err != nil {
		t.Fatal(err)
	}
	mustWrite(t, filepath.Join(l.Run, train.SettingsName), string(r.YAML()))
	mustWrite(t, filepath.Join(l.Run, train.LogName), `{"kind":"step","step":1}
{"kind":"evaluation","step":1,"epoch":1,"metric":"accuracy","values":{"1":0.25,"8":0.5},"best":true}
`)
}

func finish(t *testing.T, l *Line, seconds float64) {
	t.Helper()
	begin(t, l)
	f, err := os.OpenFile(filepath.Join(l.Run, train.LogName), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"kind":"evaluation","step":2,"epoch":2,"metric":"accuracy","values":{"1":0.5,"8":null},"best":false}` + "\n"); err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	mustWrite(t, filepath.Join(l.Run, "sweep.json"), `{"task":"demo","split":"dev","metric":"accuracy","ranks":[{"rank":1,"value":0.25},{"rank":8,"value":0.5}],"epoch":1}`)
	r := &Record{Plan: "p.jsonl", Line: *l, Seconds: seconds, TrainingSeconds: seconds / 2, CPUSeconds: seconds * 2, Steps: 2, Processes: 1, Examples: 10, DevExamples: 4, Version: "v1", Kernel: "avx2", Threads: 2}
	if err := r.write(l.Run); err != nil {
		t.Fatal(err)
	}
}

// look is the state of a line.
func look(t *testing.T, p *Plan, l *Line) Status {
	t.Helper()
	s, err := Look(p, l)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestStates: a line goes from missing to done, by way of whatever can happen to it.
func TestStates(t *testing.T) {
	p := planOf(t, "runs: a/b\nsettings: {lr: 2e-3}")
	l := &p.Lines[0]
	if s := look(t, p, l); s != (Status{State: Missing}) {
		t.Errorf("at first: %+v", s)
	}
	if err := writeFailure(l, "no data"); err != nil {
		t.Fatal(err)
	}
	if s := look(t, p, l); s != (Status{State: Failed, Why: "no data"}) {
		t.Errorf("refused: %+v", s)
	}
	run, err := train.OpenRun(train.RunOptions{Dir: l.Run, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if s := look(t, p, l); s.State != Running || s.Begun {
		t.Errorf("claimed: %+v", s)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	begin(t, l)
	if s := look(t, p, l); s != (Status{State: Failed, Why: "no data", Begun: true}) {
		t.Errorf("failed on the way: %+v", s)
	}
	if err := forgetFailure(l); err != nil || forgetFailure(l) != nil {
		t.Fatal(err)
	}
	if s := look(t, p, l); s != (Status{State: Stopped, Begun: true}) {
		t.Errorf("stopped: %+v", s)
	}
	finish(t, l, 2)
	if s := look(t, p, l); s != (Status{State: Done, Begun: true}) {
		t.Errorf("done: %+v", s)
	}
}

// TestForeignFolders: a folder with a run of other settings is refused and says whose it is; a
// note of a failure that another training left is not this one's.
func TestForeignFolders(t *testing.T) {
	p := planOf(t, "runs: a\nsettings: {lr: 2e-3}")
	l := &p.Lines[0]
	other := Line{Index: 3, ID: "0123456789ab", Run: "a", Settings: map[string]any{"lr": 1e-3}}
	if err := writeFailure(&other, "no data"); err != nil {
		t.Fatal(err)
	}
	if s := look(t, p, l); s.State != Missing {
		t.Errorf("another's failure: %+v", s)
	}
	begin(t, &other)
	if _, err := Look(p, l); fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), "a run of other settings, which is none of a plan's") {
		t.Errorf("a run of other settings: %v", err)
	}
	finish(t, &other, 1)
	if _, err := Look(p, l); err == nil || !strings.Contains(err.Error(), "s.yaml index 0: the run folder a holds index 3 of p.jsonl, id 0123456789ab") {
		t.Errorf("another plan's: %v", err)
	}
	mustWrite(t, "a/plan.json", "{")
	if _, err := Look(p, l); fault.ClassOf(err) != fault.Invalid {
		t.Errorf("a damaged record: %v", err)
	}
	if err := os.Remove("a/plan.json"); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, filepath.Join("a", train.SettingsName), "lr: high\n")
	if _, err := Look(p, l); err == nil || !strings.Contains(err.Error(), "a run whose settings cannot be read") {
		t.Errorf("damaged settings: %v", err)
	}
}

// TestAppend: each result once, whoever appends at the same time, and nothing to a file that is no
// file of results.
func TestAppend(t *testing.T) {
	p := planOf(t, "runs: a/{seed}\ngrid: {seed: [1, 2, 3, 4, 5]}")
	for i := range p.Lines {
		finish(t, &p.Lines[i], 3)
	}
	mustWrite(t, "r.jsonl", `{"id":"of an earlier plan"}`) // without its line's end
	var all sync.WaitGroup
	for i := range 3 * len(p.Lines) {
		all.Go(func() {
			if err := Append("r.jsonl", &p.Lines[i%len(p.Lines)]); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	b, err := os.ReadFile("r.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]map[string]any{}
	for line := range strings.Lines(string(b)) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		seen[m["id"].(string)] = m
	}
	if len(seen) != 6 || strings.Count(string(b), "\n") != 6 {
		t.Errorf("%d results in\n%s", len(seen), b)
	}
	got, err := json.Marshal(seen[p.Lines[1].ID])
	if err != nil {
		t.Fatal(err)
	}
	want := `{"cpu_seconds":6,"dev_examples":4,"epoch":1,"examples":10,"final":{"1":0.25,"8":0.5},"id":"` + p.Lines[1].ID + `","index":1,"kernel":"avx2","last":{"1":0.5,"8":null},` +
		`"metric":"accuracy","plan":"p.jsonl","processes":1,"run":"a/2","seconds":3,"settings":{"seed":2},"steps":2,"task":"demo","threads":2,"training_seconds":1.5,"version":"v1"}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	mustWrite(t, "text", "not JSON\n")
	if err := Append("text", &p.Lines[0]); fault.ClassOf(err) != fault.Invalid {
		t.Errorf("a file of something else: %v", err)
	}
	if b, _ := os.ReadFile("text"); string(b) != "not JSON\n" {
		t.Errorf("it is %q now", b)
	}
}
