package main

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/dylora/dylora/configs"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
)

// recipeKnown refuses a kind of recipe that is not shipped.
func recipeKnown(kind string) error {
	if !configs.Kinds().Known(kind) {
		return fault.Usagef("%q is not one of %s", kind, configs.Kinds().List())
	}
	return nil
}

// recipeLayer is the shipped recipe of a kind for a task. It is empty for names of no kind
// or no task, which check then refuses together with whatever else is wrong, and for a
// task that the small-budget recipes leave to the defaults; the published recipes have
// settings for a task or none.
func recipeLayer(kind, name string) (layer, error) {
	if data.IsFile(name) && recipeKnown(kind) == nil && kind != configs.CPU {
		return layer{}, fault.Usagef("recipe: %s has none for your own task %s: choose %s and say the settings yourself", kind, name, configs.CPU)
	}
	task, err := data.LookupTask(name)
	if err != nil || recipeKnown(kind) != nil {
		return newLayer("recipe"), nil //nolint:nilerr // check names it
	}
	file := path.Join(kind, task.Name+".yaml")
	text, err := fs.ReadFile(configs.Recipes(), file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && kind == configs.CPU:
		return newLayer("recipe"), nil
	case errors.Is(err, fs.ErrNotExist):
		return layer{}, fault.Usagef("recipe: %s has none for task %s, only for %s: choose %s and say the settings yourself",
			kind, task.Name, strings.Join(recipeTasks(kind), ", "), configs.CPU)
	case err != nil:
		return layer{}, err
	}
	l, faults := yamlLayer("recipe", "recipe "+file, text)
	return l, usageFaults(faults)
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
