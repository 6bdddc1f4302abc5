package model

import (
	"fmt"
	"slices"
)

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
