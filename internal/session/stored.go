package session

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/schema"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// StoredAdapter is an adapter together with what its folder remembers.
type StoredAdapter struct {
	Path       string // as given, or what LatestRun stands for
	Folder     string // PEFT folder, or loralib's file
	Run        string // run folder; "" if the adapter is in none
	Adapter    *adapter.Adapter
	Provenance *adapter.Provenance
	Notes      []string          // contents of the files that were not loaded, one line each
	Metadata   map[string]string // of the weights' file

	unchanged func() error // says whether the files of the adapter are still those that were read
	merged    bool         // Folder is a whole model: Adapter has rank 0
}

// OpenAdapter reads an adapter: of a run folder, any PEFT folder, or a file of loralib's.
// LatestRun stands for the newest run. The user is told what else the files hold.
func OpenAdapter(env *Env, path string, options adapter.Options) (*StoredAdapter, error) {
	if path == LatestRun {
		var err error
		if path, err = train.Latest(RunsRoot); err != nil {
			return nil, err
		}
	}
	a := &StoredAdapter{Path: path}
	load := adapter.Open
	switch {
	case isFile(path):
		a.Folder, load = path, adapter.OpenLoralib
	case isFile(path, "adapter_config.json"):
		a.Folder = path
		if parent := filepath.Dir(filepath.Clean(path)); filepath.Base(path) == "adapter" && isFile(parent, train.SettingsName) {
			a.Run = parent
		}
	case isFile(path, "adapter", "adapter_config.json"):
		a.Folder, a.Run = filepath.Join(path, "adapter"), path
	case isModel(path):
		return nil, fault.Invalidf("%s: is a whole model and not an adapter", path)
	default:
		return nil, noAdapter(path)
	}
	loaded, err := load(a.Folder, options)
	if err != nil {
		return nil, err
	}
	a.Adapter, a.Provenance, a.Notes, a.Metadata = loaded.Adapter, loaded.Provenance, loaded.Notes, loaded.Metadata
	a.unchanged = loaded.Unchanged
	for _, n := range a.Notes {
		env.Say(a.Folder + ": " + n)
	}
	return a, nil
}

// clone is a with an adapter of its own over the same weights.
func (a *StoredAdapter) clone() *StoredAdapter {
	n, own := *a, *a.Adapter
	n.Adapter = &own
	return &n
}

// noAdapter says why there is no adapter at path.
func noAdapter(path string) error {
	_, err := os.Stat(path)
	switch {
	case err != nil:
		return fault.Invalidf("adapter: %w", disk.PathFirst(err, path))
	case isFile(path, train.SettingsName):
		return fault.Because(NoAdapterYet, fault.Invalidf("%s: this run has no adapter yet", path))
	}
	if below := adapter.Below(path); below != "" {
		return fault.Invalidf("%s: no adapter_config.json in it or in adapter/; %s", path, below)
	}
	return fault.Invalidf("%s: no adapter_config.json in it or in adapter/: want a run folder, a PEFT folder or a file of loralib's", path)
}

// Remembered are the settings of the adapter's training that its folder records:
// config.yaml of its run, and dylora.json. A run that was replaced since the adapter was read
// is refused.
func (a *StoredAdapter) Remembered() (*settings.Layer, error) {
	l := settings.NewLayer(settings.Run)
	if run := a.settingsFolder(); run != "" && isFile(run, train.SettingsName) {
		all, err := settings.FileLayer(settings.Run, filepath.Join(run, train.SettingsName))
		if err == nil {
			err = all.Err()
		}
		if a.unchanged != nil && a.unchanged() != nil {
			err = a.unchanged() // and the settings may be another run's
		}
		if err != nil {
			return nil, fault.Errorf(fault.Invalid, "%w", err)
		}
		l = all.Only(schema.Remembered)
	}
	if a.merged { // the model is the folder, which has no revisions
		l = l.Without("revision")
	}
	p := a.Provenance
	if p == nil {
		return l, nil
	}
	file := filepath.Join(a.Folder, "dylora.json")
	for key, v := range map[string]string{"task": p.Task, "model": p.Model, "revision": p.Revision} {
		before, _ := l.Value(key)
		if path, _ := before.(string); v != "" && data.FilesName(path) != v { // a run knows where the file is
			l.Set(key, file, v)
		}
	}
	if data.IsFile(p.Task) {
		rememberFiles(l, p, file)
	}
	if m := p.Training["metric"]; m != "" {
		l.Set("metric", file, m)
	}
	if p.MaxLength > 0 {
		l.Set("max_length", file, p.MaxLength)
	}
	return l, nil
}

// rememberFiles adds what an adapter knows of a task of the user's own files.
func rememberFiles(l *settings.Layer, p *adapter.Provenance, file string) {
	for key, v := range map[string]string{
		"text_column": p.TextColumn, "pair_column": p.PairColumn, "label_column": p.LabelColumn, "kind": recordedKind(p).String(), "label_separator": p.LabelSeparator, "delimiter": p.Delimiter,
	} {
		if v != "" {
			l.Set(key, file, v)
		}
	}
	if p.MultiLabel {
		l.Set("threshold", file, p.Threshold)
	}
}

// labels are those that the adapter was trained with, nil where its folder does not say or
// the task is not one of the user's own files.
func (a *StoredAdapter) labels() []string {
	if a.Provenance == nil || !data.IsFile(a.Provenance.Task) {
		return nil
	}
	return a.Provenance.Labels
}

// recorded are the labels of a head of so many columns in their order, and the task, as
// dylora.json records them, or where that is gone the metadata of the weights. Nothing is
// recorded of a regression, and of an adapter from elsewhere or without a head not even a task.
func (a *StoredAdapter) recorded(outputs int) (labels []string, task string) {
	if outputs == 0 {
		return nil, ""
	}
	if p := a.Provenance; p != nil && p.Task != "" {
		return p.Labels, p.Task
	}
	labels = strings.Split(a.Metadata["dylora.labels"], ",") // a label may hold a comma
	if task = a.Metadata["dylora.task"]; task == "" || len(labels) != outputs || outputs == 1 {
		return nil, ""
	}
	return labels, task
}

// Home is the folder that results about the adapter are written to by default: its run, or
// the folder that holds it.
func (a *StoredAdapter) Home() string {
	if a.Run != "" {
		return a.Run
	}
	return filepath.Dir(filepath.Clean(a.Folder))
}
