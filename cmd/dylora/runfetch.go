package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/hub"
)

// fetched is what fetch prints of one name.
type fetched struct {
	Name       string     `json:"name"`
	Kind       string     `json:"kind"` // "model", "task" or "built in"
	Folder     string     `json:"folder"`
	Commit     string     `json:"commit"`
	Files      []hub.File `json:"files"` // of a task: its splits
	Bytes      int64      `json:"bytes"`
	Downloaded int64      `json:"downloaded"` // bytes that came over the network now
}

func runFetch(ctx context.Context, o *fetchOptions) error {
	r, err := o.sources.resolve()
	if err != nil {
		return err
	}
	var all struct {
		Fetched []fetched `json:"fetched"`
	}
	for _, name := range o.names {
		f, err := fetch(ctx, o.io, r.Data, name)
		if err != nil {
			return err
		}
		all.Fetched = append(all.Fetched, *f)
		if o.json {
			continue
		}
		if err := f.print(o.io); err != nil {
			return err
		}
	}
	if o.json {
		return printJSON(o.io.out, all)
	}
	return nil
}

// fetch gets what a name stands for.
func fetch(ctx context.Context, io *streams, d dataConfig, name string) (*fetched, error) {
	task, err := data.LookupTask(name)
	switch {
	case name == builtIn, err == nil && task.Folder == "":
		return &fetched{Name: name, Kind: "built in", Files: []hub.File{}}, nil
	case err == nil:
		return fetchTask(ctx, io, task)
	}
	d.Model = name
	s, err := hubModel(ctx, io, d)
	if err != nil {
		return nil, err
	}
	f := &fetched{Name: name, Kind: string(hub.Model), Folder: s.Dir, Commit: s.Commit, Files: s.Files, Downloaded: s.Downloaded}
	for _, file := range s.Files {
		f.Bytes += file.Size
	}
	return f, nil
}

// fetchTask gets every split of a task.
func fetchTask(ctx context.Context, io *streams, t *data.Task) (*fetched, error) {
	store, err := newGlue(io)
	if err != nil {
		return nil, err
	}
	splits, err := store.All(ctx, t)
	if err != nil {
		return nil, err
	}
	f := &fetched{Name: t.Name, Kind: "task", Folder: store.Folder}
	for _, s := range splits {
		f.Commit = s.Commit
		f.Files = append(f.Files, hub.File{Name: filepath.Base(s.Folder), Size: s.Bytes})
		f.Bytes += s.Bytes
		f.Downloaded += s.Downloaded
	}
	return f, nil
}

func (f *fetched) print(io *streams) error {
	if f.Folder == "" {
		_, err := fmt.Fprintf(io.out, "%s: built in\n", f.Name)
		return err
	}
	parts := "files"
	if f.Kind == "task" {
		parts = "splits"
	}
	_, err := fmt.Fprintf(io.out, "%s %s: %d %s, %s (%s downloaded), commit %.7s\n  %s\n",
		f.Kind, f.Name, len(f.Files), parts, evaluate.Size(f.Bytes), evaluate.Size(f.Downloaded), f.Commit, f.Folder)
	return err
}
