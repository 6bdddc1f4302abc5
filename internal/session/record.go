package session

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/format"
)

// decisionName is the file of a run that keeps the rank that its last sweep chose.
const decisionName = "decision.json"

// maxDecision bounds that file, in bytes.
const maxDecision = 1 << 20

// record is what the file holds.
type record struct {
	Format   int                `json:"format"`  // format.Decision; 0 where an older version wrote the file
	Adapter  string             `json:"adapter"` // its Fingerprint
	Split    string             `json:"split"`
	Asked    string             `json:"asked_metric,omitempty"` // as the settings name it; empty: the task's own
	Sentence string             `json:"sentence"`
	Decision *evaluate.Decision `json:"decision"`
}

// Record keeps a decision about the adapter in its run folder, with the metric that the settings asked for ("": the
// task's own); nothing is kept of an adapter that is in none.
func (a *StoredAdapter) Record(split, metric string, d *evaluate.Decision) error {
	if a.Run == "" || d == nil {
		return nil
	}
	b, err := json.MarshalIndent(record{format.Decision, a.Adapter.Fingerprint(), split, metric, d.Sentence(), d}, "", "  ")
	if err != nil {
		return err
	}
	return disk.WriteFile(filepath.Join(a.Run, decisionName), func(w io.Writer) error {
		_, err := w.Write(append(b, '\n'))
		return err
	})
}

// keep is Record; that a folder cannot be written is told, and no error.
func (s *Session) keep(split string, d *evaluate.Decision) {
	if err := s.Record(split, s.Data.Metric, d); err != nil {
		s.env.Say("the decision is not recorded: " + err.Error())
	}
}

// recordedDecision reads the decision that answers q on dev by a metric, as the settings name it; nil where the run has
// none, or one about another adapter, question or metric.
func (a *StoredAdapter) recordedDecision(q evaluate.Question, metric string) *evaluate.Decision {
	r := a.lastDecision()
	if r == nil || r.Decision.Tolerance != q.Tolerance || r.Decision.Confidence != q.Confidence || r.Asked != metric && r.Decision.Metric != metric {
		return nil
	}
	return r.Decision
}

// RecordedRank is the rank that the last sweep of dev chose for the adapter, whatever the tolerance was; 0 where none has, or
// the examples could not tell.
func (a *StoredAdapter) RecordedRank() int {
	if r := a.lastDecision(); r != nil {
		return r.Decision.Rank
	}
	return 0
}

// lastDecision reads the run's decision on dev; nil where it has none, or one about another adapter.
func (a *StoredAdapter) lastDecision() *record {
	if a.Run == "" {
		return nil
	}
	f, err := os.Open(filepath.Join(a.Run, decisionName))
	if err != nil {
		return nil
	}
	defer f.Close()
	var r record
	if json.NewDecoder(io.LimitReader(f, maxDecision)).Decode(&r) != nil || r.Decision == nil || r.Format > format.Decision {
		return nil
	}
	d := r.Decision
	if r.Adapter != a.Adapter.Fingerprint() || r.Split != "dev" || d.Full != a.Adapter.Rank || d.Rank > a.Adapter.Rank || d.Rank < 0 {
		return nil
	}
	return &r
}

// ChooseRank gives the rank that a sweep chooses: the recorded one, or that of a sweep of dev at
// all ranks, which is then made. Where the examples cannot tell, the error is of class Invalid
// because of Undecided and says why.
func (a *StoredAdapter) ChooseRank(ctx context.Context, env *Env, o Options, q evaluate.Question) (int, error) {
	_, r, err := a.resolve(o)
	if err != nil {
		return 0, err
	}
	d := a.recordedDecision(q, cmp.Or(q.Metric, r.Data.Metric))
	if d == nil {
		env.Say("no decision about this adapter is recorded for that metric, tolerance and confidence: measuring dev at all ranks")
		if d, err = a.decide(ctx, env, o, q); err != nil {
			return 0, err
		}
	}
	if d.Rank == 0 {
		return 0, fault.Because(Undecided, fault.Invalidf("%s: no rank is chosen. %s", a.Path, d.Sentence()))
	}
	env.Say(d.Sentence())
	return d.Rank, nil
}

// decide measures dev and keeps the decision.
func (a *StoredAdapter) decide(ctx context.Context, env *Env, o Options, q evaluate.Question) (*evaluate.Decision, error) {
	o.Split = "dev" // by which a rank is chosen
	s, err := Open(ctx, env, a, o)
	if err != nil {
		return nil, err
	}
	ranks, err := evaluate.ParseRanks("all", a.Adapter.Rank)
	if err != nil {
		return nil, err
	}
	results, err := s.Measure(ctx, o.Split, ranks)
	if err != nil {
		return nil, err
	}
	d, err := evaluate.Decide(s.Task, [][]evaluate.Result{results}, q)
	if err != nil {
		return nil, err
	}
	s.keep(o.Split, d)
	return d, nil
}
