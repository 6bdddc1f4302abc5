// Package configs embeds the recipes: settings for each task, as YAML files that --config
// takes as well. There are four kinds: those that train well on a processor with a small
// model, what makes the ranks of a nested adapter better on top of these, those of the LoRA
// paper, and those of DyLoRA's reference code.
package configs

import (
	"embed"
	"io/fs"

	"github.com/dylora/dylora/internal/enum"
)

// CPU is the kind of recipe with a small budget, and the one that is used unless another
// is named.
const CPU = "cpu"

// EveryTask is the file of a kind that has settings for every task, the user's own included.
// They stand over those of the kind CPU for the task, and below a file KIND/TASK.yaml.
const EveryTask = "every-task.yaml"

//go:embed cpu nested paper reference
var files embed.FS

// Kinds are the folders of Recipes.
func Kinds() enum.Strings[string] { return enum.Strings[string]{CPU, "nested", "paper", "reference"} }

// Recipes are the files KIND/TASK.yaml, TASK in its canonical lower-case form, and KIND/every-task.yaml.
func Recipes() fs.FS { return files }
