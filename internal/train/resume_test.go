package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/program"
)

// whole is the outcome of a run that nothing interrupts.
func whole(t *testing.T, c Config, every int) (string, int) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	r := openRun(t, dir, false)
	l, p := fakeLoop(t, c)
	_, err := r.Start(l, settingsText, CheckpointPolicy{Every: every})
	must(t, err)
	must(t, l.Run(context.Background()))
	must(t, r.Close())
	if best := l.State().Best; best == nil || best.Epoch != 2 {
		t.Fatalf("best %+v, want epoch 2", best)
	}
	return outcome(t, l, p, dir), l.State().Step
}

// TestResumeAtEveryStep stops a run after each of its steps, politely or dead, and resumes
// it: values, moments, counts, best epoch and log are the uninterrupted run's, bit for bit.
func TestResumeAtEveryStep(t *testing.T) {
	for _, strict := range []bool{false, true} {
		for _, every := range []int{0, 1, 3} {
			c := fakeConfig()
			c.Strict = strict
			want, steps := whole(t, c, every)
			for stop := 1; stop <= steps; stop++ {
				for _, dead := range []bool{false, true} {
					t.Run(fmt.Sprintf("strict=%v/every=%d/stop=%d/dead=%v", strict, every, stop, dead), func(t *testing.T) {
						if got := interrupted(t, c, every, stop, dead); got != want {
							t.Errorf("another outcome:\n%s\nwant\n%s", got, want)
						}
					})
				}
			}
		}
	}
}

var errDead = errors.New("dead")

// interrupted runs to a step, stops there and resumes.
func interrupted(t *testing.T, c Config, every, stop int, dead bool) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	r := openRun(t, dir, false)
	l, _ := fakeLoop(t, c)
	_, err := r.Start(l, settingsText, CheckpointPolicy{Every: every})
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
	if err := l.Run(ctx); !errors.Is(err, errDead) || errors.Is(err, ErrStopped) == dead {
		t.Fatalf("stopped with %v", err)
	}
	must(t, r.Close())

	r = openRun(t, dir, true)
	l, p := fakeLoop(t, c)
	resumed, err := r.Start(l, settingsText, CheckpointPolicy{Every: every})
	must(t, err)
	if !dead && (!resumed.Found || resumed.Step != stop) {
		t.Errorf("resumed %+v after a stop at step %d", resumed, stop)
	}
	must(t, l.Run(context.Background()))
	must(t, r.Close())
	return outcome(t, l, p, dir)
}

// TestResumeFinished: a finished run that is resumed does nothing, and knows its best epoch.
func TestResumeFinished(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r := openRun(t, dir, false)
	l, p := fakeLoop(t, fakeConfig())
	_, err := r.Start(l, settingsText, CheckpointPolicy{})
	must(t, err)
	must(t, l.Run(context.Background()))
	must(t, r.Close())
	want := outcome(t, l, p, dir)
	l.UseBest()
	best := fmt.Sprint(p.params)

	r = openRun(t, dir, true)
	l, p = fakeLoop(t, fakeConfig())
	_, err = r.Start(l, settingsText, CheckpointPolicy{})
	must(t, err)
	l.On(Hook{Step: func(*Loop, Step) error { return errors.New("a step of a finished run") }})
	must(t, l.Run(context.Background()))
	must(t, r.Close())
	if got := outcome(t, l, p, dir); got != want {
		t.Errorf("outcome\n%s\nwant\n%s", got, want)
	}
	if !l.UseBest() || fmt.Sprint(p.params) != best {
		t.Error("another best epoch")
	}
}

