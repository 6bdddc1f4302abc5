package main

import (
	"os"

	"github.com/spf13/cobra"
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

// withRecipe resolves the sources over the recipe that they name, of the task that they name.
func (s sources) withRecipe() (*resolved, error) {
	first, err := join(s...)
	if err != nil {
		return nil, err
	}
	recipe, err := recipeLayer(first.Data.Recipe, first.Data.Task)
	if err != nil {
		return nil, err
	}
	return s.resolve(recipe)
}
