// Package configs embeds the recipes: settings for each task, as YAML files that --config
// takes as well. There are three kinds: those that train well on a processor with a small
// model, those of the LoRA paper, and those of DyLoRA's reference code.
package configs

import (
	"embed"
	"io/fs"

	"github.com/dylora/dylora/internal/enum"
)

// CPU is the kind of recipe with a small budget, and the one that is used unless another
// is named.
const CPU = "cpu"

//go:embed cpu paper reference
var files embed.FS

// Kinds are the folders of Recipes.
func Kinds() enum.Strings[string] { return enum.Strings[string]{CPU, "paper", "reference"} }

// Recipes are the files KIND/TASK.yaml, TASK in its canonical lower-case form.
func Recipes() fs.FS { return files }
