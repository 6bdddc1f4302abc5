package main

import (
	"context"

	"github.com/dylora/dylora/internal/data"
)

// readSplit reads a split of a task from where the settings say it is.
func readSplit(_ context.Context, _ *streams, t *data.Task, d dataConfig, split string) ([]data.Example, error) {
	return t.Read(d.DataDir, split)
}
