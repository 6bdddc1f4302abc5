package models

import (
	"embed"
	"io/fs"
)

//go:embed sentiment/adapter_config.json sentiment/adapter_model.safetensors sentiment/dylora.json
var sentiment embed.FS

// Sentiment is an adapter of Mini with the labels negative, neutral and positive, in PEFT's layout. scripts/train-sentiment
// makes it of sentences that a grammar writes.
func Sentiment() fs.FS {
	sub, err := fs.Sub(sentiment, "sentiment")
	if err != nil { // the path is a constant that the embed directive above guarantees
		panic(err)
	}
	return sub
}
