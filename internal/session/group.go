package session

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"runtime/debug"
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/train"
)

// First says whether this process is the one that writes and reports: alone, or process 0 of its group.
func (e *Env) First() bool { return e.Group == nil || e.Group.Rank() == 0 }

// Same refuses where what this process computes with, and the program, are not those of process 0. All processes end with an error
// where one does.
func (e *Env) Same(mine map[string]string) error {
	if e.Group == nil {
		return nil
	}
	return train.Agree(e.Group, e.sameAsFirst(maps.Clone(mine)))
}

func (e *Env) sameAsFirst(mine map[string]string) error {
	if info, ok := debug.ReadBuildInfo(); ok {
		mine["program"] = info.String()
	}
	b, err := json.Marshal(mine)
	if err != nil {
		return err
	}
	if b, err = e.Group.Broadcast(b); err != nil {
		return err
	}
	var firsts map[string]string
	if err := json.Unmarshal(b, &firsts); err != nil {
		return fmt.Errorf("what process 0 computes with: %w", err)
	}
	for _, key := range slices.Sorted(maps.Keys(mine)) {
		if mine[key] != firsts[key] {
			return fault.Invalidf("process %d has another %s than process 0: all processes need the same program, settings, model, data and kind of processor", e.Group.Rank(), key)
		}
	}
	return nil
}

// Gather is evaluate.Gather, in a group by all processes together: each computes its share of the sequences of every batch, and all have
// the results. Every process has to ask for the same. Where one is asked to stop, by its ctx, all end with a *train.Asked.
func (e *Env) Gather(ctx context.Context, s evaluate.Scorer, batches iter.Seq[*data.Batch], outputs int, ranks []int, o evaluate.Options) ([]evaluate.Result, error) {
	ctx, s = e.shared(ctx, s, outputs)
	return evaluate.Gather(ctx, s, batches, outputs, ranks, o)
}

// shared is a scorer whose work the processes of the group share, and a context that ends none of them by itself.
func (e *Env) shared(ctx context.Context, s evaluate.Scorer, outputs int) (context.Context, evaluate.Scorer) {
	if e.Group == nil {
		return ctx, s
	}
	return context.WithoutCancel(ctx), &sharedScorer{scorer: s, group: e.Group, asked: ctx, outputs: outputs}
}

// sharedScorer computes a share of the sequences of each batch and gets the others from the other processes. Every process has to be
// asked for the same batches in the same order. A process that is asked to stop, or fails, says so to all.
type sharedScorer struct {
	scorer  evaluate.Scorer
	group   train.Group
	asked   context.Context
	outputs int // numbers of each sequence
}

// Logits are those of all sequences, as the scorer gives them.
func (s *sharedScorer) Logits(b *data.Batch, ranks []int) ([]float32, error) {
	copies, size := max(b.Copies, 1), s.group.Size()
	each := b.Len() / copies
	share := func(process int) (lo, hi int) { return process * each / size, (process + 1) * each / size }
	most := (each + size - 1) / size * copies
	lo, hi := share(s.group.Rank())
	mine, all := make([]float32, most*s.outputs), make([]float32, most*s.outputs*size)
	err := s.own(mine, b, ranks, lo, hi, copies)
	if err := train.AgreeOrStop(s.asked, s.group, err); err != nil {
		return nil, err
	}
	if err := s.group.Allgather(mine, all); err != nil {
		return nil, err
	}
	logits := make([]float32, b.Len()*s.outputs)
	for process := range size {
		lo, hi := share(process)
		from := all[process*most*s.outputs:]
		for c := range copies {
			from = from[copy(logits[(c*each+lo)*s.outputs:(c*each+hi)*s.outputs], from):]
		}
	}
	return logits, nil
}

// own computes the sequences [lo, hi) of each copy.
func (s *sharedScorer) own(dst []float32, b *data.Batch, ranks []int, lo, hi, copies int) error {
	if lo == hi {
		return nil
	}
	var places, at []int
	for c := range copies {
		for i := lo; i < hi; i++ {
			place := c*b.Len()/copies + i
			places, at = append(places, place), append(at, ranks[place])
		}
	}
	part := b.Take(places)
	part.Copies = b.Copies
	logits, err := s.scorer.Logits(part, at)
	copy(dst, logits)
	return err
}
