package session

import (
	"fmt"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/settings"
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

// What is in memory beside weights and graphs. Measured: trainings of the tiny encoders take 38 to 44 MiB, and those of larger ones, of which graphs are
// nearly all, between 0.96 and 1.04 of what weights and graphs add up to and this program.
const (
	programBytes = 38 << 20
	garbage      = 1.05 // the heap at its peak over what is in use: most of it is graphs, which are allocated once
)

// WithGarbage is the footprint once the heap has what the collector leaves.
func (f Footprint) WithGarbage() Footprint {
	f.Heap = int64(garbage * float64(f.Heap))
	return f
}

// builtInBytes is what of the program is read where it has the weights, which are stored in 16 bits in it.
const builtInBytes = 12 << 20

// WeightsFootprint is the program with the weights of the model of a name in a precision.
func WeightsFootprint(name string, c *model.Config, p kernel.Precision) Footprint {
	f := Footprint{Program: programBytes, Heap: c.WeightBytes(p)}
	if name == settings.BuiltIn {
		f.Program += builtInBytes
	}
	return f
}

// EvaluationBytes is the memory of a graph that evaluates batches of up to so many tokens, of a model with these options. What the graph has
// beyond them is allocated and never used.
func EvaluationBytes(c *model.Config, o model.Options, tokens int) int64 {
	o.Train, o.Rows, o.Sequences = false, tokens, 128
	return c.GraphBytes(o)
}

// EvaluatedTokens are those of the largest batch of examples that are evaluated at so many ranks, by the length of their texts: an English token has
// four letters or more.
func EvaluatedTokens(examples []data.Example, maxLength, ranks int) int {
	tokens := 0
	for _, e := range examples {
		letters := len(e.A)
		if e.B != nil {
			letters += len(*e.B)
		}
		if tokens += min(letters/4+3, maxLength) * max(ranks, 1); tokens > EvalTokens {
			return EvalTokens
		}
	}
	return max(tokens, 1)
}

// Load is what is computed with a session, as far as its memory depends on it.
type Load struct {
	Ranks  int // at which the split is measured; 0: one
	Tokens int // of the largest batch; 0: as many as one of an evaluation has
	Copies int // of all weights, in float32, that are held at a time beside the session's
}

// Loads of commands: a merge makes the merged weights, the file of them, and compares logits of random sequences; a check compares those of an adapter that is
// merged.
var (
	MergeLoad = Load{Copies: 2, Tokens: randomSequences * randomLongest / 2}
	CheckLoad = Load{Copies: 1}
)

// fits refuses what the session is opened for if it needs more memory than the process may use.
func (s *Session) fits(c *model.Config, a Arithmetic, o Options) error {
	if len(s.env.Memory) == 0 || s.share(o.Shared, a) != nil {
		return nil
	}
	f := WeightsFootprint(s.Data.Model, c, a.Precision)
	adapted := map[string]bool{}
	for _, m := range s.Adapter.Modules {
		adapted[m.Name] = true
	}
	tokens := EvalTokens
	if split, known := s.splits[o.Split]; known {
		tokens = EvaluatedTokens(split, s.Data.MaxLength, o.Load.Ranks)
	}
	if o.Load.Tokens > 0 {
		tokens = o.Load.Tokens
	}
	f.Heap += int64(o.Load.Copies)*c.WeightBytes(kernel.Float32) + EvaluationBytes(c, model.Options{Labels: max(s.outputs(), 1), Rank: s.Adapter.Rank, Modules: len(adapted),
		Adapt: func(module string) (model.Pair, bool) { return model.Pair{}, adapted[module] }}, tokens)
	remedy := "give this process more memory"
	if a.Precision == kernel.Float32 && !o.Exact {
		remedy += ", or set precision to i16"
	}
	return s.env.Fits(f.WithGarbage(), "the model with its adapter", "", remedy)
}
