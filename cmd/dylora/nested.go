package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
)

// agreement compares a rank with the largest that is checked.
type agreement struct {
	Rank  int             `json:"rank"`
	Share float64         `json:"share"`           // of the built-in sentences with the same answer; regression: the correlation
	Value *evaluate.Value `json:"value,omitempty"` // of the task's first metric on dev, with --data
}

// agree runs 200 sentences of the demo's dev split at each rank.
func (s *session) agree(ctx context.Context, ranks []int) ([]agreement, error) {
	task, err := data.LookupTask("demo")
	if err != nil {
		return nil, err
	}
	all, err := task.Read("", "dev")
	if err != nil {
		return nil, err
	}
	var examples []data.Example
	for i := 0; i < len(all); i += len(all) / 200 {
		examples = append(examples, all[i])
	}
	stream := data.Encode(ctx, s.base.tokenizer, examples, s.maxLength)
	defer stream.Close()
	logits := map[int][]float32{}
	const together = 25
	for from := 0; from < stream.Len(); from += together {
		var list []data.Encoded
		for i := from; i < min(from+together, stream.Len()); i++ {
			list = append(list, stream.At(i))
		}
		b := data.Pack(list)
		for _, rank := range ranks {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			got, err := s.program.Logits(b, slices.Repeat([]int{rank}, b.Len()))
			if err != nil {
				return nil, err
			}
			logits[rank] = append(logits[rank], got...)
		}
	}
	full := logits[ranks[len(ranks)-1]]
	result := make([]agreement, len(ranks))
	for i, rank := range ranks {
		result[i] = agreement{Rank: rank, Share: s.alike(logits[rank], full)}
	}
	return result, nil
}

// alike is the share of rows with the same largest logit; of one output, the correlation,
// 0 where that is undefined.
func (s *session) alike(a, b []float32) float64 {
	if n := s.program.Labels(); n > 1 {
		x, y := evaluate.Result{Outputs: n, Logits: a, Index: make([]int, len(a)/n)}, evaluate.Result{Outputs: n, Logits: b, Index: make([]int, len(b)/n)}
		same := 0
		p, q := x.Predictions(), y.Predictions()
		for i := range p {
			if p[i] == q[i] {
				same++
			}
		}
		return float64(same) / float64(len(p))
	}
	x, y := make([]float64, len(a)), make([]float64, len(b))
	for i := range a {
		x[i], y[i] = float64(a[i]), float64(b[i])
	}
	r, _ := evaluate.Pearson(x, y).Float()
	return r
}

// nested says what the adapter's files tell of the ranks that it was trained at.
func (s *session) nested(agreed []agreement) (verdict, why string) {
	f := s.trainedFacts()
	if f.RankMax == 0 {
		low := agreed[0]
		return "unknown", fmt.Sprintf("the files do not say; rank %d answers as rank %d for %.0f %% of the built-in sentences", low.Rank, agreed[len(agreed)-1].Rank, 100*low.Share)
	}
	sampler, err := adapter.NewSampler(f.Sampler, f.RankMin, f.RankMax, max(f.Block, 1))
	if err != nil {
		return "unknown", err.Error()
	}
	trained := sampler.Ranks()
	if trained[0] > 1 && trained[0] >= s.adapter.Rank {
		return "no", fmt.Sprintf("trained at rank %d alone", f.RankMax)
	}
	return "yes", fmt.Sprintf("trained for ranks %d to %d, %s", trained[0], trained[len(trained)-1], f.Sampler)
}

// trainedFacts are those of dylora.json, or where it is gone what the metadata has of them.
func (s *session) trainedFacts() *adapter.Provenance {
	if s.facts != nil && s.facts.RankMax > 0 {
		return s.facts
	}
	low, errLow := strconv.Atoi(s.metadata["dylora.rank_min"])
	high, errHigh := strconv.Atoi(s.metadata["dylora.rank_max"])
	if errLow != nil || errHigh != nil || high > maxRank {
		return new(adapter.Provenance)
	}
	return &adapter.Provenance{RankMin: low, RankMax: high, Sampler: s.metadata["dylora.sampler"]}
}

// measureNested measures dev, and where the files do not tell decides by it: nested is
// an adapter whose every rank keeps at least half of what the largest gains over always
// the most frequent label, or the mean.
func (s *session) measureNested(ctx context.Context, io *streams, ranks []int, c *checked) error {
	results, err := s.measure(ctx, io, "dev", ranks)
	if err != nil {
		return err
	}
	baseline, err := s.baseline(ctx, io)
	if err != nil {
		return err
	}
	full, _ := results[len(results)-1].Metrics.Headline().Value.Float()
	least, at := math.Inf(1), 0
	for i, r := range results {
		v := r.Metrics.Headline().Value
		c.Agreement[i].Value = &v
		if f, _ := v.Float(); f < least {
			least, at = f, r.Rank
		}
	}
	if c.Nested != "unknown" {
		return nil
	}
	kept := (least - baseline) / (full - baseline)
	name := evaluate.Name(results[0].Metrics.Headline().Name)
	switch {
	case !(full > baseline):
		c.Why = fmt.Sprintf("the files do not say, and %s on dev is no better than always the same answer", name)
	case kept >= 0.5:
		c.Nested, c.Why = "yes", fmt.Sprintf("every rank keeps at least %.0f %% of the gain in %s on dev", 100*kept, name)
	default:
		c.Nested, c.Why = "no", fmt.Sprintf("rank %d keeps %.0f %% of the gain in %s on dev", at, 100*max(kept, 0), name)
	}
	return nil
}

// baseline is the first metric on dev of always the same answer, 0 where it is undefined.
func (s *session) baseline(ctx context.Context, io *streams) (float64, error) {
	examples, err := readSplit(ctx, io, s.task, s.settings.Data, "dev")
	if err != nil {
		return 0, err
	}
	b, err := evaluate.NewBaseline(s.task, firstOf(examples, s.settings.Data.MaxEvalExamples))
	if err != nil {
		return 0, err
	}
	f, _ := b.Metrics.Headline().Value.Float()
	return f, nil
}
