package datacheck

import (
	"context"
	"fmt"

	"github.com/dylora/dylora/internal/data"
)

// Limit is how many tokens of a text are read, and what makes tokens of it.
type Limit struct {
	Tokenizer data.Sequencer
	Tokens    int // of a sequence, special ones included
}

// long says whether a text is cut.
func (l Limit) long(r *data.Raw) bool {
	ids, _ := l.Tokenizer.Sequence(r.A, r.B, l.Tokens+1)
	return len(ids) > l.Tokens
}

// truncated finds the texts that are cut. It reads at most sample evenly spaced rows of each split; 0: all.
func truncated(ctx context.Context, d Data, l Limit, sample int) (Finding, error) {
	f, read, all := Finding{Kind: Truncated}, 0, len(d.Train)+len(d.Dev)
	for i, rows := range [][]data.Raw{d.Train, d.Dev} {
		n := len(rows)
		if sample > 0 {
			n = min(n, sample)
		}
		for k := range n {
			if k%1024 == 0 && ctx.Err() != nil {
				return f, ctx.Err()
			}
			r := &rows[k*len(rows)/n]
			if l.long(r) {
				f.add("", []Row{rowOf([]string{"train", "dev"}[i], r)})
			}
		}
		read += n
	}
	if f.Count == 0 {
		return f, nil
	}
	share := 100 * float64(f.Count) / float64(read)
	f.Text = fmt.Sprintf("%d of %d texts (%.2g %%) have more than %d tokens (max_length) and are cut", f.Count, all, share, l.Tokens)
	if read < all {
		f.Text = fmt.Sprintf("about %.2g %% of the texts have more than %d tokens (max_length) and are cut: %d of %d that were looked at", share, l.Tokens, f.Count, read)
	}
	return f, nil
}
