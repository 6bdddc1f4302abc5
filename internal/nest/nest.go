// Package nest makes a nested adapter of a LoRA adapter from anywhere: each module's ranks are put in the order of
// what they contribute, so that a prefix of them is the best approximation of the whole. The whole stays what it
// was. A nested training may go on from there.
package nest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/session"
)

// Options say how an adapter is nested.
type Options struct {
	Out      string          // folder; "": nested, in the adapter's run or beside its folder
	Force    bool            // re-sort an adapter that is nested already, and replace one that dylora wrote to Out before
	Weighted bool            // by what the task's training data make of each module's inputs
	Tuned    bool            // a training is to go on from the result: what it could not start from is refused
	Session  session.Options // base model and task, where these are needed
}

// Folder is where the nested adapter of a goes.
func (o Options) Folder(a *session.StoredAdapter) string {
	if o.Out == "" {
		return filepath.Join(a.Home(), "nested")
	}
	return filepath.Clean(o.Out)
}

// Make writes the nested adapter of a stored one. Head, biases and modules that are saved whole go along. The folder appears whole or
// not at all; an adapter for which there is nothing to do is fault.Usage.
func Make(ctx context.Context, env *session.Env, a *session.StoredAdapter, o Options) (*Report, error) {
	if err := refuse(a, o); err != nil {
		return nil, err
	}
	out := o.Folder(a)
	if err := free(out, o.Force); err != nil {
		return nil, err
	}
	r := &Report{Folder: out, Rank: a.Adapter.Rank, By: adapter.BySVD}
	var s *session.Session
	var moments map[string][]float64
	if o.Weighted || o.Tuned && unknownTask(a) {
		var err error
		if s, err = open(ctx, env, a, o); err != nil {
			return nil, err
		}
	}
	if o.Weighted {
		var err error
		if moments, r.Examples, err = s.Moments(ctx); err != nil {
			return nil, err
		}
		r.By = adapter.BySVDWeighted
	}
	n := a.Adapter.Levelled()
	before := n.Kept()
	if err := n.Resort(moments); err != nil {
		return nil, fmt.Errorf("%s: %w", a.Folder, err)
	}
	for i, kept := range n.Kept() {
		r.Ranks = append(r.Ranks, Kept{i + 1, kept, before[i]})
	}
	contents, err := adapter.Encode(n, provenance(env, a, s, r.By), safetensors.Float32)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return r, adapter.Write(out, contents, o.Force)
}

// refuse tells for which adapters there is nothing to do.
func refuse(a *session.StoredAdapter, o Options) error {
	switch nothing := idle(a.Adapter); {
	case a.Adapter.Rank == 1:
		return fault.Usagef("%s: its rank is 1: there are no lower ones", a.Path)
	case nothing:
		return fault.Usagef("%s: its update is zero in every module, so no rank comes before another", a.Path)
	case o.Tuned:
		if err := trainable(a.Adapter.Levelled()); err != nil {
			return fault.Because(NotTrainable, fault.Usagef("%s: %w", a.Path, err))
		}
	}
	if o.Force || a.Provenance == nil {
		return nil
	}
	switch p := a.Provenance; {
	case p.Nested != "":
		return fault.Because(NestedAlready, fault.Usagef("%s: its ranks are in the order of what they contribute already (%s)", a.Path, p.Nested))
	case p.LowestRank() > 0 && p.LowestRank() < a.Adapter.Rank:
		return fault.Because(NestedAlready, fault.Usagef("%s: it was trained at ranks %d to %d, so its first ranks are an adapter already", a.Path, p.LowestRank(), p.RankMax))
	}
	return nil
}

// idle says whether B·A is zero in every module.
func idle(a *adapter.Adapter) bool {
	for i := range a.Modules {
		if a.DeltaNorm(&a.Modules[i], a.Rank) > 0 {
			return false
		}
	}
	return true
}

// trainable refuses what no training starts from: it has one rank and one scale for all modules, and leaves the rest of
// the base model as it is.
func trainable(a *adapter.Adapter) error {
	for _, m := range a.Modules {
		if m.Rank != 0 || m.Alpha != 0 {
			return fmt.Errorf("its %s has a rank or a scale of its own, and training has one for all", m.Name)
		}
	}
	switch {
	case len(a.Saved) > 0:
		return fmt.Errorf("it holds %s of the base model whole, which training leaves as it is", a.Saved[0].Name)
	case len(a.Biases) > 0:
		return errors.New("it holds biases of the base model, which training leaves as they are")
	}
	return nil
}

// free refuses a folder that is there, before the work is done, unless it is to be replaced.
func free(out string, force bool) error {
	_, err := os.Lstat(out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fault.Usagef("cannot write the adapter: %w", disk.PathFirst(err, out))
	case !force:
		return fault.Because(session.Occupied, fault.Usagef("%s exists", out))
	}
	return nil
}
