package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/train"
)

// opened is an adapter together with what its folder remembers.
type opened struct {
	path     string // as given
	folder   string // PEFT folder
	run      string // run folder; "" if the adapter is in none
	adapter  *adapter.Adapter
	facts    *adapter.Provenance
	notes    []string          // what the files hold beside the adapter
	metadata map[string]string // of the weights' file
}

// openAdapter loads --adapter: a run folder, any PEFT folder, or a file of loralib's. What
// the files hold beside the adapter is said on stderr.
func openAdapter(io *streams, path string, options adapter.Options) (*opened, error) {
	if path == latestRun {
		var err error
		if path, err = train.Latest(runsRoot); err != nil {
			return nil, err
		}
	}
	o := &opened{path: path}
	load := adapter.Open
	switch {
	case isFile(path):
		o.folder, load = path, adapter.OpenLoralib
	case isFile(path, "adapter_config.json"):
		o.folder = path
		if parent := filepath.Dir(filepath.Clean(path)); filepath.Base(path) == "adapter" && isFile(parent, train.SettingsName) {
			o.run = parent
		}
	case isFile(path, "adapter", "adapter_config.json"):
		o.folder, o.run = filepath.Join(path, "adapter"), path
	default:
		return nil, noAdapter(path)
	}
	loaded, err := load(o.folder, options)
	if err != nil {
		return nil, err
	}
	o.adapter, o.facts, o.notes, o.metadata = loaded.Adapter, loaded.Provenance, loaded.Notes, loaded.Metadata
	for _, n := range o.notes {
		if _, err := fmt.Fprintf(io.err, "%s: %s\n", o.folder, n); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// noAdapter says why there is no adapter at path and what to do.
func noAdapter(path string) error {
	_, err := os.Stat(path)
	switch {
	case err != nil:
		return fault.Invalidf("adapter: %w", unwrapPath(err, path))
	case isFile(path, train.SettingsName):
		return fault.Invalidf("%s: this run has no adapter yet: 'dylora train --resume --run %s' goes on with it", path, path)
	}
	return fault.Invalidf("%s: no adapter_config.json in it or in adapter/: want a run folder, a PEFT folder or a file of loralib's", path)
}

func isFile(elem ...string) bool {
	info, err := os.Stat(filepath.Join(elem...))
	return err == nil && info.Mode().IsRegular()
}

// rememberedKeys are the settings that commands after training take from the run.
func rememberedKeys() []string {
	return append([]string{"task", "data_dir", "model", "revision", "max_length"}, ownKeys()...)
}

// remembered are the settings that the adapter was trained with, as far as its folder
// tells: config.yaml of its run, and dylora.json.
func (o *opened) remembered() (layer, error) {
	l := newLayer("run")
	if o.run != "" && isFile(o.run, train.SettingsName) {
		all, faults, err := fileLayer("run", filepath.Join(o.run, train.SettingsName))
		if err != nil {
			return l, err
		}
		if len(faults) > 0 {
			return l, fault.Invalidf("%s", faults[0])
		}
		for key := range all.values {
			if slices.Contains(rememberedKeys(), key) {
				l.values[key], l.where[key] = all.values[key], all.where[key]
			}
		}
	}
	if o.facts == nil {
		return l, nil
	}
	file := filepath.Join(o.folder, "dylora.json")
	for key, v := range map[string]string{"task": o.facts.Task, "model": o.facts.Model, "revision": o.facts.Revision} {
		if path, _ := l.values[key].(string); v != "" && filepath.Base(path) != v { // a run knows where the file is
			l.values[key], l.where[key] = v, file
		}
	}
	rememberTask(l, o.facts, file)
	if n := o.facts.MaxLength; n > 0 {
		l.values["max_length"], l.where["max_length"] = n, file
	}
	return l, nil
}

// home is the folder that results about the adapter are written to by default: its run,
// or the folder that holds it.
func (o *opened) home() string {
	if o.run != "" {
		return o.run
	}
	return filepath.Dir(filepath.Clean(o.folder))
}

// checkRank refuses a rank that the adapter does not have; 0 stands for the largest.
func (o *opened) checkRank(rank int) (int, error) {
	switch {
	case rank == 0:
		return o.adapter.Rank, nil
	case rank < 0 || rank > o.adapter.Rank:
		return 0, fault.Usagef("--rank: %d is not in [1, %d], the ranks of %s", rank, o.adapter.Rank, o.path)
	}
	return rank, nil
}
