package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/dylora/dylora/configs"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
)

// recipeKnown refuses a kind of recipe that is not shipped.
func recipeKnown(kind string) error {
	if !slices.Contains(configs.Kinds(), kind) {
		return fmt.Errorf("%q is not one of %s", kind, strings.Join(configs.Kinds(), ", "))
	}
	return nil
}

// RecipeLayer is the shipped recipe of a kind for a task. It is empty for names of no kind
// or no task, which Resolve then refuses together with whatever else is wrong, and for a
// task that the small-budget recipes leave to the defaults; the published recipes have
// settings for a task or none.
func RecipeLayer(kind, name string) (*Layer, error) {
	if data.IsFile(name) && recipeKnown(kind) == nil && kind != configs.CPU {
		return nil, fault.Usagef("recipe: %s has none for your own task %s: choose %s and say the settings yourself", kind, name, configs.CPU)
	}
	task, err := data.LookupTask(name)
	if err != nil || recipeKnown(kind) != nil {
		return NewLayer(Recipe), nil //nolint:nilerr // Resolve names it
	}
	file := path.Join(kind, task.Name+".yaml")
	text, err := fs.ReadFile(configs.Recipes(), file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && kind == configs.CPU:
		return NewLayer(Recipe), nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Usagef("recipe: %s has none for task %s, only for %s: choose %s and say the settings yourself",
			kind, task.Name, strings.Join(recipeTasks(kind), ", "), configs.CPU)
	case err != nil:
		return nil, err
	}
	return YAMLLayer(Recipe, "recipe "+file, text), nil
}

// recipeTasks are the tasks that a kind has recipes for.
func recipeTasks(kind string) (tasks []string) {
	for _, t := range data.Tasks() {
		if _, err := fs.Stat(configs.Recipes(), path.Join(kind, t.Name+".yaml")); err == nil {
			tasks = append(tasks, t.Name)
		}
	}
	return tasks
}
