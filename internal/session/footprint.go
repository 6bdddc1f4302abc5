package session

import (
	"fmt"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model"
)

// Footprint is the memory that a command is expected to have in use at its peak, in bytes.
type Footprint struct {
	Program int64 // code, tables and what Go's runtime needs
	Heap    int64 // all else, weights included
}

// Total is the sum of all.
func (f Footprint) Total() int64 { return f.Program + f.Heap }

// Plus is the footprint with so much more heap.
func (f Footprint) Plus(heap int64) Footprint {
	f.Heap += heap
	return f
}

// Fits refuses what needs more memory than the process may use. What needs it is the beginning of the message, such as "training", and what
// can be done about it the end; more is " or more" where the footprint is a lower bound.
func (e *Env) Fits(f Footprint, what, more, remedy string) error {
	for _, l := range e.Memory {
		need, of := f.Total(), "memory"
		if l.Heap {
			need, of = f.Heap, "heap"
		}
		if need > l.Bytes {
			return fault.Usagef("%s needs %s of %s%s, and %s leaves %s: %s", what, memorySize(need+1<<20-1), of, more, l.Of, memorySize(l.Bytes), remedy)
		}
	}
	return nil
}

// memorySize is a number of whole MiB, from ten GiB on in GiB.
func memorySize(bytes int64) string {
	if bytes >= 10<<30 {
		return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30))
	}
	return fmt.Sprintf("%d MiB", bytes>>20)
}

// What is in memory beside weights and graphs. Measured: trainings of the tiny encoders take 39 to 44 MiB, and those of larger ones, of which graphs are
// nearly all, between 0.96 and 1.04 of what weights and graphs add up to and this program.
const (
	programBytes = 40 << 20
	garbage      = 1.05 // the heap at its peak over what is in use: most of it is graphs, which are allocated once
)

// WithGarbage is the footprint once the heap has what the collector leaves.
func (f Footprint) WithGarbage() Footprint {
	f.Heap = int64(garbage * float64(f.Heap))
	return f
}

// WeightsFootprint is the program with a model's weights in a precision.
func WeightsFootprint(c *model.Config, p kernel.Precision) Footprint {
	return Footprint{Program: programBytes, Heap: c.WeightBytes(p)}
}

// EvaluationBytes is the memory of a graph that evaluates at all ranks, of a model with these options.
func EvaluationBytes(c *model.Config, o model.Options) int64 {
	o.Train, o.Rows, o.Sequences = false, EvalTokens, 128 // what a graph has beyond the largest batch is allocated and never used
	return c.GraphBytes(o)
}

// fits refuses what the session is opened for if it needs more memory than the process may use.
func (s *Session) fits(c *model.Config, a Arithmetic, o Options) error {
	if s.share(o.Shared, a) != nil {
		return nil
	}
	f := WeightsFootprint(c, a.Precision)
	adapted := map[string]bool{}
	for _, m := range s.Adapter.Modules {
		adapted[m.Name] = true
	}
	f.Heap += int64(o.Copies) * c.WeightBytes(kernel.Float32)
	f.Heap += EvaluationBytes(c, model.Options{Labels: max(s.outputs(), 1), Rank: s.Adapter.Rank, Modules: len(adapted),
		Adapt: func(module string) (model.Pair, bool) { return model.Pair{}, adapted[module] }})
	remedy := "give this process more memory"
	if a.Precision == kernel.Float32 && !o.Exact {
		remedy += ", or set precision to i16"
	}
	return s.env.Fits(f.WithGarbage(), "the model with its adapter", "", remedy)
}
