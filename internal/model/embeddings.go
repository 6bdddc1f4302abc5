package model

import (
	"fmt"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model/op"
)

// embeddings are RoBERTa's, computed on the host: nothing below the first layer is trained.
type embeddings struct {
	word, position []float32 // (vocabulary, H), (positions, H)
	tokenType      []float32 // (types, H), of which RoBERTa uses the first row
	norm           op.Norm
	pad            int32
	positions      int
}

func (l *loader) embeddings(c *Config) embeddings {
	return embeddings{
		word:      l.floats("embeddings.word_embeddings.weight"),
		position:  l.floats("embeddings.position_embeddings.weight"),
		tokenType: l.floats("embeddings.token_type_embeddings.weight"),
		norm:      l.norm(c, "embeddings.LayerNorm"),
		pad:       int32(c.PadToken),
		positions: c.MaxPositions,
	}
}

// embed writes LN(word + type + position) of packed sequences into x, (tokens, H); sum is
// scratch of the same size. As in Hugging Face's create_position_ids_from_input_ids, the
// position of the i-th token that is not padding is i + pad + 1, counted from 0, and that
// of a padding token is pad.
func (e *embeddings) embed(x, sum []float32, ids, offsets []int32) error {
	h := len(e.norm.Gamma)
	vocabulary := int32(len(e.word) / h)
	place := make([]int32, len(ids))
	for s := range len(offsets) - 1 {
		next := e.pad + 1
		for t := offsets[s]; t < offsets[s+1]; t++ {
			if id := ids[t]; id < 0 || id >= vocabulary {
				return fmt.Errorf("model: token id %d of sequence %d is outside the vocabulary of %d", id, s, vocabulary)
			}
			place[t] = e.pad
			if ids[t] != e.pad {
				place[t] = next
				next++
			}
		}
		if int(next) > e.positions {
			return fmt.Errorf("model: sequence %d has %d tokens, the model has positions for %d", s, offsets[s+1]-offsets[s], e.positions-int(e.pad)-1)
		}
	}
	kernel.Parallel(len(ids), 32, func(lo, hi int) {
		for t := lo; t < hi; t++ {
			row := sum[t*h : (t+1)*h]
			word, pos := e.word[int(ids[t])*h:], e.position[int(place[t])*h:]
			for j := range row {
				row[j] = word[j] + e.tokenType[j] + pos[j]
			}
		}
		kernel.AddLayerNorm(x[lo*h:], sum[lo*h:], nil, e.norm.Gamma, e.norm.Beta, hi-lo, h, e.norm.Eps)
	})
	return nil
}
