package session

import (
	"path/filepath"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/train"
)

// isModel says whether a folder holds a whole model: a configuration and weights.
func isModel(path string) bool {
	if !isFile(path, "config.json") {
		return false
	}
	for _, name := range []string{"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"} {
		if isFile(path, name) {
			return true
		}
	}
	return false
}

// OpenAdapterOrModel is OpenAdapter that also takes the folder of a whole model, such as Merge writes. It is then an adapter of
// rank 0, which has no modules, with the folder as its base model and that model's head. Its task, and where the data are, it takes
// from the record in the folder, and from the run that the folder is in.
func OpenAdapterOrModel(env *Env, path string, options adapter.Options) (*StoredAdapter, error) {
	if isFile(path, "adapter_config.json") || isFile(path, "adapter", "adapter_config.json") || !isModel(path) {
		return OpenAdapter(env, path, options)
	}
	p, err := adapter.ReadMerged(path)
	switch {
	case err != nil:
		return nil, err
	case p != nil && p.Merged == 0:
		return nil, fault.Invalidf("%s: a whole model with the record of an adapter: it is not known which of the two is meant", path)
	case p == nil:
		p = new(adapter.Provenance)
	}
	p.Model, p.Revision, p.HubModel = path, "", false
	return &StoredAdapter{Path: path, Folder: path, Adapter: &adapter.Adapter{Alpha: 1}, Provenance: p, merged: true}, nil
}

// Whole says whether a is a whole model, which has rank 0 alone.
func (a *StoredAdapter) Whole() bool { return a.merged }

// settingsFolder is the run whose settings tell of the task and its data: the adapter's own, or the one that a merged model
// was written in; "" for none.
func (a *StoredAdapter) settingsFolder() string {
	if parent := filepath.Dir(filepath.Clean(a.Folder)); a.merged && a.Provenance.Task != "" && isFile(parent, train.SettingsName) {
		return parent
	}
	return a.Run
}
