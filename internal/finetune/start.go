package finetune

import (
	"fmt"
	"slices"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/weights"
)

// Start describes the adapter that a training started from, for the provenance of its result.
type Start struct {
	Path        string // as it is found again
	Task        string // "" where its folder does not say
	Fingerprint string
	Head        bool // taken over too: it is for the same task
}

// openStart reads the adapter that init_adapter names; nil where it names none.
func openStart(env *session.Env, path string) (*session.StoredAdapter, error) {
	if path == "" {
		return nil, nil
	}
	from, err := session.OpenAdapter(env, path, adapter.Options{})
	if err != nil {
		return nil, fmt.Errorf("init_adapter: %w", err)
	}
	return from, nil
}

// checkStart refuses, before a weight is read, an adapter whose rank, alpha or modules are not
// those to be trained. Whether the base model's weights are its own startFrom finds.
func checkStart(from *session.StoredAdapter, r *settings.Resolved, c *model.Config, projections []weights.Projection) error {
	if from == nil {
		return nil
	}
	known, err := c.Projections(adapter.Targets())
	if err != nil {
		return err
	}
	for _, m := range from.Adapter.Modules {
		if p := from.Provenance; !slices.Contains(known, weights.Projection{Name: m.Name, In: m.In, Out: m.Out}) && p != nil && p.Model != "" {
			return otherBase(from)
		}
	}
	a, err := adapter.New(r.Adapter.Rank, r.Adapter.Alpha, r.Adapter.Scaling, projections, nil, r.Train.Loop.Seed)
	if err != nil {
		return err
	}
	return takeOver(from, a)
}

func otherBase(from *session.StoredAdapter) error {
	return fault.Invalidf("init_adapter: %s was trained on another base model, %s: give that one as model", from.Path, from.Provenance.Model)
}

// takeOver gives a the A and B of another adapter.
func takeOver(from *session.StoredAdapter, a *adapter.Adapter) error {
	if err := a.StartFrom(from.Adapter); err != nil {
		return fmt.Errorf("init_adapter: %s does not fit: %w", from.Path, err)
	}
	return nil
}

// startFrom gives a the A and B of another adapter, which was trained on the same base model.
// The head of another adapter answers the questions of its own task, so that of another task
// is left behind, as the reference scripts do when they start from MNLI's.
func startFrom(from *session.StoredAdapter, a *adapter.Adapter, t *data.Task, modelHash string) (*Start, error) {
	p := from.Provenance
	if p != nil && p.ModelHash != "" && p.ModelHash != modelHash {
		return nil, otherBase(from)
	}
	if err := takeOver(from, a); err != nil {
		return nil, err
	}
	s := &Start{Path: from.Path, Fingerprint: from.Adapter.Fingerprint()}
	if p != nil && p.Task != "" {
		s.Task = p.Task
		s.Head = takeHead(from, a, t)
	}
	return s, nil
}

// String is one line for a user.
func (s *Start) String() string {
	head := "its head, of the same task, too"
	if !s.Head && s.Task == "" {
		head = "a new head"
	} else if !s.Head {
		head = fmt.Sprintf("a new head instead of that for %s", s.Task)
	}
	return fmt.Sprintf("starts from the A and B of %s; %s", s.Path, head)
}
