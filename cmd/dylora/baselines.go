package main

import (
	"context"
	"errors"

	"github.com/dylora/dylora/internal/baseline"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// compareArgs say what a sweep is compared with.
type compareArgs struct {
	spec  string
	kinds []baseline.Kind // none: nothing
}

// train trains the baselines that are asked for and missing; nil: none are asked for.
func (c *compareArgs) train(ctx context.Context, io *streams, a *session.StoredAdapter, ranks []int, layers []*settings.Layer) (*baseline.Plan, error) {
	if len(c.kinds) == 0 {
		return nil, nil
	}
	if err := io.ownProcesses("--baselines"); err != nil {
		return nil, err
	}
	p, err := baseline.NewPlan(a, c.kinds, ranks, layers)
	if err != nil {
		return nil, err
	}
	err = p.Train(ctx, io.env(), io.watch)
	if errors.Is(err, train.ErrStopped) {
		io.screen().Say("checkpoint written; the same command goes on")
	}
	return p, err
}
