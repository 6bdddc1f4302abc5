package main

import (
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/configs"
	"github.com/dylora/dylora/internal/data"
)

// sources are the layers that a person writes: file, env and flag, weakest first.
type sources []layer

// readSources reads --config, the environment and the flags of cmd, and refuses all
// their faults at once.
func readSources(cmd *cobra.Command) (sources, error) {
	var all sources
	var faults []string
	if f := cmd.Flags().Lookup("config"); f != nil && f.Changed {
		l, found, err := fileLayer("file", f.Value.String())
		if err != nil {
			return nil, err
		}
		all, faults = append(all, l), append(faults, found...)
	}
	env, found := envLayer(os.Environ())
	faults = append(faults, found...)
	flags, found := flagLayer(cmd.Flags())
	faults = append(faults, found...)
	return append(all, env, flags), usageFaults(faults)
}

// addConfigFlag defines --config.
func addConfigFlag(cmd *cobra.Command) {
	cmd.Flags().String("config", "", "YAML `file` of settings, one 'key: value' per line")
}

// resolve joins base, weaker, with the sources and checks the outcome.
func (s sources) resolve(base ...layer) (*resolved, error) {
	r, err := join(append(base, s...)...)
	if err != nil {
		return nil, err
	}
	return r, r.check()
}

// withRecipe resolves the sources over the recipe of the task that they name.
func (s sources) withRecipe() (*resolved, error) {
	first, err := join(s...)
	if err != nil {
		return nil, err
	}
	recipe, err := recipeLayer(first.Data.Task)
	if err != nil {
		return nil, err
	}
	return s.resolve(recipe)
}

// recipeLayer is the shipped recipe of a task; empty for a name that is no task, which
// check then refuses together with whatever else is wrong.
func recipeLayer(name string) (layer, error) {
	path := ""
	for _, t := range data.Tasks() {
		if known, err := data.LookupTask(name); err == nil && known.Name == t.Name {
			path = t.Name + ".yaml"
		}
	}
	if path == "" {
		return newLayer("recipe"), nil
	}
	text, err := fs.ReadFile(configs.Recipes(), path)
	if errors.Is(err, fs.ErrNotExist) {
		return newLayer("recipe"), nil
	}
	if err != nil {
		return layer{}, err
	}
	l, faults := yamlLayer("recipe", "recipe "+path, text)
	return l, usageFaults(faults)
}
