package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/program"
)

// Resort turns the order of the ranks round and adds a little that depends on the sample, so
// that a second re-sort, or one of another sample, is not the same as one.
func (p *fakeLearner) Resort(sample []*data.Batch) error {
	seen := float32(0)
	for _, b := range sample {
		for _, i := range b.Index {
			seen = seen*0.5 + float32(i)/64
		}
	}
	for _, x := range p.params {
		switch x.RankAxis {
		case 0:
			slices.Reverse(x.Value)
		case 1:
			for row := range x.Shape[0] {
				slices.Reverse(x.Value[row*fakeRank:][:fakeRank])
			}
		default:
			continue
		}
		for j := range x.Value {
			x.Value[j] += seen / 8
		}
	}
	return nil
}

// TestPhaseSteps: the phase has the share of the steps that the setting says, rounded, and leaves one
// for nested ranks; its steps have the full rank alone, and the others what they have without it.
func TestPhaseSteps(t *testing.T) {
	ranksOf := func(c Config) (ranks [][]int) {
		l, _ := fakeLoop(t, c)
		got := follow(l)
		must(t, l.Run(t.Context()))
		for _, s := range got.steps {
			ranks = append(ranks, s.Ranks)
		}
		return ranks
	}
	for _, tt := range []struct {
		share     float64
		max, want int
		draw      Draw
	}{
		{0, 0, 0, OneRank}, {0.25, 0, 3, OneRank}, {0.3, 0, 4, MixedRanks}, {0.29, 0, 3, OneRank}, {0.5, 0, 6, Sandwich}, {0.99, 0, 11, OneRank},
		{0.99, 1, 0, OneRank}, {0.5, 1, 0, OneRank}, {0.5, 7, 4, OneRank}, {1e-9, 0, 0, OneRank},
	} {
		c := fakeConfig()
		c.MaxSteps, c.RanksPerStep = tt.max, tt.draw
		want := ranksOf(c)
		for i := range tt.want {
			want[i] = []int{fakeRank}
		}
		c.FullRankPhase = tt.share
		if got := ranksOf(c); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("share %v, max_steps %d: ranks %v, want %v", tt.share, tt.max, got, want)
		}
	}
}

// resorting records the re-sorts of a fakeLearner.
type resorting struct {
	*fakeLearner
	loop    *Loop
	at      []int    // steps done
	samples [][]int  // how many examples each batch had
	first   []uint64 // of each sample's batches, together
}

func (r *resorting) Resort(sample []*data.Batch) error {
	r.at = append(r.at, r.loop.state.Step)
	lengths, first := []int{}, uint64(0)
	for _, b := range sample {
		lengths = append(lengths, b.Len())
		first = first*31 + uint64(b.Index[0])
	}
	r.samples, r.first = append(r.samples, lengths), append(r.first, first)
	return r.fakeLearner.Resort(sample)
}

// TestResortOnce: the re-sort comes once, behind the phase's last step and before what watches that
// step; a weighted one sees the first batches of the first epoch, 64 at most, and a plain one none. Moments
// of A and B are cleared, and the head keeps its own.
func TestResortOnce(t *testing.T) {
	for _, tt := range []struct {
		share    float64
		kind     Resort
		examples int
		after    int // steps
		sample   int // batches
	}{
		{0.5, SVDResort, 22, 6, 0}, {0.5, WeightedResort, 22, 6, 8}, {0.25, WeightedResort, 300, 38, 64},
		{0, SVDResort, 22, 0, 0}, {0, WeightedResort, 22, 0, 8},
	} {
		c := fakeConfig()
		c.FullRankPhase, c.Resort, c.Seed = tt.share, tt.kind, 5
		p := &resorting{fakeLearner: newFakeLearner()}
		source := NewShuffled(numbers(tt.examples), 3, c.Seed)
		l, err := New(c, p, source, uniformRanks{}, nil)
		must(t, err)
		p.loop = l
		l.On(Hook{Name: "watch", Step: func(l *Loop, s Step) error {
			if s.Step != tt.after {
				return nil
			}
			for i, x := range p.params {
				if still := slices.Max(l.optimizer.v[i]) == 0; still != (x.RankAxis >= 0) || len(p.at) != 1 {
					t.Errorf("after step %d %s has moments of zero: %v; re-sorts %v", s.Step, x.Name, still, p.at)
				}
			}
			return nil
		}})
		must(t, l.Run(t.Context()))
		if !slices.Equal(p.at, []int{tt.after}) || len(p.samples[0]) != tt.sample {
			t.Errorf("%v of %v: re-sorts after steps %v with %v examples, want one after %d with %d batches", tt.kind, tt.share, p.at, p.samples, tt.after, tt.sample)
		}
		first := uint64(0)
		for i := range tt.sample {
			b, err := source.Batch(0, i)
			must(t, err)
			first = first*31 + uint64(b.Index[0])
		}
		if p.first[0] != first {
			t.Errorf("%v of %v: other batches than the first epoch's", tt.kind, tt.share)
		}
	}
}

