package bench

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/train"
)

// Point is a step with so many sequences of one length.
type Point struct {
	Batch     int                `json:"batch"`
	Length    int                `json:"length"`
	Seconds   float64            `json:"seconds"`   // of the fastest step
	Predicted float64            `json:"predicted"` // by the cost model
	Fitted    bool               `json:"fitted"`    // the cost model has seen it
	Ops       map[string]float64 `json:"-"`         // they add up to Seconds
}

// Error is how far the prediction is off, as a share of what was measured.
func (p *Point) Error() float64 { return p.Predicted/p.Seconds - 1 }

// Grid are the points up to a length and a number of tokens a step, the largest first:
// batches of 1 to 256 and lengths from 8 on, in steps of four for the fit of a cost model,
// and those in between to check it.
func Grid(longest, tokens int) (points []Point) {
	for _, g := range []struct {
		fitted           bool
		batches, lengths []int
	}{
		{true, []int{1, 4, 16, 64, 256}, []int{8, 32, 128, 512}},
		{false, []int{2, 8, 32, 128}, []int{16, 64, 256}},
	} {
		for _, b := range g.batches {
			for _, l := range g.lengths {
				if l <= longest && b*l <= tokens {
					points = append(points, Point{Batch: b, Length: l, Fitted: g.fitted})
				}
			}
		}
	}
	slices.SortFunc(points, func(a, b Point) int {
		return cmp.Or(b.Batch*b.Length-a.Batch*a.Length, b.Batch-a.Batch)
	})
	return points
}

// Of a point in a round as many steps as fit into roundSeconds are measured, one at least
// and roundSteps at most; after pointSeconds no more.
const (
	roundSeconds = 0.05
	roundSteps   = 10
	pointSeconds = 3
)

// Effort is how a scaling is measured.
type Effort struct {
	Threads    int
	Rounds     int // over all points, so that what slows the machine down for a while slows none in all of them
	Vocabulary int // tokens are below it
}

// Scale measures the points, fits the cost of a step to a part of them, and holds it
// against the other points and against the subject's own batches, each at its fastest. The
// steps are those of a program of their own, on the effort's number of threads, which shares
// what is trained with the subject's, and all at the full rank: that size alone makes them differ.
func (s *Subject) Scale(ctx context.Context, points []Point, e Effort) (*Threads, error) {
	one := *s
	one.Program, one.Sampler, one.Loop.MicroBatches = s.Program.WithThreads(e.Threads), train.OnlyRank(s.Rank), 1
	if err := one.measure(ctx, points, e); err != nil {
		return nil, err
	}
	r := &Threads{Threads: e.Threads, Points: points, Cost: Fit(points), Steps: len(s.Batches)}
	if p := LargestError(points, true); p != nil {
		r.Fitted = math.Abs(p.Error())
	}
	if p := LargestError(points, false); p != nil {
		r.Checked = math.Abs(p.Error())
	}
	fastest := slices.Repeat([]float64{math.Inf(1)}, len(s.Batches))
	for range e.Rounds {
		steps, err := one.run(ctx, nil, one.warmUp()...)
		if err != nil {
			return nil, err
		}
		for i, v := range steps.Seconds {
			fastest[i] = min(fastest[i], v)
		}
	}
	for i, b := range s.Batches {
		r.StepsSeconds += fastest[i]
		r.StepsPredicted += r.Cost.Seconds(Lengths(b))
	}
	return r, nil
}

// Epoch predicts all examples of a split from the lengths of some of them, in their order.
func (t *Threads) Epoch(lengths []int, examples, batch int) {
	seconds := 0.0
	for b := range slices.Chunk(lengths, batch) {
		seconds += t.Cost.Seconds(b)
	}
	t.Examples, t.EpochSeconds = examples, seconds*float64(examples)/float64(len(lengths))
}

// measure takes steps at each point and keeps the fastest.
func (s *Subject) measure(ctx context.Context, points []Point, e Effort) error {
	one := *s
	batches := make([]*data.Batch, len(points))
	for i := range points {
		batches[i] = points[i].pack(e.Vocabulary)
	}
	// The graph is compiled for the most tokens and the most sequences, before any time counts.
	one.Batches = batches[:1]
	for _, b := range batches {
		if b.Tokens() > one.Batches[0].Tokens() || b.Len() > one.Batches[0].Len() {
			one.Batches = append(slices.Clip(one.Batches), b)
		}
	}
	if _, err := one.run(ctx, nil); err != nil {
		return err
	}
	spent := make([]float64, len(points))
	for round := range e.Rounds {
		for i := range points {
			p := &points[i]
			if round > 0 && spent[i] > pointSeconds {
				continue
			}
			n := 1
			if round > 0 {
				n = max(1, min(roundSteps, int(roundSeconds/p.Seconds)))
			}
			one.Batches = slices.Repeat(batches[i:i+1], n)
			steps, err := one.run(ctx, nil)
			if err != nil {
				return err
			}
			spent[i] += p.keep(steps)
		}
	}
	return nil
}

// keep takes over what is faster than what the point has, and returns what the steps took.
func (p *Point) keep(s *Steps) (total float64) {
	for _, v := range s.Seconds {
		total += v
	}
	if fastest := slices.Min(s.Seconds); p.Seconds == 0 || fastest < p.Seconds {
		p.Seconds, p.Ops = fastest, s.Ops
		for name := range p.Ops {
			p.Ops[name] *= fastest * float64(len(s.Seconds)) / total
		}
	}
	return total
}

// pack is the point's batch, of tokens that differ.
func (p *Point) pack(vocabulary int) *data.Batch {
	const special = 5 // tokens below have a meaning of their own: padding, for one
	es := make([]data.Encoded, p.Batch)
	for i := range es {
		es[i].IDs = make([]int32, p.Length)
		for j := range es[i].IDs {
			es[i].IDs[j] = int32(special + (i*p.Length+j)*7919%(vocabulary-special))
		}
		es[i].Class = int32(i % 2)
	}
	return data.Pack(es)
}
