package check

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/session"
)

// Agreement compares a rank with the largest that is checked.
type Agreement struct {
	Rank  int             `json:"rank"`
	Share float64         `json:"share"`           // of the built-in sentences with the same answer; regression: the correlation, the mean over its outputs
	Value *evaluate.Value `json:"value,omitempty"` // of the task's first metric on dev, where it was measured
}

// sentences is how many of the built-in task's dev split the ranks are compared on.
const sentences = 200

// builtIn are the built-in sentences.
func builtIn() ([]data.Example, error) {
	task, err := data.LookupTask("demo")
	if err != nil {
		return nil, err
	}
	all, err := task.Read("", "dev")
	return data.Spaced(all, sentences), err
}

// agree runs examples, at least one, at each rank.
func agree(ctx context.Context, s *session.Session, examples []data.Example, ranks []int) ([]Agreement, error) {
	stream := data.Encode(ctx, s.Encoder.Tokenizer, examples, s.Encoder.MaxLength)
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
			got, err := session.LogitsAt(s.Program, b, rank)
			if err != nil {
				return nil, err
			}
			logits[rank] = append(logits[rank], got...)
		}
	}
	full := logits[ranks[len(ranks)-1]]
	result := make([]Agreement, len(ranks))
	for i, rank := range ranks {
		result[i] = Agreement{Rank: rank, Share: alike(s.Task, logits[rank], full)}
	}
	return result, nil
}

// alike is the share of rows of logits with the same answer to t: the same largest one, or of
// a multi-label task the same labels. For a regression it is the correlation, 0 where that is
// undefined, and for several outputs its mean.
func alike(t *data.Task, a, b []float32) float64 {
	n := t.Outputs()
	switch t.Kind {
	case data.Regression:
		sum := 0.0
		for i := range n {
			r, _ := evaluate.Pearson(output(a, i, n), output(b, i, n)).Float()
			sum += r
		}
		return sum / float64(n)
	case data.MultiLabel:
		x := evaluate.Indicators{Labels: n, Truth: evaluate.Holding(a, t.Threshold), Predicted: evaluate.Holding(b, t.Threshold)}
		share, _ := x.SubsetAccuracy().Float()
		return share
	}
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

// output is one of the n columns of logits.
func output(logits []float32, at, n int) (column []float64) {
	for i := at; i < len(logits); i += n {
		column = append(column, float64(logits[i]))
	}
	return column
}

// nested says what the adapter's files tell of the ranks that it was trained at. Where training
// was too short to have drawn all of them, or left no trace, they do not tell.
func nested(s *session.Session, agreed []Agreement) (Verdict, string) {
	if p := s.Provenance; p != nil && p.Nested != "" {
		return Unknown, fmt.Sprintf("its ranks were put in order after training (%s), and rank %d keeps %.0f %% of the update", p.Nested, agreed[0].Rank, 100*s.Adapter.Kept()[agreed[0].Rank-1])
	}
	p := trained(s.StoredAdapter)
	if p.RankMax == 0 {
		low := agreed[0]
		return Unknown, fmt.Sprintf("the files do not say; rank %d answers as rank %d for %.0f %% of the built-in sentences", low.Rank, agreed[len(agreed)-1].Rank, 100*low.Share)
	}
	sampler, err := adapter.NewSampler(p.Sampler, p.RankMin, p.RankMax, max(p.Block, 1))
	if err != nil {
		return Unknown, err.Error()
	}
	drawn := sampler.Ranks()
	if drawn[0] > 1 && drawn[0] >= s.Adapter.Rank {
		return No, fmt.Sprintf("trained at rank %d alone", p.RankMax)
	}
	scaling, own := cmp.Or(p.Scaling, adapter.Paper.String()), s.Adapter.Scaling.String()
	switch {
	case scaling != own:
		return Unknown, fmt.Sprintf("trained with scaling %.20q, but adapter_config.json, without a dylora.json beside it, gives the ranks that of %s", scaling, own)
	case s.Adapter.ChangesNothing():
		return Unknown, "its update is zero at every rank"
	case p.Step > 0 && p.Step < len(drawn):
		return Unknown, fmt.Sprintf("trained for %s, too few to draw each of %d ranks", steps(p.Step), len(drawn))
	}
	return Yes, fmt.Sprintf("trained for ranks %d to %d, %s", drawn[0], drawn[len(drawn)-1], p.Sampler)
}

// steps is a number of steps in words.
func steps(n int) string {
	if n == 1 {
		return "1 step"
	}
	return fmt.Sprintf("%d steps", n)
}

// maxRank bounds what the metadata of a file may claim.
const maxRank = 1 << 16

// trained gives the provenance of the training by dylora.json, or where that is gone by the
// metadata of the weights.
func trained(a *session.StoredAdapter) *adapter.Provenance {
	if a.Provenance != nil && a.Provenance.RankMax > 0 {
		return a.Provenance
	}
	low, errLow := strconv.Atoi(a.Metadata["dylora.rank_min"])
	high, errHigh := strconv.Atoi(a.Metadata["dylora.rank_max"])
	if errLow != nil || errHigh != nil || high > maxRank {
		return new(adapter.Provenance)
	}
	return &adapter.Provenance{RankMin: low, RankMax: high, Sampler: a.Metadata["dylora.sampler"], Scaling: a.Metadata["dylora.scaling"]}
}

// Measure adds to the report of Run, for the same ranks, the task's first metric on dev. Where
// the files do not tell whether the adapter is nested it decides: nested is an adapter whose
// every rank keeps at least half of what the largest gains over always the same answer.
func (r *Report) Measure(ctx context.Context, s *session.Session, ranks []int) error {
	results, err := s.Measure(ctx, "dev", ranks)
	if err != nil {
		return err
	}
	examples, err := s.Split(ctx, "dev")
	if err != nil {
		return err
	}
	b, err := evaluate.NewBaseline(s.Task, examples)
	if err != nil {
		return err
	}
	sign := evaluate.Sign(b.Metrics.Headline().Name)
	value := func(m evaluate.Metrics) float64 { // 0 where it is undefined
		f, _ := m.Headline().Value.Float()
		return sign * f
	}
	baseline, full := value(b.Metrics), value(results[len(results)-1].Metrics)
	least, at := math.Inf(1), 0
	for i := range results {
		v := results[i].Metrics.Headline().Value
		r.Agreement[i].Value = &v
		if f := value(results[i].Metrics); f < least {
			least, at = f, results[i].Rank
		}
	}
	if r.Nested == Unknown {
		r.judge(evaluate.Name(results[0].Metrics.Headline().Name), baseline, full, least, at)
	}
	return nil
}

// judge decides by what the worst rank, at, keeps of the gain.
func (r *Report) judge(metric string, baseline, full, least float64, at int) {
	kept := (least - baseline) / (full - baseline)
	switch {
	case !(full > baseline):
		r.Why = fmt.Sprintf("the files do not say, and %s on dev is no better than always the same answer", metric)
	case kept >= 0.5:
		r.Nested, r.Why = Yes, fmt.Sprintf("every rank keeps at least %.0f %% of the gain in %s on dev", 100*kept, metric)
	default:
		r.Nested, r.Why = No, fmt.Sprintf("rank %d keeps %.0f %% of the gain in %s on dev", at, 100*max(kept, 0), metric)
	}
}
