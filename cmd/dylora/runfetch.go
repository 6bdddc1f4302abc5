package main

import (
	"context"
	"fmt"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/hub"
)

// fetched is what fetch prints of one name.
type fetched struct {
	Name       string     `json:"name"`
	Kind       string     `json:"kind"` // "model" or "built in"
	Folder     string     `json:"folder"`
	Commit     string     `json:"commit"`
	Files      []hub.File `json:"files"`
	Bytes      int64      `json:"bytes"`
	Downloaded int64      `json:"downloaded"` // of these bytes, now
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
	if name == builtIn {
		return &fetched{Name: name, Kind: "built in", Files: []hub.File{}}, nil
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

func (f *fetched) print(io *streams) error {
	if f.Folder == "" {
		_, err := fmt.Fprintf(io.out, "%s: built in\n", f.Name)
		return err
	}
	_, err := fmt.Fprintf(io.out, "%s %s: %d files, %s (%s downloaded), commit %.7s\n  %s\n",
		f.Kind, f.Name, len(f.Files), evaluate.Size(f.Bytes), evaluate.Size(f.Downloaded), f.Commit, f.Folder)
	return err
}
