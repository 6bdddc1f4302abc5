package page

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/session"
)

// Options of Gather.
type Options struct {
	Texts  bool                     // the worst examples and their texts are taken, too
	Others []*session.StoredAdapter // further runs of the same setting that the sweep is of
}

// Gather is the report of a sweep of s. It measures what an example costs.
func Gather(ctx context.Context, env *session.Env, s *session.Session, sweep *evaluate.Sweep, o Options) (*Report, error) {
	examples, err := s.Split(ctx, sweep.Split)
	if err != nil {
		return nil, err
	}
	r := &Report{Sweep: sweep, Adapter: s.Path, Base: baseName(s), HubModel: s.Encoder.Hub, Pair: s.Task.Pair, Arguments: arguments(s.Task), Facts: facts(s, sweep, o.Others), Texts: o.Texts, Version: env.Version, Made: time.Now()}
	if env.Now != nil {
		r.Made = env.Now()
	}
	for _, line := range adapter.CardSettings(s.Adapter, s.Provenance) {
		r.Settings = append(r.Settings, Fact{line[0], line[1]})
	}
	if r.Costs, err = costs(ctx, s, sweep, examples); err != nil {
		return nil, err
	}
	if o.Texts {
		r.Worst = r.mistakes(s.Task, examples)
	}
	return r, nil
}

// arguments are those that Transformers needs to make a model of a task.
func arguments(t *data.Task) string {
	a := fmt.Sprintf("num_labels=%d", t.Outputs())
	switch {
	case t.Kind == data.MultiLabel:
		a += `, problem_type="multi_label_classification"`
	case t.Kind == data.Regression && t.Outputs() > 1:
		a += `, problem_type="regression"`
	}
	return a
}

// mistakes are the worst examples at the rank that the page is about.
func (r *Report) mistakes(t *data.Task, examples []data.Example) []Mistake {
	at := func(q *evaluate.RankReport) *evaluate.Result {
		for i := range r.Sweep.Results {
			if q != nil && r.Sweep.Results[i].Rank == q.Rank {
				return &r.Sweep.Results[i]
			}
		}
		return nil
	}
	shown, full := at(r.shown()), at(r.Sweep.Full())
	if shown == nil || full == nil || !data.Labelled(r.Sweep.Split) {
		return nil
	}
	return worst(t, examples, shown, full)
}

// facts say what was measured on what.
func facts(s *session.Session, sweep *evaluate.Sweep, others []*session.StoredAdapter) []Fact {
	machine := s.Program.Machine()
	list := []Fact{
		{"task", sweep.Task},
		{"split", fmt.Sprintf("%s, %s examples", sweep.Split, evaluate.Grouped(sweep.Examples))},
		{"base model", baseName(s)},
		{"its weights, SHA-256", s.Encoder.Model.Hash},
		{"adapter", s.Path},
	}
	if s.Run != "" && s.Run != s.Path {
		list = append(list, Fact{"run", s.Run})
	}
	list = append(list, Fact{"rank of the adapter", strconv.Itoa(s.Adapter.Rank)})
	if p := s.Provenance; p != nil {
		list = append(list, Fact{"seed", strconv.FormatUint(p.Seed, 10)}, Fact{"trained by", "dylora " + p.Version})
		if p.CutFrom > 0 {
			list = append(list, Fact{"cut from rank", strconv.Itoa(p.CutFrom)})
		}
	}
	for _, other := range others {
		f := Fact{"another run of the setting", other.Path}
		if p := other.Provenance; p != nil {
			f.Value += ", seed " + strconv.FormatUint(p.Seed, 10)
		}
		list = append(list, f)
	}
	for _, line := range sweep.OtherData {
		list = append(list, Fact{"other data than in training", line})
	}
	list = append(list, Fact{"tokens per sequence, at most", strconv.Itoa(s.Encoder.MaxLength)},
		Fact{"measured with", fmt.Sprintf("%s, kernel %s, %d threads", s.Encoder.Model.Precision(), machine.Name(), machine.Threads())})
	return slices.DeleteFunc(list, func(f Fact) bool { return f.Value == "" })
}

// baseName is the base model's name, or its folder's without the path, which says more of a
// machine than of a model.
func baseName(s *session.Session) string {
	if s.Encoder.Hub {
		return s.Encoder.Name
	}
	return filepath.Base(s.Encoder.Name)
}

const (
	sampled = 64 // examples that costs are measured on
	passes  = 3  // of which the shortest counts
	timed   = 12 // ranks that are timed, at most
)

// costs counts the products of one example, and measures the time of one at each rank. Passes
// go through the ranks in turn, so that what else the machine does falls on all of them.
func costs(ctx context.Context, s *session.Session, sweep *evaluate.Sweep, examples []data.Example) (Costs, error) {
	n := min(sampled, len(examples))
	if n == 0 || len(sweep.Ranks) == 0 {
		return Costs{}, nil
	}
	few := make([]data.Example, n)
	for i := range few {
		few[i] = examples[i*len(examples)/n]
	}
	stream := data.Encode(ctx, s.Encoder.Tokenizer, few, s.Encoder.MaxLength)
	defer stream.Close()
	var batches []*data.Batch
	tokens := 0
	for b := range data.EvalBatches(stream, session.EvalTokens, 0) {
		batches = append(batches, b)
		tokens += b.Tokens()
	}
	if err := ctx.Err(); err != nil {
		return Costs{}, err
	}
	machine := s.Program.Machine()
	c := Costs{
		Flops: map[int]float64{}, Millis: map[int]float64{}, Sample: n, Tokens: float64(tokens) / float64(n),
		Where: fmt.Sprintf("%s, kernel %s, %d threads", s.Encoder.Model.Precision(), machine.Name(), machine.Threads()),
	}
	for _, b := range batches {
		c.Flops[0] += float64(s.Program.Flops(b, 0, false).Total()) / float64(n)
		for _, q := range sweep.Ranks {
			c.Flops[q.Rank] += float64(s.Program.Flops(b, q.Rank, false).Total()) / float64(n)
		}
	}
	for range passes {
		for _, rank := range someRanks(sweep) {
			if err := ctx.Err(); err != nil {
				return Costs{}, err
			}
			ms, err := timeOf(s, batches, rank)
			if err != nil {
				return Costs{}, err
			}
			if before, ok := c.Millis[rank]; !ok || ms/float64(n) < before {
				c.Millis[rank] = ms / float64(n)
			}
		}
	}
	return c, nil
}

// timeOf is how many milliseconds the batches take at a rank.
func timeOf(s *session.Session, batches []*data.Batch, rank int) (float64, error) {
	start := time.Now()
	for _, b := range batches {
		if _, err := s.Program.Logits(b, slices.Repeat([]int{rank}, b.Len())); err != nil {
			return math.NaN(), err
		}
	}
	return float64(time.Since(start)) / float64(time.Millisecond), nil
}

// someRanks are the ranks to be timed: all, or of many the powers of two, the largest and the
// one that was chosen.
func someRanks(s *evaluate.Sweep) (ranks []int) {
	full := s.Full().Rank
	for _, q := range s.Ranks {
		few := len(s.Ranks) <= timed || q.Rank&(q.Rank-1) == 0 || q.Rank == full
		if few || s.Decision != nil && s.Decision.Rank == q.Rank {
			ranks = append(ranks, q.Rank)
		}
	}
	return ranks
}
