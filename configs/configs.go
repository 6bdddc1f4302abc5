// Package configs embeds the recipes: for each task the settings that train well on a
// processor with the built-in model, as YAML files that --config takes as well.
package configs

import (
	"embed"
	"io/fs"
)

//go:embed cpu
var files embed.FS

// Recipes are the files TASK.yaml, TASK in its canonical lower-case form.
func Recipes() fs.FS {
	sub, err := fs.Sub(files, "cpu")
	if err != nil { // the path is a constant that the embed directive above guarantees
		panic(err)
	}
	return sub
}
