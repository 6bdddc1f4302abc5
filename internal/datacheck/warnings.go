package datacheck

import (
	"context"
	"slices"

	"github.com/dylora/dylora/internal/data"
)

// sampled is how many texts of a split are looked at before a training begins: a fraction of a second.
const sampled = 2000

// Warnings are what should be known before a task is trained, a line each with counts.
func Warnings(ctx context.Context, t *data.Task, train, dev []data.Example, l Limit) (lines []string, err error) {
	d := Data{Kind: t.Kind, Train: t.Rows(train), Dev: t.Rows(dev)}
	cut, err := truncated(ctx, d, l, sampled)
	if err != nil {
		return nil, err
	}
	told := []Kind{Overlap, Conflict, LookAlike, RareLabel, MissingInDev, Truncated}
	for _, f := range Find(d, cut) {
		if slices.Contains(told, f.Kind) {
			lines = append(lines, f.Text)
		}
	}
	return lines, nil
}
