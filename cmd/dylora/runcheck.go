package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
)

// checked is what check prints.
type checked struct {
	Adapter   string        `json:"adapter"`
	Rank      int           `json:"rank"`
	RoundTrip bool          `json:"round_trip"`
	Checks    []conformance `json:"checks"`
	Nested    string        `json:"nested"`     // "yes", "no" or "unknown"
	Why       string        `json:"nested_why"` // in words
	Agreement []agreement   `json:"agreement"`  // on the built-in sentences
	Holds     bool          `json:"holds"`      // all of the above, and nested if that was asked
	Notes     []string      `json:"notes"`      // what the files hold beside the adapter
}

func runCheck(ctx context.Context, o *checkOptions) error {
	s, err := o.open(ctx, o.io, kernel.Float32)
	if err != nil {
		return err
	}
	ranks, err := o.checkedRanks(s.adapter.Rank)
	if err != nil {
		return err
	}
	c := &checked{Adapter: s.folder, Rank: s.adapter.Rank, Notes: append([]string{}, s.notes...)}
	if c.RoundTrip, err = s.roundTrip(); err != nil {
		return err
	}
	if c.Checks, err = s.conforms(ctx, ranks); err != nil {
		return err
	}
	if c.Agreement, err = s.agree(ctx, ranks); err != nil {
		return err
	}
	c.Nested, c.Why = s.nested(c.Agreement)
	if o.data {
		if err := s.measureNested(ctx, o.io, ranks, c); err != nil {
			return err
		}
	}
	c.Holds = c.RoundTrip && !slices.ContainsFunc(c.Checks, func(x conformance) bool { return !x.Holds }) && (c.Nested == "yes" || !o.nested)
	if err := o.print(c); err != nil || c.Holds {
		return err
	}
	return c.fault(o.nested)
}

// checkedRanks are those to check: as asked, or all, of more than 16 the powers of two.
func (o *checkOptions) checkedRanks(rank int) ([]int, error) {
	if o.ranks != "" {
		ranks, err := evaluate.ParseRanks(o.ranks, rank)
		if err != nil {
			return nil, fmt.Errorf("--ranks: %w", err)
		}
		return ranks, nil
	}
	if rank > 16 {
		return evaluate.PowerRanks(rank), nil
	}
	return evaluate.ParseRanks("all", rank)
}

// fault names the first thing that fails.
func (c *checked) fault(nested bool) error {
	if !c.RoundTrip {
		return fault.Errorf(fault.Check, "%s: saved and loaded again, weights differ", c.Adapter)
	}
	for _, x := range c.Checks {
		if !x.Holds {
			return fault.Errorf(fault.Check, "%s: check %s at rank %d: a logit differs by %.3g, at most %.3g is allowed", c.Adapter, x.Check, x.Rank, x.Difference, x.Bound)
		}
	}
	return fault.Errorf(fault.Check, "%s: not known to be nested: %s", c.Adapter, c.Why)
}

func (o *checkOptions) print(c *checked) error {
	if o.json {
		return printJSON(o.io.out, c)
	}
	t := plainTable()
	header := table.Row{"rank", "slice", "beyond", "merged", "same answers"}
	if o.data {
		header = append(header, "dev")
	}
	t.AppendHeader(header)
	for _, a := range c.Agreement {
		row := table.Row{a.Rank}
		for _, x := range c.Checks {
			if x.Rank == a.Rank {
				row = append(row, x.text())
			}
		}
		row = append(row, fmt.Sprintf("%.1f %%", 100*a.Share))
		if o.data {
			row = append(row, a.Value)
		}
		t.AppendRow(row)
	}
	round := "the same bits"
	if !c.RoundTrip {
		round = "FAILS"
	}
	_, err := fmt.Fprintf(o.io.out, "%s\n\nround trip  %s\nnested      %s: %s\n", t.Render(), round, c.Nested, c.Why)
	return err
}

// text is one cell of the table.
func (x conformance) text() string {
	switch {
	case !x.Holds:
		return fmt.Sprintf("FAILS %.3g", x.Difference)
	case x.Bound == 0:
		return "same bits"
	}
	return fmt.Sprintf("%.1e", x.Difference)
}