// TestResumeRefuses what would not end as the run would have.
func TestResumeRefuses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r := openRun(t, dir, false)
	l, _ := fakeLoop(t, fakeConfig())
	_, err := r.Start(l, settingsText, CheckpointPolicy{Inputs: map[string]string{"model": "abc"}})
	must(t, err)
	must(t, l.Run(context.Background()))
	must(t, r.Close())

	same := map[string]string{"model": "abc"}
	tests := map[string]struct {
		change func(*Config)
		inputs map[string]string
		loop   func(Config) *Loop
		class  fault.Class
		want   string
	}{
		"lr":     {change: func(c *Config) { c.LR = 1 }, class: fault.Usage, want: "lr is 1, was 0.05"},
		"two":    {change: func(c *Config) { c.Seed, c.Strict = 7, true }, class: fault.Usage, want: "seed is 7, was 42, strict is true, was false"},
		"best":   {change: func(c *Config) { c.Best = BestAt(3) }, class: fault.Usage, want: "best is 3, was mean"},
		"inputs": {inputs: map[string]string{"model": "abd"}, class: fault.Usage, want: "model is abd, was abc"},
		"batch": {class: fault.Usage, want: "5 batches per epoch, the run was started with 8", loop: func(c Config) *Loop {
			l, err := New(c, newFakeLearner(), NewShuffled(numbers(22), 5, 1), uniformRanks{}, nil)
			must(t, err)
			return l
		}},
		"model": {class: fault.Invalid, want: "no tensor value.other of shape [1]", loop: func(c Config) *Loop {
			p := newFakeLearner()
			p.params = append(p.params, program.Param{Name: "other", Value: []float32{1}, Grad: []float32{0}, Shape: []int{1}, RankAxis: -1})
			l, err := New(c, p, NewShuffled(numbers(22), 3, 1), uniformRanks{}, nil)
			must(t, err)
			return l
		}},
		"fewer": {class: fault.Invalid, want: "12 tensors, not 8", loop: func(c Config) *Loop {
			p := newFakeLearner()
			p.params = p.params[:2]
			l, err := New(c, p, NewShuffled(numbers(22), 3, 1), uniformRanks{}, nil)
			must(t, err)
			return l
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := fakeConfig()
			if tt.change != nil {
				tt.change(&c)
			}
			l, _ := fakeLoop(t, c)
			if tt.loop != nil {
				l = tt.loop(c)
			}
			inputs := same
			if tt.inputs != nil {
				inputs = tt.inputs
			}
			r := openRun(t, dir, true)
			_, err := r.Start(l, settingsText, CheckpointPolicy{Inputs: inputs})
			must(t, r.Close())
			if err == nil || fault.ClassOf(err) != tt.class || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v (class %d), want %q of class %d", err, fault.ClassOf(err), tt.want, tt.class)
			}
		})
	}
}

// TestDivergedKeepsCheckpoint: a NaN anywhere ends the run, and what was saved stays.
func TestDivergedKeepsCheckpoint(t *testing.T) {
	nan := float32(math.NaN())
	for name, poison := range map[string]func(p program.Param){
		"weight":   func(p program.Param) { p.Value[0] = nan },
		"gradient": func(p program.Param) { p.Grad[0] = nan },
		"infinity": func(p program.Param) { p.Grad[0] = float32(math.Inf(1)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			r := openRun(t, dir, false)
			l, p := fakeLoop(t, fakeConfig())
			_, err := r.Start(l, settingsText, CheckpointPolicy{Every: 1})
			must(t, err)
			l.On(Hook{Step: func(_ *Loop, s Step) error {
				if s.Step == 6 {
					poison(p.params[1])
				}
				return nil
			}})
			err = l.Run(context.Background())
			must(t, r.Close())
			if fault.ClassOf(err) != fault.Diverged || !strings.Contains(err.Error(), "step 7") {
				t.Fatalf("%v, want a divergence in step 7", err)
			}
			c := &checkpoints{dir: filepath.Join(dir, "checkpoints")}
			m, tensors, notes, err := c.load()
			if err != nil || m.State.Step != 6 || len(notes) > 0 {
				t.Fatalf("checkpoint %+v, %v, %v; want step 6", m, notes, err)
			}
			l, p = fakeLoop(t, fakeConfig())
			must(t, l.restore(m, tensors))
			if !finite(valueNorm(p.machine, p.params)) {
				t.Error("the checkpoint is poisoned")
			}
		})
	}
}

// TestLogCut: what the log has beyond the checkpoint is cut, what it lacks is said.
func TestLogCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), LogName)
	must(t, os.WriteFile(path, []byte("first\nsecond\nthi"), 0o666))
	for _, tt := range []struct {
		size int64
		want string
		note string
	}{{6, "first\n{}\n", ""}, {20, "first\n{}\n{}\n", "11 bytes are missing"}} {
		l, notes, err := openLog(path, tt.size)
		must(t, err)
		must(t, l.line(struct{}{}))
		must(t, l.file.Close())
		b, err := os.ReadFile(path)
		must(t, err)
		if string(b) != tt.want || int64(len(b)) != l.size || !strings.Contains(strings.Join(notes, ""), tt.note) {
			t.Errorf("size %d: %q, notes %v", tt.size, b, notes)
		}
	}
}
