package session

import (
	"errors"
	"os"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/models"
)

// How many of 200 sentences of SST-2's dev split, and of the 60 everyday sentences of testdata/everyday.tsv, the built-in
// adapter gets right; scripts/measure-sentiment counts. Below 80 in 100 of either its users are told that it is a toy.
const (
	SentimentOnSST2     = 127
	SentimentOnEveryday = 48
)

// OpenSentiment is the adapter that the program carries: sentences to negative, neutral or positive, on the built-in model. It has
// no folder.
func OpenSentiment() (a *StoredAdapter, err error) {
	// Adapters are read from folders, which this one is for as long as that takes.
	dir, err := os.MkdirTemp("", "dylora-sentiment-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.CopyFS(dir, models.Sentiment()); err != nil {
		return nil, err
	}
	loaded, err := adapter.Open(dir, adapter.Options{})
	if err != nil {
		return nil, err
	}
	return &StoredAdapter{Path: "sentiment", Folder: "sentiment (built in)", Adapter: loaded.Adapter, Provenance: loaded.Provenance, Notes: loaded.Notes, Metadata: loaded.Metadata}, nil
}
