package predict

import (
	"context"
	"fmt"
	"iter"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/enum"
	"github.com/dylora/dylora/internal/fault"
)

// Scorer computes logits (sequences, outputs) of a packed batch, sequence i at rank
// ranks[i]. A sequence's logits must not depend on what else is in the batch.
type Scorer interface {
	Logits(b *data.Batch, ranks []int) ([]float32, error)
}

// Policy says what a row that cannot be read does to the rows behind it.
type Policy int

// The policies: such a row ends the reading, is answered with its error, or has no answer.
const (
	Fail Policy = iota
	Null
	Skip
)

var policyNames = enum.Names[Policy]{"fail", "null", "skip"}

// ParsePolicy reads "fail", "null" or "skip".
func ParsePolicy(name string) (Policy, error) {
	p, err := policyNames.Parse(name)
	if err != nil {
		return 0, fault.Usagef("%w", err)
	}
	return p, nil
}

// Options of Run.
type Options struct {
	Rank      int // 0: the base model
	MaxLength int // tokens of a sequence; longer texts are cut
	MaxTokens int // of a batch; a sequence that is longer goes alone
	OnError   Policy

	Progress func(rows int) // so many have their answers; nil: nobody looks
}

// Tally counts rows.
type Tally struct {
	Rows      int
	Failed    int // had an error
	Truncated int // had a text that was cut
}

// Bounds of what is in memory at once, whatever the input's length.
const (
	ahead    = 256      // rows that are read and tokenised before their turn
	mostRows = 1024     // of a batch
	mostHeld = 16 << 20 // bytes of rows that wait for their answers
	heldUnit = 64 << 10
)

// item is a row with its tokens, or why there are no more.
type item struct {
	row     *Row
	encoded data.Encoded // no tokens: the row has no text
	held    int          // units of memory
	err     error
}

// Run scores the rows in their order and hands each batch's rows and the logits of those that have a text to put as soon
// as they are there. A batch is as many rows as have come in while the last one was computed: one
// who types gets an answer per line, a file goes through in full batches, and the answers
// are the same. When the reading fails, put has got all rows before.
func Run(ctx context.Context, rows iter.Seq2[*Row, error], tok data.Sequencer, s Scorer, o Options, put func(rows []*Row, logits []float32) error) (Tally, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	items, held := make(chan item, ahead), make(chan struct{}, mostHeld/heldUnit)
	go encode(ctx, rows, tok, o, items, held)

	c := collector{items: items, maxTokens: o.MaxTokens, policy: o.OnError}
	for {
		batch, err := c.next(ctx)
		if len(batch) > 0 {
			if e := score(s, o.Rank, batch, put); e != nil {
				return c.tally, e
			}
			release(held, batch)
			if o.Progress != nil {
				o.Progress(c.tally.Rows)
			}
		}
		if err != nil || len(batch) == 0 {
			return c.tally, err
		}
	}
}

// encode sends the rows with their tokens, and closes items at their end. It may outlive Run
// where a read does not return.
func encode(ctx context.Context, rows iter.Seq2[*Row, error], tok data.Sequencer, o Options, items chan<- item, held chan<- struct{}) {
	defer close(items)
	for row, err := range rows {
		i := item{row: row, err: err}
		if err == nil && row.Err == nil && !row.Header {
			i.encoded.IDs, i.encoded.Types, row.Truncated = sequence(tok, row.Text, o.MaxLength)
		}
		if err == nil {
			row.Text = Text{} // of a long one only the first tokens count
			if row.Err != nil && o.OnError != Null {
				row.Raw, row.Fields = nil, nil
			}
			i.held = min(len(row.Raw)/heldUnit, cap(held))
		}
		for range i.held {
			select {
			case held <- struct{}{}:
			case <-ctx.Done():
				return
			}
		}
		select {
		case items <- i:
		case <-ctx.Done():
			return
		}
	}
}

// release lets so much be read as the rows of a batch held.
func release(held <-chan struct{}, batch []item) {
	for _, i := range batch {
		for range i.held {
			<-held
		}
	}
}

// sequence is the tokens of a text, and whether it was longer than they may be.
func sequence(tok data.Sequencer, t Text, maxLength int) (ids, types []int32, truncated bool) {
	if ids, types = tok.Sequence(t.A, t.B, 0); maxLength == 0 || len(ids) <= maxLength {
		return ids, types, false
	}
	ids, types = tok.Sequence(t.A, t.B, maxLength)
	return ids, types, true
}

func score(s Scorer, rank int, batch []item, put func([]*Row, []float32) error) error {
	var sequences []data.Encoded
	rows := make([]*Row, len(batch))
	for i, x := range batch {
		if rows[i] = x.row; x.encoded.IDs != nil {
			sequences = append(sequences, x.encoded)
		}
	}
	if len(sequences) == 0 {
		return put(rows, nil)
	}
	ranks := make([]int, len(sequences))
	for i := range ranks {
		ranks[i] = rank
	}
	logits, err := s.Logits(data.Pack(sequences), ranks)
	if err != nil {
		return fmt.Errorf("predict: %w", err)
	}
	return put(rows, logits)
}

// collector makes batches of what has come in.
type collector struct {
	items     <-chan item
	maxTokens int
	policy    Policy
	left      *item // came in, but had no room
	tally     Tally
}

// next waits for a row and takes those that are there besides, as many as have room. No
// rows and no error is the end.
func (c *collector) next(ctx context.Context) (batch []item, err error) {
	tokens := 0
	for len(batch) < mostRows {
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
		case len(batch) > 0 && tokens > 0 && tokens+n > c.maxTokens:
			c.left = i
			return batch, nil
		}
		if err := c.count(i.row); err != nil {
			return batch, err
		}
		if i.row.Err == nil || c.policy == Null {
			batch, tokens = append(batch, *i), tokens+n
		}
	}
	return batch, nil
}

// count adds a row to the tally, and refuses one that cannot be read where that ends the reading.
func (c *collector) count(row *Row) error {
	switch {
	case row.Header:
		return nil
	case row.Err != nil && c.policy == Fail:
		if fault.ReasonOf(row.Err) != "" {
			return row.Err
		}
		return fault.Because(BadRow, row.Err)
	case row.Err != nil:
		c.tally.Failed++
	case row.Truncated:
		c.tally.Truncated++
	}
	c.tally.Rows++
	return nil
}

// take is the next row; false where there is none, or none yet and wait is not set.
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
