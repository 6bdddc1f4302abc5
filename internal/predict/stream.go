package predict

import (
	"context"
	"fmt"
	"iter"

	"github.com/dylora/dylora/classify"
	"github.com/dylora/dylora/internal/enum"
	"github.com/dylora/dylora/internal/fault"
)

// Classifier computes what a head makes of texts: see [classify.Classifier]. Calls may come at the same time.
type Classifier interface {
	Classify(ctx context.Context, texts []classify.Text, options ...classify.Option) ([]classify.Result, error)
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
	Rank    int // 0: the base model, or a merged one
	OnError Policy

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
	ahead    = 256      // rows that are read before their turn
	mostRows = 256      // of a call of the classifier; while one is computed, the next is made ready
	mostHeld = 16 << 20 // bytes of rows that wait for their answers
	heldUnit = 64 << 10
)

// item is a row, or why there are no more.
type item struct {
	row  *Row
	held int // units of memory
	err  error
}

// part is the rows of a call, and what came of it.
type part struct {
	rows   []item
	logits []float32     // of the rows that have a text, once done is closed
	err    error         // of the call, likewise
	end    error         // why no rows come behind these; nil: some may
	done   chan struct{} // is closed when the rows have been computed
}

// Run has the rows answered in their order and hands each part's rows and the logits of those that have a text to put as soon
// as they are there. A part is as many rows as have come in while others were computed: one
// who types gets an answer per line, a file goes through in full executions, and the answers
// are the same. When the reading fails, put has got all rows before.
func Run(ctx context.Context, rows iter.Seq2[*Row, error], c Classifier, o Options, put func(rows []*Row, logits []float32) error) (tally Tally, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	items, held, parts := make(chan item, ahead), make(chan struct{}, mostHeld/heldUnit), make(chan *part)
	go read(ctx, rows, o.OnError, items, held)
	go compute(ctx, &collector{items: items, policy: o.OnError}, c, o.Rank, parts)
	for p := range parts {
		if <-p.done; p.err != nil {
			return tally, p.err
		}
		if len(p.rows) > 0 {
			list := tally.count(p.rows, o.OnError)
			if err := put(list, p.logits); err != nil {
				return tally, err
			}
			if o.Progress != nil {
				o.Progress(tally.Rows)
			}
			release(held, p.rows)
		}
		if p.end != nil {
			return tally, p.end
		}
	}
	return tally, context.Cause(ctx)
}

// count adds rows to the tally, and gives those that are put.
func (t *Tally) count(part []item, policy Policy) (rows []*Row) {
	for _, i := range part {
		r := i.row
		if !r.Header {
			t.Rows++
		}
		if r.Truncated {
			t.Truncated++
		}
		if r.Err != nil {
			if t.Failed++; policy == Skip {
				continue
			}
		}
		rows = append(rows, r)
	}
	return rows
}

// read sends the rows, and closes items at their end. It may outlive Run where a read does not return.
func read(ctx context.Context, rows iter.Seq2[*Row, error], policy Policy, items chan<- item, held chan<- struct{}) {
	defer close(items)
	for row, err := range rows {
		i := item{row: row, err: err}
		if err == nil {
			if row.Err != nil && policy != Null {
				row.Raw, row.Fields = nil, nil
			}
			i.held = min((len(row.Raw)+row.Text.size())/heldUnit, cap(held))
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

// release lets so much be read as the rows of a part held.
func release(held <-chan struct{}, rows []item) {
	for _, i := range rows {
		for range i.held {
			<-held
		}
	}
}

// compute sends the parts in their order, each while it is being computed. One waits to be sent while another one is waited for, so
// that the classifier has the next texts when it is through with some.
func compute(ctx context.Context, c *collector, classifier Classifier, rank int, parts chan<- *part) {
	defer close(parts)
	for {
		rows, err := c.next(ctx)
		if len(rows) == 0 && err == nil {
			return
		}
		p := &part{rows: rows, end: err, done: make(chan struct{})}
		go p.compute(ctx, classifier, rank)
		select {
		case parts <- p:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// compute asks the classifier for the logits of the part's texts, and lets go of these.
func (p *part) compute(ctx context.Context, c Classifier, rank int) {
	defer close(p.done)
	var rows []*Row
	var texts []classify.Text
	for _, i := range p.rows {
		if r := i.row; r.Err == nil && !r.Header {
			rows, texts = append(rows, r), append(texts, classify.Text{Text: r.A, Pair: r.B})
		}
	}
	if len(texts) == 0 {
		return
	}
	results, err := c.Classify(ctx, texts, classify.WithRank(rank), classify.WithLogits())
	if err != nil {
		if p.err = fmt.Errorf("predict: %w", err); ctx.Err() != nil {
			p.err = context.Cause(ctx)
		}
		return
	}
	for i, r := range results {
		if r.Err != nil {
			p.err = r.Err
			return
		}
		p.logits = append(p.logits, r.Logits...)
		rows[i].Truncated, rows[i].Text = r.Truncated, Text{}
	}
}

// collector makes parts of what has come in.
type collector struct {
	items  <-chan item
	policy Policy
}

// next waits for a row and takes those that are there besides. No rows and no error is the end.
func (c *collector) next(ctx context.Context) (rows []item, err error) {
	for len(rows) < mostRows {
		i, ok, err := c.take(ctx, len(rows) == 0)
		switch {
		case err != nil || !ok:
			return rows, err
		case i.err != nil:
			return rows, i.err
		case i.row.Err != nil && c.policy == Fail:
			return rows, fails(i.row.Err)
		}
		rows = append(rows, *i)
	}
	return rows, nil
}

// fails is the error of a row that ends the reading.
func fails(err error) error {
	if fault.ReasonOf(err) != "" {
		return err
	}
	return fault.Because(BadRow, err)
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
