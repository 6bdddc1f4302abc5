package finetune

import (
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
)

// lastLayer is the weight of the last layer that a rank computes with.
func lastLayer(a *adapter.Adapter, rank int) []float32 {
	head := a.HeadAt(rank)
	return head[len(head)-2].Data
}

// TestRankHeads: heads by rank learn, each in the steps of its rank, and are kept; another training
// starts from those of each rank, or from that of R where its ranks share one.
func TestRankHeads(t *testing.T) {
	f := newFolder(t)
	f.train(f.settled("heads: per-rank; max_steps: 12; sampler: list:1,4"), Place{Run: "first"})
	a, p := f.load("first")
	begun := f.prepare(f.settled("heads: per-rank"), Place{Run: "begun"})
	for rank := 1; rank <= 4; rank++ {
		learnt := !slices.Equal(lastLayer(a, rank), lastLayer(begun.Adapter, rank))
		if drawn := rank == 1 || rank == 4; learnt != drawn {
			t.Errorf("rank %d: the head changed: %v", rank, learnt)
		}
	}
	if slices.Equal(lastLayer(a, 1), lastLayer(a, 4)) || p.Training["heads"] != "per-rank" {
		t.Errorf("heads of ranks 1 and 4 are the same, or training is %v", p.Training)
	}
	again := f.prepare(f.settled("heads: per-rank; init_adapter: first"), Place{Run: "again"})
	shared := f.prepare(f.settled("init_adapter: first"), Place{Run: "shared"})
	for rank := 1; rank <= 4; rank++ {
		if !slices.Equal(lastLayer(again.Adapter, rank), lastLayer(a, rank)) || !slices.Equal(lastLayer(shared.Adapter, rank), lastLayer(a, 4)) {
			t.Errorf("rank %d: training does not start from the head of its rank, or of R", rank)
		}
	}
}

// TestFittedHeads: fitting changes nothing but the last layer of each rank, and the sweep is that
// of the fitted heads.
func TestFittedHeads(t *testing.T) {
	f := newFolder(t)
	for task, yaml := range map[string]string{"classes": "", "scores": alike} {
		plain := f.train(f.settled(yaml+"; max_steps: 6; eval_ranks: all"), Place{Run: task})
		fitted := f.train(f.settled(yaml+"; max_steps: 6; eval_ranks: all; heads: fitted"), Place{Run: task + "-fitted"})
		a, _ := f.load(task)
		b, _ := f.load(task + "-fitted")
		if len(a.Heads) > 0 || len(b.Heads) != 2 || plain.Step != fitted.Step {
			t.Fatalf("%s: %d and %d heads, of steps %d and %d", task, len(a.Heads), len(b.Heads), plain.Step, fitted.Step)
		}
		modules, _ := firstWeights(a)
		if same, _ := firstWeights(b); !slices.Equal(modules, same) {
			t.Errorf("%s: the fit changed A or B", task)
		}
		for i := range len(a.Head) - 2 {
			if !slices.Equal(a.Head[i].Data, b.Head[i].Data) {
				t.Errorf("%s: the fit changed %s", task, a.Head[i].Name)
			}
		}
		for rank := 1; rank <= 4; rank++ {
			if slices.Equal(lastLayer(b, rank), lastLayer(a, 0)) || rank > 1 && slices.Equal(lastLayer(b, rank), lastLayer(b, 1)) {
				t.Errorf("%s: rank %d has the shared head, or that of rank 1", task, rank)
			}
		}
		if !f.said("training examples at each of 4 ranks") {
			t.Errorf("told %q", *f.notes)
		}
	}
}
