package train

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

// lengthen resumes the run in dir with a config, up to step stop; 0: to its end.
func lengthen(t *testing.T, dir string, c Config, stop int) (*Loop, string) {
	t.Helper()
	r := openRun(t, dir, true)
	l, p := fakeLoop(t, c)
	_, err := r.Start(l, fmt.Appendf(nil, "epochs: %d\n", c.Epochs), CheckpointPolicy{Every: 1})
	must(t, err)
	if stop > 0 {
		stopAt(t, l, stop)
	} else {
		must(t, l.Run(t.Context()))
	}
	must(t, r.Close())
	return l, outcome(t, l, p, dir)
}

// stopAt runs a loop to a step, as if the process were killed after its checkpoint.
func stopAt(t *testing.T, l *Loop, step int) {
	t.Helper()
	l.On(Hook{Name: "stop", Step: func(_ *Loop, s Step) error {
		if s.Step == step {
			return errDead
		}
		return nil
	}})
	if err := l.Run(t.Context()); err == nil || !strings.Contains(err.Error(), errDead.Error()) {
		t.Fatalf("not stopped at step %d: %v", step, err)
	}
}

// finished is a folder with a run of c that is at its end.
func finished(t *testing.T, c Config) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	r := openRun(t, dir, false)
	l, _ := fakeLoop(t, c)
	_, err := r.Start(l, settingsText, CheckpointPolicy{})
	must(t, err)
	must(t, l.Run(t.Context()))
	must(t, r.Close())
	return dir
}

// TestLonger: a finished run of three epochs becomes one of five. The steps that it adds have the learning rates of a run of
// five, the settings say five, and wherever it is stopped the outcome is the same to the bit.
func TestLonger(t *testing.T) {
	for _, average := range []float64{0, 0.9} {
		short := fakeConfig()
		short.Average = average
		long := short
		long.Epochs = 5
		dir := finished(t, short)
		l, want := lengthen(t, dir, long, 0)
		if s := l.State(); s.Epoch != 5 || s.Step != l.Steps() || !slices.Equal(s.Extended, []int{12}) {
			t.Errorf("ends as %+v", s)
		}
		if got := settingsIn(t, dir); got != "epochs: 5\n" {
			t.Errorf("settings %q", got)
		}
		schedule := NewSchedule(long, l.Steps())
		for _, line := range logLines(t, dir) {
			if line.Kind == "step" && line.Step > 12 && line.LR != schedule.LR(line.Step-1) {
				t.Errorf("step %d: learning rate %v, want %v", line.Step, line.LR, schedule.LR(line.Step-1))
			}
		}
		for stop := 13; stop < l.Steps(); stop += 2 {
			dir := finished(t, short)
			lengthen(t, dir, long, stop)
			if _, got := lengthen(t, dir, long, 0); got != want {
				t.Errorf("stopped after step %d: another outcome:\n%s\nwant\n%s", stop, got, want)
			}
		}
		again, _ := lengthen(t, dir, long, 0) // nothing is left to do
		if !slices.Equal(again.State().Extended, []int{12}) {
			t.Errorf("resumed at its end it is made longer once more: %v", again.State().Extended)
		}
	}
}

// TestLongerBySteps: a run that max_steps has cut within an epoch goes on within it.
func TestLongerBySteps(t *testing.T) {
	short := fakeConfig()
	short.MaxSteps = 6
	long := short
	long.MaxSteps = 0
	dir := finished(t, short)
	l, _ := lengthen(t, dir, long, 0)
	if s := l.State(); s.Step != 12 || s.Epoch != 3 || s.Closed != 12 {
		t.Errorf("ends as %+v", s)
	}
}

// TestLongerRefused: only a run at its end is made longer, only longer, and only where its length decides nothing but the
// learning rate.
func TestLongerRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(short, long *Config)
		stop   int
		want   string
		reason fault.Reason
	}{
		{"shorter", func(_, long *Config) { long.Epochs = 2 }, 0, "epochs is 2, was 3: that makes 8 steps, and the run has 12: only more can follow", ""},
		{"no longer", func(short, long *Config) { short.MaxSteps, long.MaxSteps, long.Epochs = 12, 12, 4 }, 0, "only more can follow", ""},
		{"not at its end", func(_, long *Config) { long.Epochs = 4 }, 5, "the run is at step 5 of 12, and only a run at its end is made longer", NotFinished},
		{"stopped early", func(short, long *Config) { short.Patience, long.Patience, long.Epochs = 1, 1, 4 }, 0, "(patience)", ""},
		{"a phase", func(short, long *Config) {
			short.FullRankPhase, long.FullRankPhase, long.Epochs = 0.25, 0.25, 4
		}, 0, "full_rank_phase is a share of the run's 12 steps", ""},
		{"other settings, too", func(_, long *Config) { long.Epochs, long.LR = 4, 0.1 }, 0, "lr is 0.1, was 0.05", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			short := fakeConfig()
			long := short
			tt.change(&short, &long)
			dir := filepath.Join(t.TempDir(), "run")
			r := openRun(t, dir, false)
			l, _ := fakeLoop(t, short)
			_, err := r.Start(l, settingsText, CheckpointPolicy{Every: 1})
			must(t, err)
			if tt.stop > 0 {
				stopAt(t, l, tt.stop)
			} else {
				must(t, l.Run(t.Context()))
			}
			must(t, r.Close())
			r = openRun(t, dir, true)
			l, _ = fakeLoop(t, long)
			_, err = r.Start(l, nil, CheckpointPolicy{})
			must(t, r.Close())
			if fault.ClassOf(err) != fault.Usage || !strings.Contains(fmt.Sprint(err), tt.want) || fault.ReasonOf(err) != tt.reason {
				t.Errorf("%v (reason %q), want %q", err, fault.ReasonOf(err), tt.want)
			}
			if got := settingsIn(t, dir); got != string(settingsText) {
				t.Errorf("settings are %q", got)
			}
		})
	}
}

// logLines are the steps in the log of a run.
func logLines(t *testing.T, dir string) (lines []stepLine) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, LogName))
	must(t, err)
	for text := range strings.Lines(string(b)) {
		var l stepLine
		must(t, json.Unmarshal([]byte(text), &l))
		lines = append(lines, l)
	}
	return lines
}
