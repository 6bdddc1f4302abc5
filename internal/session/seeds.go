package session

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/schema"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// OpenSeeds reads further runs of the setting of first, see SameSetting.
func OpenSeeds(env *Env, first *StoredAdapter, paths []string, o adapter.Options) ([]*StoredAdapter, error) {
	all := []*StoredAdapter{first}
	for _, path := range paths {
		a, err := OpenAdapter(env, path, o)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all[1:], SameSetting(all)
}

// SameSetting refuses adapters that are not runs of one setting with different seeds: the same
// run twice, other tasks, base models or ranks, and settings that differ, by the first key that
// does. What says nothing of how it was trained is refused, too.
func SameSetting(adapters []*StoredAdapter) error {
	for i, a := range adapters {
		if a.Provenance == nil || a.Provenance.Task == "" {
			return fault.Invalidf("%s: the adapter does not record its training, so it cannot count as a seed of a setting", a.Path)
		}
		for _, b := range adapters[:i] {
			if sameFolder(a.Folder, b.Folder) {
				return fault.Invalidf("%s is given twice, as %s and as %s: every run counts as one seed", a.Folder, b.Path, a.Path)
			}
			if err := differs(b, a); err != nil {
				return err
			}
			if a.Provenance.Seed == b.Provenance.Seed {
				return fault.Invalidf("%s and %s have the same seed, %d, and the same settings: they are one training, not two seeds", b.Path, a.Path, a.Provenance.Seed)
			}
		}
	}
	return nil
}

func sameFolder(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// differs names the first key by which two trainings differ in more than their seed.
func differs(a, b *StoredAdapter) error {
	refuse := func(file, key string, x, y any) error {
		return fault.Invalidf("%s and %s: %s: %s is %s and %s: seeds are runs of one setting that differ in nothing else", a.Path, b.Path, file, key, short(x), short(y))
	}
	first, err := facts(a)
	if err != nil {
		return err
	}
	second, err := facts(b)
	if err != nil {
		return err
	}
	if key, ok := firstDifference(first, second); ok {
		return refuse("dylora.json", key, first[key], second[key])
	}
	if first, err = a.chosen(); err != nil {
		return err
	}
	if second, err = b.chosen(); err != nil || first == nil || second == nil {
		return err
	}
	if key, ok := firstDifference(first, second); ok {
		return refuse(train.SettingsName, key, first[key], second[key])
	}
	return nil
}

// short is a value in a message, "nothing" where there is none.
func short(v any) string {
	if v == nil {
		return "nothing"
	}
	b, err := json.Marshal(v)
	if err != nil || len(b) > 60 {
		return fmt.Sprintf("%.60v", v)
	}
	return string(b)
}

// firstDifference is the first key, by name, whose values differ.
func firstDifference(a, b map[string]any) (string, bool) {
	keys := map[string]bool{}
	for _, m := range []map[string]any{a, b} {
		for k := range m {
			keys[k] = true
		}
	}
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		x, _ := json.Marshal(a[k])
		y, _ := json.Marshal(b[k])
		if string(x) != string(y) {
			return k, true
		}
	}
	return "", false
}

// facts are what dylora.json says of a training, without what differs between seeds and what
// says where something was: the base model counts by its hash.
func facts(a *StoredAdapter) (map[string]any, error) {
	b, err := json.Marshal(a.Provenance)
	if err != nil {
		return nil, err
	}
	m := map[string]any{}
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, err
	}
	for _, key := range []string{"version", "seed", "epoch", "step", "metrics", "intervals", "calibration", "model", "revision", "hub_model", "init_adapter"} {
		delete(m, key)
	}
	delete(m, "data")
	delete(m, "examples")
	if d := a.Provenance.Data; d != nil { // the dev splits are compared example by example
		m["training data"] = d.Training()
	}
	if of, ok := m["training"].(map[string]any); ok { // a map of its own level, so that its keys are named
		delete(m, "training")
		for k, v := range of {
			m[k] = v
		}
		delete(m, "seed")
	}
	return m, nil
}

// chosen are the settings of config.yaml that may change results, but for the seed; nil where
// the adapter is in no run.
func (a *StoredAdapter) chosen() (map[string]any, error) {
	if a.Run == "" || !isFile(a.Run, train.SettingsName) {
		return nil, nil
	}
	l, err := settings.FileLayer(settings.Run, filepath.Join(a.Run, train.SettingsName))
	if err == nil {
		err = l.Err()
	}
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "%w", err)
	}
	free, m := settings.Scoped(schema.Free), map[string]any{}
	for _, key := range l.Keys() {
		if key != "seed" && !slices.Contains(free, key) {
			m[key], _ = l.Value(key)
		}
	}
	return m, nil
}
