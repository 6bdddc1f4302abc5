package predict

import (
	"context"
	"fmt"
	"iter"

	"github.com/dylora/dylora/internal/data"
)

// Scorer computes logits (sequences, outputs) of a packed batch, sequence i at rank
// ranks[i]. A sequence's logits must not depend on what else is in the batch.
type Scorer interface {
	Logits(b *data.Batch, ranks []int) ([]float32, error)
}

// Options of Run.
type Options struct {
	Rank      int // 0: the base model
	MaxLength int // tokens of a sequence; longer texts are cut
	MaxTokens int // of a batch; a sequence that is longer goes alone
}

// ahead is how many texts are read and tokenised before their turn.
const ahead = 256

// item is a text's tokens, or why there are no more.
type item struct {
	encoded data.Encoded
	err     error
}

// Run scores the texts in their order and hands each batch's logits to put as soon as they
// are there. A batch is as many texts as have come in while the last one was computed: one
// who types gets an answer per line, a file goes through in full batches, and the answers
// are the same. When texts fail, put has got all those before.
func Run(ctx context.Context, texts iter.Seq2[Text, error], tok data.Sequencer, s Scorer, o Options, put func(logits []float32) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	items := make(chan item, ahead)
	go encode(ctx, texts, tok, o.MaxLength, items)

	c := collector{items: items, maxTokens: o.MaxTokens}
	for {
		batch, err := c.next(ctx)
		if len(batch) > 0 {
			if e := score(s, o.Rank, batch, put); e != nil {
				return e
			}
		}
		if err != nil || len(batch) == 0 {
			return err
		}
	}
}

// encode sends the tokens of the texts, and closes items at their end. It may outlive Run
// where a read does not return.
func encode(ctx context.Context, texts iter.Seq2[Text, error], tok data.Sequencer, maxLength int, items chan<- item) {
	defer close(items)
	for t, err := range texts {
		i := item{err: err}
		if err == nil {
			i.encoded.IDs, i.encoded.Types = tok.Sequence(t.A, t.B, maxLength)
		}
		select {
		case items <- i:
		case <-ctx.Done():
			return
		}
	}
}

func score(s Scorer, rank int, batch []data.Encoded, put func([]float32) error) error {
	ranks := make([]int, len(batch))
	for i := range ranks {
		ranks[i] = rank
	}
	logits, err := s.Logits(data.Pack(batch), ranks)
	if err != nil {
		return fmt.Errorf("predict: %w", err)
	}
	return put(logits)
}

// collector makes batches of what has come in.
type collector struct {
	items     <-chan item
	maxTokens int
	left      *item // came in, but had no room
}

// next waits for a text and takes those that are there besides, as many as have room. No
// texts and no error is the end.
func (c *collector) next(ctx context.Context) (batch []data.Encoded, err error) {
	tokens := 0
	for {
		i := c.left
		if c.left = nil; i == nil {
			var ok bool
			if i, ok, err = c.take(ctx, len(batch) == 0); err != nil || !ok {
				return batch, err
			}
		}
		n := len(i.encoded.IDs)
		switch {
		case i.err != nil:
			return batch, i.err
		case len(batch) > 0 && tokens+n > c.maxTokens:
			c.left = i
			return batch, nil
		}
		batch, tokens = append(batch, i.encoded), tokens+n
	}
}

// take is the next text; false where there is none, or none yet and wait is not set.
func (c *collector) take(ctx context.Context, wait bool) (*item, bool, error) {
	if !wait {
		select {
		case i, ok := <-c.items:
			return &i, ok, nil
		default:
			return nil, false, ctx.Err()
		}
	}
	select {
	case i, ok := <-c.items:
		return &i, ok, nil
	case <-ctx.Done():
		return nil, false, context.Cause(ctx)
	}
}
