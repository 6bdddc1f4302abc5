package session

import (
	"context"
	"path/filepath"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/hub"
	"github.com/dylora/dylora/internal/settings"
)

// Fetched lists the files that are here now for a name.
type Fetched struct {
	Name       string     `json:"name"`
	Kind       string     `json:"kind"` // "model", "task" or "built in"
	Folder     string     `json:"folder"`
	Commit     string     `json:"commit"`
	Files      []hub.File `json:"files"` // of a task: its splits
	Bytes      int64      `json:"bytes"`
	Downloaded int64      `json:"downloaded"` // bytes that came over the network now
}

// Fetch downloads the model of the Hub or the task of GLUE that a name stands for, as far as
// it is not here; of d it uses how models are read.
func Fetch(ctx context.Context, env *Env, d settings.Data, name string) (*Fetched, error) {
	task, err := data.LookupTask(name)
	switch {
	case name == settings.BuiltIn, err == nil && task.Folder == "":
		return &Fetched{Name: name, Kind: "built in", Files: []hub.File{}}, nil
	case err == nil:
		return fetchTask(ctx, env, d, task)
	case looksLikePath(name) && isFolder(name):
		return nil, fault.Usagef("model %q is a folder here: there is nothing to download", name)
	}
	d.Model = name
	s, err := hubModel(ctx, env, d, nil)
	if err != nil {
		return nil, err
	}
	f := &Fetched{Name: name, Kind: string(hub.Model), Folder: s.Dir, Commit: s.Commit, Files: s.Files, Downloaded: s.Downloaded}
	for _, file := range s.Files {
		f.Bytes += file.Size
	}
	return f, nil
}

// fetchTask gets every split of a task.
func fetchTask(ctx context.Context, env *Env, d settings.Data, t *data.Task) (*Fetched, error) {
	store, err := env.glue(d.Insecure)
	if err != nil {
		return nil, err
	}
	splits, err := store.All(ctx, t)
	if err != nil {
		return nil, err
	}
	f := &Fetched{Name: t.Name, Kind: "task", Folder: store.Folder}
	for _, s := range splits {
		f.Commit = s.Commit
		f.Files = append(f.Files, hub.File{Name: filepath.Base(s.Folder), Size: s.Bytes})
		f.Bytes += s.Bytes
		f.Downloaded += s.Downloaded
	}
	return f, nil
}
