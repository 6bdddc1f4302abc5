package data

import "iter"

// Batch is a packed batch: the token ids of its sequences end to end, no padding.
// Sequence i is IDs[Offsets[i]:Offsets[i+1]].
type Batch struct {
	IDs           []int32
	Types         []int32   // of the tokens; nil: all are 0
	Offsets       []int32   // one more than there are sequences; the first is 0
	Classes       []int32   // per sequence; 0 in a regression
	Scores        []float32 // (sequences, outputs): what a regression is to give, or 1 for each label of MultiLabel that holds; in a classification one 0 per sequence
	Soft          []float32 // (sequences, outputs): take the place of Classes and Scores in the loss: a probability for each label, or a regression's numbers; nil: none
	Weights       []float32 // per sequence: how much it counts in the loss; nil: 1 each
	OutputWeights []float32 // (sequences, outputs): how much each label of MultiLabel counts in the loss of its sequence; nil: 1 each
	Index         []int     // per sequence: its place in the split
	Copies        int       // the sequences are so many copies of the first ones, one after the other; 0 is 1
}

// Len is the number of sequences.
func (b *Batch) Len() int { return len(b.Offsets) - 1 }

// Tokens is the number of tokens, which are the rows of the model's activations.
func (b *Batch) Tokens() int { return len(b.IDs) }

// Take is the batch of some of b's sequences, by their places, in that order. It shares no memory with b.
func (b *Batch) Take(places []int) *Batch {
	t := &Batch{Offsets: make([]int32, 1, len(places)+1)}
	n := b.Len()
	for _, i := range places {
		from, to := b.Offsets[i], b.Offsets[i+1]
		t.IDs = append(t.IDs, b.IDs[from:to]...)
		t.Offsets = append(t.Offsets, int32(len(t.IDs)))
		t.Types = append(t.Types, b.Types[min(int(from), len(b.Types)):min(int(to), len(b.Types))]...)
		t.Classes = append(t.Classes, row(b.Classes, i, n)...)
		t.Scores = append(t.Scores, row(b.Scores, i, n)...)
		t.Soft = append(t.Soft, row(b.Soft, i, n)...)
		t.Weights = append(t.Weights, row(b.Weights, i, n)...)
		t.OutputWeights = append(t.OutputWeights, row(b.OutputWeights, i, n)...)
		t.Index = append(t.Index, row(b.Index, i, n)...)
	}
	return t
}

// row is what v, of n rows, has in row i.
func row[T any](v []T, i, n int) []T {
	width := len(v) / n
	return v[i*width : (i+1)*width]
}

// Pack lays sequences end to end, in the order given.
func Pack(es []Encoded) *Batch {
	tokens := 0
	for _, e := range es {
		tokens += len(e.IDs)
	}
	b := &Batch{
		IDs:     make([]int32, 0, tokens),
		Offsets: make([]int32, 1, len(es)+1),
		Classes: make([]int32, len(es)),
		Scores:  make([]float32, 0, len(es)),
		Index:   make([]int, len(es)),
	}
	for i, e := range es {
		if e.Types != nil && b.Types == nil {
			b.Types = make([]int32, tokens)
		}
		copy(b.Types[min(len(b.IDs), len(b.Types)):], e.Types)
		b.IDs = append(b.IDs, e.IDs...)
		b.Offsets = append(b.Offsets, int32(len(b.IDs)))
		b.Classes[i], b.Index[i] = e.Class, e.Index
		if e.Targets == nil {
			b.Scores = append(b.Scores, e.Score)
		}
		b.Scores = append(b.Scores, e.Targets...)
	}
	return b
}

// EvalBatches goes through a split in its order, in batches of as many sequences as fit
// into maxTokens and maxSequences; 0 is no limit. A sequence that is longer than maxTokens
// has a batch of its own, so none is ever left out.
func EvalBatches(s *Stream, maxTokens, maxSequences int) iter.Seq[*Batch] {
	return func(yield func(*Batch) bool) {
		var pending []Encoded
		tokens := 0
		for i := range s.Len() {
			e := s.At(i)
			over := maxTokens > 0 && tokens+len(e.IDs) > maxTokens
			if len(pending) > 0 && (over || len(pending) == maxSequences) {
				if !yield(Pack(pending)) {
					return
				}
				pending, tokens = pending[:0], 0
			}
			pending, tokens = append(pending, e), tokens+len(e.IDs)
		}
		if len(pending) > 0 {
			yield(Pack(pending))
		}
	}
}