// TestAdamAcrossPhase: each element follows AdamW in float64 over the steps that update it, across the end
// of a phase. After a re-sort A and B begin anew, and the head goes on. A strict optimizer updates all rows in
// the phase and those of the step behind it; the heads of single ranks are updated in the steps of
// theirs and begin the nested part as that of the full rank.
func TestAdamAcrossPhase(t *testing.T) {
	for _, strict := range []bool{false, true} {
		for _, kind := range []Resort{NoResort, SVDResort} {
			for _, heads := range []bool{false, true} {
				adamAcrossPhase(t, strict, kind, heads)
			}
		}
	}
}

func adamAcrossPhase(t *testing.T, strict bool, kind Resort, heads bool) {
	const phase = 6
	c := fakeConfig()
	c.FullRankPhase, c.Resort, c.Clip, c.Strict = 0.5, kind, 0, strict
	p := newFakeLearner()
	if heads {
		p.params = append(p.params, fakeHeads())
	}
	want, w := exactOf(p.params), &watching{fakeLearner: p}
	l, err := New(c, w, NewShuffled(numbers(22), 3, c.Seed), uniformRanks{}, nil)
	must(t, err)
	l.On(Hook{Name: "exact", Step: func(l *Loop, s Step) error {
		for i, x := range p.params {
			for j, got := range x.Value {
				e, r := &want[i][j], rankOf(x, j)
				e.w = float64(w.values[i][j])
				byRank := x.PerRank || strict && s.Step > phase
				if r == 0 || !byRank || slices.Contains(s.Ranks, r) {
					e.step(c, s.LR, float64(w.grads[i][j]), x.Decay)
				}
				after := e.w
				if s.Step == phase && x.PerRank { // the last row, which is updated last, is compared with itself
					after = float64(x.Value[(fakeRank-1)*x.Shape[1]+j%x.Shape[1]])
				}
				if s.Step == phase && kind != NoResort && x.RankAxis >= 0 {
					*e = exact{}
					continue
				}
				if d := math.Abs(float64(got) - after); d > 2e-6 {
					t.Fatalf("strict %v, %v: after step %d %s[%d] is %v, want %v", strict, kind, s.Step, x.Name, j, got, after)
				}
			}
		}
		return nil
	}})
	must(t, l.Run(t.Context()))
}

// watching keeps the values that a step begins with and the gradients that it ends with.
type watching struct {
	*fakeLearner
	values, grads [][]float32
}

func (w *watching) ForwardBackward(b *data.Batch, pass program.Pass) (float64, error) {
	if pass.Micro == 0 {
		w.values = snapshot(nil, w.params)
	}
	if pass.Whole != (pass.Step < 6) {
		return 0, fmt.Errorf("step %d trains all rows: %v", pass.Step+1, pass.Whole)
	}
	loss, err := w.fakeLearner.ForwardBackward(b, pass)
	w.grads = make([][]float32, len(w.params))
	for i, p := range w.params {
		w.grads[i] = slices.Clone(p.Grad)
	}
	return loss, err
}

