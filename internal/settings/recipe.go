package settings

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/dylora/dylora/configs"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/suggest"
)

// recipeKnown refuses a kind of recipe that is not shipped.
func recipeKnown(kind string) error {
	if !slices.Contains(configs.Kinds(), kind) {
		return fmt.Errorf("%q is not one of %s%s", kind, strings.Join(configs.Kinds(), ", "), suggest.Hint(kind, configs.Kinds()))
	}
	return nil
}

// RecipeLayer is the shipped recipe of a kind for a task, the user's own included. It is empty
// for names of no kind or no task, which Resolve then refuses together with whatever else is
// wrong, and for a task that the small-budget recipes leave to the defaults. A kind with
// settings for every task stands over the small-budget recipe; the published recipes have
// settings for a task or none.
func RecipeLayer(kind, name string) (*Layer, error) {
	task, err := data.LookupTask(name)
	own := data.IsFile(name)
	if recipeKnown(kind) != nil || err != nil && !own {
		return NewLayer(Recipe), nil //nolint:nilerr // Resolve names it
	}
	if own {
		task = &data.Task{} // without a file of its own
	}
	layer := NewLayer(Recipe)
	for _, file := range recipeFiles(kind, task.Name) {
		text, err := fs.ReadFile(configs.Recipes(), file)
		if err != nil {
			return nil, err
		}
		layer.over(YAMLLayer(Recipe, "recipe "+file, text))
	}
	switch {
	case len(layer.values) > 0 || kind == configs.CPU:
		return layer, nil
	case own:
		return nil, fault.Usagef("recipe: %s has none for your own task %s: choose %s and say the settings yourself", kind, name, configs.CPU)
	}
	return nil, fault.Usagef("recipe: %s has none for task %s, only for %s: choose %s and say the settings yourself",
		kind, task.Name, strings.Join(recipeTasks(kind), ", "), configs.CPU)
}

// recipeFiles are the files that make the recipe of a kind for a task, weakest first.
func recipeFiles(kind, task string) []string {
	files := []string{path.Join(kind, task+".yaml")}
	if every := path.Join(kind, configs.EveryTask); shipped(every) {
		files = []string{path.Join(configs.CPU, task+".yaml"), every, path.Join(kind, task+".yaml")}
	}
	return slices.DeleteFunc(files, func(file string) bool { return !shipped(file) })
}

func shipped(file string) bool {
	_, err := fs.Stat(configs.Recipes(), file)
	return err == nil
}

// recipeTasks are the tasks that a kind has recipes for.
func recipeTasks(kind string) (tasks []string) {
	for _, t := range data.Tasks() {
		if len(recipeFiles(kind, t.Name)) > 0 {
			tasks = append(tasks, t.Name)
		}
	}
	return tasks
}
