// Package models embeds the project's own small encoder, so that every command works
// on a fresh machine without a download.
package models

import (
	"embed"
	"io/fs"
)

//go:embed mini/config.json mini/model.safetensors mini/tokenizer.json
var files embed.FS

// Mini is a RoBERTa of 4 layers and hidden size 256 with its own byte-level BPE of
// 8,192: config.json, model.safetensors (float16) and tokenizer.json, laid out as the
// Hugging Face Hub does.
func Mini() fs.FS {
	sub, err := fs.Sub(files, "mini")
	if err != nil { // the path is a constant that the embed directive above guarantees
		panic(err)
	}
	return sub
}
