package session

import (
	"context"
	"fmt"
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/glue"
	"github.com/dylora/dylora/internal/hub"
	"github.com/dylora/dylora/internal/parquet"
	"github.com/dylora/dylora/internal/settings"
)

// ReadSplit reads a split of a task from where the settings say it is: the user's own files,
// the folder of GLUE, or without one the store of what came from the Hub, and the Hub.
func ReadSplit(ctx context.Context, env *Env, t *data.Task, d settings.Data, split string) ([]data.Example, error) {
	examples, _, err := ReadFiles(ctx, env, t, d, split)
	return examples, err
}

// ReadFiles is ReadSplit, and tells which files of the user's were read.
func ReadFiles(ctx context.Context, env *Env, t *data.Task, d settings.Data, split string) ([]data.Example, []data.File, error) {
	if local(t, d, split) {
		return t.ReadFiles(d.DataDir, split)
	}
	store, err := env.glue(d.Insecure)
	if err != nil {
		return nil, nil, err
	}
	s, err := store.Get(ctx, t, split)
	if err != nil && ctx.Err() != nil {
		return nil, nil, err
	}
	if err != nil {
		reason := NoData
		if fault.ReasonOf(err) == hub.Unencrypted {
			reason = hub.Unencrypted
		}
		return nil, nil, fault.Because(reason, fmt.Errorf("task %s: its %s split, %s, is not here: %w", t.Name, split, t.OfficialFile(split), err))
	}
	return s.Examples, nil, nil
}

// local says whether a split is read from files that are the user's.
func local(t *data.Task, d settings.Data, split string) bool {
	return d.DataDir != "" || t.Folder == "" || !slices.Contains(t.Splits(), split)
}

// glue is the store of GLUE's tasks in the user's cache.
func (e *Env) glue(insecure bool) (*glue.Store, error) {
	client, err := e.Hub(insecure)
	if err != nil {
		return nil, err
	}
	program, err := parquet.Program()
	if err != nil {
		return nil, err
	}
	return &glue.Store{Hub: client, Folder: e.cacheFolder("glue"), Program: program, Note: client.Note}, nil
}

// First is the first n examples; all for n = 0.
func First(examples []data.Example, n int) []data.Example {
	if n > 0 && n < len(examples) {
		return examples[:n]
	}
	return examples
}
