// Package check verifies on an adapter's base model that slices, merging and saving reproduce
// the adapter, and tells whether it is nested, that is, trained for its lower ranks.
package check

import (
	"context"
	"slices"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
)

// Report holds the results of all checks of an adapter.
type Report struct {
	Adapter   string        `json:"adapter"`
	Rank      int           `json:"rank"`
	RoundTrip bool          `json:"round_trip"` // saved and loaded again, every weight has the same bits
	Checks    []Conformance `json:"checks"`     // by rank
	Nested    Verdict       `json:"nested"`
	Why       string        `json:"nested_why"`      // in words
	Agreement []Agreement   `json:"agreement"`       // on the built-in sentences, by rank
	Holds     bool          `json:"holds"`           // all of the above, and nested if that was required
	Idle      bool          `json:"changes_nothing"` // the encoder computes as the base model's at every rank
	Notes     []string      `json:"notes"`           // contents of the files that were not loaded, one line each
}

// Verdict says whether an adapter is nested.
type Verdict string

// The verdicts.
const (
	Yes     Verdict = "yes"
	No      Verdict = "no"
	Unknown Verdict = "unknown" // the files do not say, and nothing was measured
)

// Ranks are those that are checked unless others are asked for: all, of more than 16 the
// powers of two.
func Ranks(rank int) []int {
	if rank > 16 {
		return evaluate.PowerRanks(rank)
	}
	all := make([]int, rank)
	for i := range all {
		all[i] = i + 1
	}
	return all
}

// Run checks the adapter of s, which is opened in exact arithmetic, at the ranks, ascending
// and at least one. That a check fails is in the report, not an error.
func Run(ctx context.Context, s *session.Session, ranks []int) (*Report, error) {
	r := &Report{Adapter: s.Folder, Rank: s.Adapter.Rank, Idle: s.Adapter.ChangesNothing(), Notes: append([]string{}, s.Notes...)}
	var err error
	if r.RoundTrip, err = roundTrip(s.Adapter); err != nil {
		return nil, err
	}
	if r.Checks, err = conforms(ctx, s, ranks); err != nil {
		return nil, err
	}
	examples, err := builtIn()
	if err != nil {
		return nil, err
	}
	if r.Agreement, err = agree(ctx, s, examples, ranks); err != nil {
		return nil, err
	}
	r.Nested, r.Why = nested(s, r.Agreement)
	r.Holds = r.conforms()
	return r, nil
}

// conforms says whether every check of weights and logits holds.
func (r *Report) conforms() bool {
	return r.RoundTrip && !slices.ContainsFunc(r.Checks, func(c Conformance) bool { return !c.Holds })
}

// RequireNested makes the report hold only if the adapter is nested.
func (r *Report) RequireNested() { r.Holds = r.conforms() && r.Nested == Yes }

// Err is nil if the report holds, else it names the first thing that fails; its class is
// fault.Check.
func (r *Report) Err() error {
	if r.Holds {
		return nil
	}
	if !r.RoundTrip {
		return fault.Errorf(fault.Check, "%s: saved and loaded again, weights differ", r.Adapter)
	}
	for _, c := range r.Checks {
		if !c.Holds {
			return fault.Errorf(fault.Check, "%s: check %s at rank %d: a logit differs by %.3g, at most %.3g is allowed", r.Adapter, c.Check, c.Rank, c.Difference, c.Bound)
		}
	}
	return fault.Errorf(fault.Check, "%s: not known to be nested: %s", r.Adapter, r.Why)
}
