package session

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
	"github.com/dylora/dylora/internal/train/grouptest"
)

// together asks so many processes, which are goroutines, about an adapter; each has a context and options of its own.
func together(t *testing.T, a *StoredAdapter, processes int, ranks []int, of func(rank int) (context.Context, Options)) (sweeps []*evaluate.Sweep, errs []error) {
	t.Helper()
	room := grouptest.NewRoom(processes)
	sweeps, errs = make([]*evaluate.Sweep, processes), make([]error, processes)
	var all sync.WaitGroup
	for rank := range processes {
		e := env(t)
		e.Group = room.Process(rank)
		all.Go(func() {
			ctx, o := of(rank)
			s, err := Open(t.Context(), e, a, o)
			if err == nil {
				sweeps[rank], err = s.Ask(ctx, "dev", ranks, Ask{Question: evaluate.Question{Tolerance: 0.01, Confidence: 0.95}})
			}
			errs[rank] = err
		})
	}
	all.Wait()
	return sweeps, errs
}

func inJSON(t *testing.T, s *evaluate.Sweep) string {
	t.Helper()
	b, err := json.Marshal(s)
	must(t, err)
	return string(b)
}

// Processes that share a sweep give the answer of one, to the bit, also where there are more of them than a batch has sequences; the first
// has it.
func TestTogether(t *testing.T) {
	a, ranks := storedRoberta(t), []int{1, 3, 4}
	s, err := Open(t.Context(), env(t), a, Options{})
	must(t, err)
	one, err := s.Ask(t.Context(), "dev", ranks, Ask{Question: evaluate.Question{Tolerance: 0.01, Confidence: 0.95}})
	must(t, err)
	want := inJSON(t, one)
	for _, processes := range []int{2, 3, 16} {
		sweeps, errs := together(t, a, processes, ranks, func(int) (context.Context, Options) { return t.Context(), Options{} })
		must(t, errors.Join(errs...))
		for rank, got := range sweeps {
			if rank == 0 && inJSON(t, got) != want || rank > 0 && got != nil {
				t.Errorf("process %d of %d has another answer", rank, processes)
			}
		}
	}
}

// All processes end together: where one is asked to stop, fails, or would measure something else.
func TestTogetherEnds(t *testing.T) {
	a := storedRoberta(t)
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	_, errs := together(t, a, 3, []int{1}, func(rank int) (context.Context, Options) {
		return []context.Context{t.Context(), t.Context(), stopped}[rank], Options{}
	})
	for rank, err := range errs {
		if asked := new(train.Asked); !errors.As(err, &asked) {
			t.Errorf("process %d: %v", rank, err)
		}
	}
	for yaml, says := range map[string]string{"max_eval_examples: 3": "another data than process 0", "kernel: abacus": "abacus"} {
		_, errs = together(t, a, 2, []int{1}, func(rank int) (context.Context, Options) {
			if rank == 0 {
				return t.Context(), Options{}
			}
			return t.Context(), Options{Layers: []*settings.Layer{layer(yaml)}}
		})
		if errs[0] == nil || fault.ClassOf(errs[0]) != fault.ClassOf(errs[1]) || !errors.Is(errs[0], train.ErrElsewhere) || !strings.Contains(errs[1].Error(), says) {
			t.Errorf("%s: %v", yaml, errs)
		}
	}
}
