package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dylora/dylora/internal/tensorboard/tbtest"
)

// ticking is a clock that goes on by half a second whenever it is read.
func ticking() func() time.Time {
	now := clock()
	return func() time.Time { now = now.Add(time.Second / 2); return now }
}

func openTicking(t *testing.T, dir string, resume bool) *Run {
	t.Helper()
	r := openRun(t, dir, resume)
	r.now = ticking()
	return r
}

// TestEvents: a chart has what the log has, step by step.
func TestEvents(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r := openTicking(t, dir, false)
	l, _ := fakeLoop(t, fakeConfig())
	_, err := r.Start(l, settingsText, CheckpointPolicy{})
	must(t, err)
	var want []tbtest.Point
	l.On(Hook{Step: func(_ *Loop, s Step) error {
		want = append(want, tbtest.Point{Step: s.Step, Value: float32(s.Loss)})
		return nil
	}})
	must(t, l.Run(context.Background()))
	must(t, r.Close())
	charts := tbtest.Charts(t, dir)
	if diff := cmp.Diff(want, charts["train/loss"]); diff != "" {
		t.Errorf("loss (-log +events):\n%s", diff)
	}
	for tag, n := range map[string]int{"train/lr": 12, "train/grad_norm": 12, "train/examples_per_second": 11, "dev_accuracy/rank_1": 3, "dev_accuracy/rank_3": 3} {
		if len(charts[tag]) != n {
			t.Errorf("%s has %d points, want %d: %v", tag, len(charts[tag]), n, charts[tag])
		}
	}
	if p := charts["train/examples_per_second"][0]; p != (tbtest.Point{Step: 2, Value: 12}) { // six examples in half a second
		t.Errorf("speed %+v", p)
	}
	if p := charts["dev_accuracy/rank_1"][1]; p != (tbtest.Point{Step: 8, Value: 0.9}) {
		t.Errorf("dev %+v", p)
	}
}

// TestEventsResume stops a run after each of its steps, politely or dead with a torn
// record, and resumes it: TensorBoard shows the uninterrupted run's charts.
func TestEventsResume(t *testing.T) {
	charts := func(stop int, dead bool) map[string][]tbtest.Point {
		dir := filepath.Join(t.TempDir(), "run")
		r := openTicking(t, dir, false)
		l, _ := fakeLoop(t, fakeConfig())
		_, err := r.Start(l, settingsText, CheckpointPolicy{Every: 3})
		must(t, err)
		ctx, cancel := context.WithCancelCause(context.Background())
		l.On(Hook{Name: "test", Step: func(_ *Loop, s Step) error {
			if s.Step == stop && dead {
				return errDead
			}
			if s.Step == stop {
				cancel(errDead)
			}
			return nil
		}})
		if err := l.Run(ctx); err != nil {
			if !errors.Is(err, errDead) {
				t.Fatal(err)
			}
			must(t, r.Close())
			if dead {
				tear(t, dir)
			}
			r = openTicking(t, dir, true)
			l, _ = fakeLoop(t, fakeConfig())
			_, err := r.Start(l, settingsText, CheckpointPolicy{Every: 3})
			must(t, err)
			must(t, l.Run(context.Background()))
		}
		must(t, r.Close())
		shown := tbtest.Charts(t, dir)
		delete(shown, "train/examples_per_second")
		return shown
	}
	want := charts(0, false)
	for stop := 1; stop <= 12; stop++ {
		for _, dead := range []bool{false, true} {
			t.Run(fmt.Sprintf("stop=%d/dead=%v", stop, dead), func(t *testing.T) {
				if diff := cmp.Diff(want, charts(stop, dead)); diff != "" {
					t.Errorf("(-uninterrupted +resumed):\n%s", diff)
				}
			})
		}
	}
}

// tear leaves half a record at the end of the event file, as a killed process may.
func tear(t *testing.T, dir string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "events.*"))
	must(t, err)
	f, err := os.OpenFile(names[len(names)-1], os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	_, err = f.WriteString(strings.Repeat("\x18\x00\x00\x00\x00\x00\x00\x00", 2))
	must(t, err)
	must(t, f.Close())
}

// TestEventsFile: there is none before the first event, and each process has its own.
func TestEventsFile(t *testing.T) {
	dir := t.TempDir()
	files := func() int {
		found, err := filepath.Glob(filepath.Join(dir, "events.*"))
		must(t, err)
		return len(found)
	}
	for process := range 3 {
		e := &events{dir: dir, first: 1 + process, now: ticking()}
		must(t, e.sync())
		must(t, e.close())
		if n := files(); n != process {
			t.Fatalf("process %d has written nothing: %d files, want %d", process+1, n, process)
		}
		must(t, e.hook().Step(nil, Step{Step: 1 + process, Loss: 1, Examples: 2}))
		must(t, e.hook().Evaluated(nil, Evaluated{Step: 1 + process, Metric: "f1", Values: values(0.5)}))
		must(t, e.sync())
		must(t, e.close())
		if n := files(); n != process+1 {
			t.Errorf("process %d has written: %d files, want %d", process+1, n, process+1)
		}
	}
	e := &events{dir: filepath.Join(dir, "none"), now: ticking()}
	if err := e.hook().Step(nil, Step{Step: 1}); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("no folder: %v", err)
	}
}
