package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/glue"
	"github.com/dylora/dylora/internal/hub"
	"github.com/dylora/dylora/internal/parquet"
)

// readSplit reads a split of a task from where the settings say it is: one's own files,
// --data-dir, or for GLUE without it the store of what came from the Hub, and the Hub.
func readSplit(ctx context.Context, io *streams, t *data.Task, d dataConfig, split string) ([]data.Example, error) {
	if d.DataDir != "" || t.Folder == "" || !slices.Contains(t.Splits(), split) {
		return t.Read(d.DataDir, split)
	}
	store, err := newGlue(io)
	if err != nil {
		return nil, err
	}
	s, err := store.Get(ctx, t, split)
	if err != nil && ctx.Err() != nil {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("task %s: its %s split is not here: give --data-dir, the GLUE folder that has %s, or run 'dylora fetch %s' where there is a network: %w",
			t.Name, split, t.OfficialFile(split), t.Name, err)
	}
	return s.Examples, nil
}

// newGlue is the store of GLUE's tasks in the user's cache.
func newGlue(io *streams) (*glue.Store, error) {
	client, err := newHub(io)
	if err != nil {
		return nil, err
	}
	program, err := parquet.Program()
	if err != nil {
		return nil, err
	}
	return &glue.Store{Hub: client, Folder: filepath.Join(hub.CacheHome(os.Getenv), "dylora", "glue"), Program: program, Note: client.Note}, nil
}
