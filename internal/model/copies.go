package model

import (
	"fmt"
	"slices"
)

// Input is one batch. Sequences lie end to end in IDs; Offsets (n + 1) says where.
type Input struct {
	IDs, Offsets  []int32
	Copies        int       // the sequences are so many copies of the first ones, which then are computed once as far as they are equal; 0 is 1
	Types         []int32   // of the tokens; none: all are 0
	Gates         []float32 // (n, Modules·Rank), with Members one after the other; see op.LowRank
	GradientGates []float32 // the same for the gradients of A and B; training only
	Classes       []int32   // (n), for CrossEntropy
	Scores        []float32 // (n, Labels), targets for the other losses
	Soft          []float32 // (n, Labels), take the place of Classes or Scores: probabilities, or numbers for SquaredError; nil: none
	Weight        float32   // of each sequence in the loss
	Weights       []float32 // (n), factors of Weight; nil: 1 each
	OutputWeights []float32 // (n, Labels), factors of Weight for each target, not for CrossEntropy; nil: 1 each
	Ranks         []int32   // (n), from 1: whose last layer of the head is each sequence's; with Heads or Members
	Members       []int32   // (n), from 0: whose head is each sequence's; with Members
	Seed, Step    uint64    // dropout
}

// distinct is how many sequences differ: all, or the first copy's of an input that says
// that it is copies. What it says is checked.
func (in *Input) distinct() (int, error) {
	n := len(in.Offsets) - 1
	if in.Copies <= 1 {
		return n, nil
	}
	if n%in.Copies != 0 {
		return 0, fmt.Errorf("model: %d sequences are no %d copies", n, in.Copies)
	}
	each := n / in.Copies
	rows := int(in.Offsets[each])
	for i, offset := range in.Offsets {
		if int(offset) != int(in.Offsets[i%each])+i/each*rows {
			return 0, fmt.Errorf("model: sequence %d does not lie where the %d copies of %d say", i, in.Copies, each)
		}
	}
	for c := range in.Copies {
		if !slices.Equal(in.IDs[c*rows:(c+1)*rows], in.IDs[:rows]) || len(in.Types) > 0 && !slices.Equal(in.Types[c*rows:(c+1)*rows], in.Types[:rows]) {
			return 0, fmt.Errorf("model: copy %d is not the first one's tokens", c)
		}
	}
	return each, nil
}

// embed writes the embeddings of the distinct sequences, and copies them.
func (gr *Graph) embed(in *Input, distinct int) error {
	rows := int(in.Offsets[distinct])
	types := in.Types
	if len(types) > 0 {
		types = types[:rows]
	}
	if err := gr.m.embeddings.embed(gr.m.machine, gr.x, gr.sum, in.IDs[:rows], types, in.Offsets[:distinct+1]); err != nil {
		return err
	}
	h := gr.m.Config.embeddingWidth()
	for first := rows; first < len(in.IDs); first += rows {
		copy(gr.x[first*h:(first+rows)*h], gr.x)
	}
	return nil
}
