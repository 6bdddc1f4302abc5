package main

import (
	"fmt"
	"slices"

	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

// untold says that neither an adapter nor what it would be for is named.
func (o *predictOptions) untold() bool {
	return o.path == session.LatestRun && !slices.ContainsFunc(o.layers, func(l *settings.Layer) bool {
		_, task := l.Value("task")
		_, model := l.Value("model")
		return task || model
	})
}

// openSentiment opens the built-in adapter and says what it is.
func (o *predictOptions) openSentiment() (*session.StoredAdapter, []int, error) {
	a, err := session.OpenSentiment()
	if err != nil {
		return nil, nil, err
	}
	o.io.screen().Say(fmt.Sprintf("no run here yet: the answers are those of the built-in sentiment adapter, which is a toy (right on %d of 200 sentences of SST-2 and on %d of 60 everyday ones); 'dylora train' makes your own",
		session.SentimentOnSST2, session.SentimentOnEveryday))
	ranks, err := o.ranks.Of(a.Adapter.Rank, "")
	return a, ranks, err
}