// TestPhaseIsNeverBest: an epoch of the phase is not the best, however good, and patience does
// not count it; an adapter that is not nested must not come out of a run.
func TestPhaseIsNeverBest(t *testing.T) {
	c := fakeConfig() // of three epochs of 4 steps the second is the best
	c.FullRankPhase, c.Patience = 0.75, 1
	l, _ := fakeLoop(t, c)
	got := follow(l)
	must(t, l.Run(t.Context()))
	if s := l.State(); s.Best == nil || s.Best.Epoch != 3 || s.Stale != 0 || len(got.evaluations) != 3 || got.evaluations[1].Best {
		t.Errorf("state %+v, evaluations %+v", l.State(), got.evaluations)
	}
}

// TestResumeAcrossPhase: a run with a phase that is stopped after any of its steps, politely or dead,
// ends as the uninterrupted one, whichever re-sort there is.
func TestResumeAcrossPhase(t *testing.T) {
	for _, tt := range []struct {
		share float64
		kind  Resort
		every int
	}{{0.25, NoResort, 1}, {0.25, SVDResort, 1}, {1. / 3, WeightedResort, 0}} {
		c := fakeConfig()
		c.FullRankPhase, c.Resort = tt.share, tt.kind
		c.Strict = tt.kind == SVDResort
		resumesAlike(t, c, tt.every)
	}
}

// resumesAlike stops a run of c after each of its steps, politely and dead by turns, and resumes it.
func resumesAlike(t *testing.T, c Config, every int) {
	t.Helper()
	want, steps := whole(t, c, every)
	for stop := 1; stop <= steps; stop++ {
		if got := interrupted(t, c, every, stop, stop%2 == 0); got != want {
			t.Errorf("%+v, stopped after step %d: another outcome\n%s\nwant\n%s", c, stop, got, want)
		}
	}
}

// TestStoppedBeforeFirst: a stop before the first step leaves the re-sort to the next run.
func TestStoppedBeforeFirst(t *testing.T) {
	c := fakeConfig()
	c.Resort = SVDResort
	want, _ := whole(t, c, 1)
	dir := filepath.Join(t.TempDir(), "run")
	r := openRun(t, dir, false)
	l, _ := fakeLoop(t, c)
	_, err := r.Start(l, settingsText, CheckpointPolicy{Every: 1})
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Run(ctx); !errors.Is(err, ErrStopped) {
		t.Fatal(err)
	}
	must(t, r.Close())
	r = openRun(t, dir, true)
	l, p := fakeLoop(t, c)
	_, err = r.Start(l, settingsText, CheckpointPolicy{Every: 1})
	must(t, err)
	must(t, l.Run(t.Context()))
	must(t, r.Close())
	if got := outcome(t, l, p, dir); got != want {
		t.Errorf("outcome\n%s\nwant\n%s", got, want)
	}
}

// TestResortRefuses what cannot be re-sorted, and tells of a re-sort that fails.
func TestResortRefuses(t *testing.T) {
	c := fakeConfig()
	c.Resort, c.FullRankPhase = SVDResort, 0.5
	source := NewShuffled(numbers(22), 3, 1)
	_, err := New(c, struct{ Learner }{newFakeLearner()}, source, uniformRanks{}, nil)
	if fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), "resort: ") {
		t.Errorf("a learner without an adapter: %v", err)
	}
	broken := errors.New("broken")
	l, err := New(c, failingResort{newFakeLearner(), broken}, source, uniformRanks{}, nil)
	must(t, err)
	if err := l.Run(t.Context()); !errors.Is(err, broken) || err.Error() != "train: re-sort after step 6: broken" {
		t.Errorf("%v", err)
	}
	if _, err := ParseResort("qr"); fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), "none, svd, weighted") {
		t.Errorf("%v", err)
	}
}

// failingResort is a learner whose re-sort fails.
type failingResort struct {
	*fakeLearner
	err error
}

func (f failingResort) Resort([]*data.Batch) error { return f.err }
