package model

import (
	"fmt"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model/op"
	"github.com/dylora/dylora/internal/packed"
)

// embeddings are computed on the host: nothing below the first layer is trained.
type embeddings struct {
	word, position []float32 // (vocabulary, width), (positions, width)
	tokenType      []float32 // (types, width); nil: the encoder has no types
	norm           op.Norm
	first          int32 // position of a sequence's first token
	pad            int32 // a token without a position of its own; -1: all have one
}

func (l *loader) embeddings(c *Config) embeddings {
	e := embeddings{
		word:     l.table("embeddings.word_embeddings.weight"),
		position: l.floats("embeddings.position_embeddings.weight"),
		norm:     l.norm(c, "embeddings.LayerNorm"),
		first:    int32(c.positionOffset()),
		pad:      -1,
	}
	if c.TypeVocabSize > 0 {
		e.tokenType = l.floats("embeddings.token_type_embeddings.weight")
	}
	if c.architecture().AfterPad {
		e.pad = int32(c.PadToken)
	}
	return e
}

// table is a tensor of which few rows are read, so that most of a mapped one never is.
func (l *loader) table(name string) []float32 {
	own := !l.replaced[name]
	if b := l.packed.Blob(name); b != nil && own {
		return kernel.Floats(b)
	}
	v := l.floats(name)
	l.partial = l.partial || !own
	if len(v) > 0 && own {
		l.blobs = append(l.blobs, packed.Blob{Name: name, Parts: [][]byte{kernel.Bytes(v)}})
	}
	return v
}

// embed writes LN(word + type + position) of packed sequences into x, (tokens, width); sum is
// scratch of the same size. Without types they are all 0; an encoder without types leaves them
// out, as its class in Transformers ignores them.
func (e *embeddings) embed(mc *kernel.Machine, x, sum []float32, ids, types, offsets []int32) error {
	h := len(e.norm.Gamma)
	if len(types) == 0 {
		types = make([]int32, len(ids))
	}
	place, err := e.places(ids, types, offsets)
	if err != nil {
		return err
	}
	mc.Parallel(len(ids), 32, func(lo, hi int) {
		for t := lo; t < hi; t++ {
			row := sum[t*h : (t+1)*h]
			word, pos := e.word[int(ids[t])*h:][:h], e.position[int(place[t])*h:][:h]
			if e.tokenType == nil {
				for j := range row {
					row[j] = word[j] + pos[j]
				}
				continue
			}
			kind := e.tokenType[int(types[t])*h:][:h]
			for j := range row {
				row[j] = word[j] + kind[j] + pos[j]
			}
		}
		mc.AddLayerNorm(x[lo*h:], sum[lo*h:], nil, e.norm.Gamma, e.norm.Beta, hi-lo, h, e.norm.Eps)
	})
	return nil
}

// places are the positions of the tokens, after checking that every table has their rows:
// counted from 0 (BERT), or, as in Hugging Face's create_position_ids_from_input_ids for
// RoBERTa, from pad + 1 over the tokens that are not padding, whose own position is pad.
func (e *embeddings) places(ids, types, offsets []int32) ([]int32, error) {
	h := len(e.norm.Gamma)
	vocabulary, kinds, positions := int32(len(e.word)/h), int32(len(e.tokenType)/h), int32(len(e.position)/h)
	if len(types) != len(ids) {
		return nil, fmt.Errorf("model: %d token types for %d tokens", len(types), len(ids))
	}
	place := make([]int32, len(ids))
	for s := range len(offsets) - 1 {
		next := e.first
		for t := offsets[s]; t < offsets[s+1]; t++ {
			if id := ids[t]; id < 0 || id >= vocabulary {
				return nil, fault.Invalidf("a text has the token with the id %d, and config.json's vocab_size is %d: take that token out of the tokenizer's files, or out of the texts", id, vocabulary)
			}
			if kind := types[t]; kinds > 0 && (kind < 0 || kind >= kinds) {
				return nil, fault.Invalidf("a text has the token type %d, and config.json's type_vocab_size is %d: take the model's own tokenizer", kind, kinds)
			}
			if ids[t] == e.pad {
				place[t] = e.pad
				continue
			}
			place[t] = next
			next++
		}
		if next > positions {
			return nil, fmt.Errorf("model: sequence %d has %d tokens, the model has positions for %d", s, offsets[s+1]-offsets[s], positions-e.first) //nolint:gosec // s+1 is one of offsets
		}
	}
	return place, nil
}
