package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/internal/train/grouptest"
)

// grouped runs a loop on each of so many processes; change sees each before it runs.
func grouped(t *testing.T, processes, parts int, ctx func(rank int) context.Context, change func(rank int, l *Loop, p *fakeLearner)) (loops []*Loop, errs []error) {
	t.Helper()
	r := grouptest.NewRoom(processes)
	loops, errs = make([]*Loop, processes), make([]error, processes)
	var all sync.WaitGroup
	for rank := range processes {
		c := DefaultConfig()
		c.Epochs, c.MicroBatches, c.Accumulate, c.RanksPerStep, c.Clip = 2, parts, 2, MixedRanks, 0.5
		p := newFakeLearner()
		l, err := New(c, p, NewShuffled(numbers(50), 8, 1), uniformRanks{}, func(context.Context) (Evaluation, error) {
			return Evaluation{Metric: "accuracy", Values: Values{{Rank: 3, Value: float64(p.params[0].Value[0])}}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if change != nil {
			change(rank, l, p)
		}
		loops[rank] = l
		all.Go(func() {
			if errs[rank] = l.Join(r.Process(rank)); errs[rank] == nil {
				errs[rank] = l.Run(ctx(rank))
			}
		})
	}
	all.Wait()
	return loops, errs
}

func background(int) context.Context { return context.Background() }

// captured is all that a checkpoint of the loop would hold.
func captured(t *testing.T, l *Loop) string {
	t.Helper()
	m, tensors, err := l.capture()
	if err != nil {
		t.Fatal(err)
	}
	state, err := json.Marshal(m.State)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s %x", state, tensors)
}

// However many processes share the parts of the batches, all of them end with the same bits: values, moments, losses, best.
func TestGroupHasTheSameBits(t *testing.T) {
	var want string
	var losses []float64
	for _, processes := range []int{1, 2, 4, 8} {
		var got []float64
		loops, errs := grouped(t, processes, 8, background, func(rank int, l *Loop, _ *fakeLearner) {
			if rank == 0 {
				l.On(Hook{Step: func(_ *Loop, s Step) error { got = append(got, s.Loss, s.GradNorm); return nil }})
			}
		})
		if processes == 1 {
			want, losses = captured(t, loops[0]), got
		}
		for rank, l := range loops {
			if errs[rank] != nil || captured(t, l) != want {
				t.Errorf("process %d of %d: %v, or other bits", rank, processes, errs[rank])
			}
		}
		if !slices.Equal(got, losses) || len(got) == 0 {
			t.Errorf("%d processes: losses %v, want %v", processes, got, losses)
		}
	}
}

// A stop that one process is asked for stops all after the same step, and a run goes on with another number of processes.
func TestGroupStops(t *testing.T) {
	whole, _ := grouped(t, 1, 4, background, nil)
	want := captured(t, whole[0])
	for _, asked := range []int{0, 3} {
		ctx, cancel := context.WithCancelCause(context.Background())
		var saved []byte
		var m manifest
		loops, errs := grouped(t, 4, 4, func(rank int) context.Context {
			if rank == asked {
				return ctx
			}
			return context.Background()
		}, func(rank int, l *Loop, _ *fakeLearner) {
			l.On(Hook{Step: func(_ *Loop, s Step) error {
				if s.Step == 3 && rank == asked {
					cancel(signalled{})
				}
				return nil
			}})
			if rank == 0 {
				l.On(Hook{Stop: func(l *Loop) (err error) { m, saved, err = l.capture(); return err }})
			}
		})
		for rank, err := range errs {
			var s *Stopped
			var by *Asked
			if !errors.As(err, &s) || s.Step != 4 || loops[rank].state.Step != 4 || !errors.As(err, &by) || by.Code != 138 {
				t.Errorf("process %d: %v", rank, err)
			}
		}
		resumed, errs := grouped(t, 2, 4, background, func(rank int, l *Loop, _ *fakeLearner) {
			if rank == 0 {
				if err := l.restore(&m, saved); err != nil {
					t.Fatal(err)
				}
			}
		})
		for rank, l := range resumed {
			if errs[rank] != nil || captured(t, l) != want {
				t.Errorf("resumed, process %d: %v, or other bits", rank, errs[rank])
			}
		}
	}
}

// signalled is the cause of a stop with an exit code of its own.
type signalled struct{}

func (signalled) Error() string { return "a signal" }
func (signalled) ExitCode() int { return 138 }

// failingAt fails at a step.
type failingAt struct {
	*fakeLearner
	step int
	err  error
}

func (f failingAt) ForwardBackward(b *data.Batch, p program.Pass) (float64, error) {
	if p.Step == f.step {
		return 0, f.err
	}
	return f.fakeLearner.ForwardBackward(b, p)
}

// What fails on one process ends all of them, with an error of its class, wherever it happens.
func TestGroupFails(t *testing.T) {
	full := fault.Errorf(fault.Invalid, "no space")
	for name, change := range map[string]func(l *Loop, p *fakeLearner){
		"a learner": func(l *Loop, p *fakeLearner) { l.learner = failingAt{p, 2, full} },
		"a hook of steps": func(l *Loop, _ *fakeLearner) {
			l.On(Hook{Step: func(_ *Loop, s Step) error { return onlyAt(s.Step == 2, full) }})
		},
		"the last step": func(l *Loop, _ *fakeLearner) {
			l.On(Hook{Step: func(_ *Loop, s Step) error { return onlyAt(s.Step == l.Steps(), full) }})
		},
		"a hook of epochs":    func(l *Loop, _ *fakeLearner) { l.On(Hook{Epoch: func(*Loop) error { return full }}) },
		"a hook of evaluated": func(l *Loop, _ *fakeLearner) { l.On(Hook{Evaluated: func(*Loop, Evaluated) error { return full }}) },
		"an evaluation": func(l *Loop, _ *fakeLearner) {
			l.validate = func(context.Context) (Evaluation, error) { return Evaluation{}, full }
		},
	} {
		for _, bad := range []int{0, 1} {
			_, errs := grouped(t, 2, 2, background, func(rank int, l *Loop, p *fakeLearner) {
				if rank == bad {
					change(l, p)
				}
			})
			for rank, err := range errs {
				if fault.ClassOf(err) != fault.Invalid || errors.Is(err, full) != (rank == bad) || errors.Is(err, ErrElsewhere) == (rank == bad) || errors.Is(err, ErrTells) != (rank == bad) {
					t.Errorf("%s of process %d, process %d: %v", name, bad, rank, err)
				}
			}
		}
	}
}

func onlyAt(now bool, err error) error {
	if now {
		return err
	}
	return nil
}

// Where all processes fail alike, the first has the message.
func TestGroupFailsAlike(t *testing.T) {
	full := fault.Errorf(fault.Invalid, "no space")
	_, errs := grouped(t, 4, 4, background, func(rank int, l *Loop, p *fakeLearner) {
		if rank != 2 {
			l.learner = failingAt{p, 2, full}
		}
	})
	for rank, err := range errs {
		if fault.ClassOf(err) != fault.Invalid || errors.Is(err, ErrElsewhere) != (rank > 0) || errors.Is(err, ErrTells) != (rank == 0) || errors.Is(err, full) != (rank != 2) {
			t.Errorf("process %d: %v", rank, err)
		}
	}
}

// A number of processes that does not divide the parts is refused before anything is exchanged.
func TestGroupSizes(t *testing.T) {
	for _, tt := range []struct {
		processes, parts int
		ok               bool
	}{{1, 1, true}, {2, 1, false}, {2, 2, true}, {3, 3, false}, {4, 6, false}, {2, 6, true}, {4, 4, true}} {
		_, errs := grouped(t, tt.processes, tt.parts, background, nil)
		for _, err := range errs {
			if (err == nil) != tt.ok || err != nil && (fault.ReasonOf(err) != GroupSize || fault.ClassOf(err) != fault.Usage) {
				t.Errorf("%d processes of %d parts: %v", tt.processes, tt.parts, err)
			}
		}
	}
}
