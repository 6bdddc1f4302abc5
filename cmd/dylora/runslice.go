package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
)

// cut is one slice: what is reported of it, and its files.
type cut struct {
	Rank       int    `json:"rank"`
	Folder     string `json:"folder"`
	Parameters int    `json:"parameters"`
	Bytes      int64  `json:"bytes"` // of the weights file

	contents []disk.Content
}

// newCut slices a at a rank; the facts go along, of the metrics those that still hold.
func newCut(a *adapter.Adapter, f *adapter.Facts, rank int) (*cut, error) {
	s, err := a.Slice(rank)
	if err != nil {
		return nil, err
	}
	c := &cut{Rank: rank, Parameters: s.Parameters()}
	if c.contents, err = adapter.Encode(s, factsOf(a, f, rank)); err != nil {
		return nil, err
	}
	for _, file := range c.contents {
		if strings.HasSuffix(file.Name, ".safetensors") {
			c.Bytes = int64(len(file.Data))
		}
	}
	return c, nil
}

// factsOf are the facts of a slice; nil where the adapter has none.
func factsOf(a *adapter.Adapter, f *adapter.Facts, rank int) *adapter.Facts {
	if f == nil || f.Task == "" {
		return nil
	}
	g := *f
	if rank < a.Rank && g.CutFrom == 0 {
		g.CutFrom = a.Rank
	}
	g.Metrics = map[string]map[string]float64{}
	for r, m := range f.Metrics {
		if n, err := strconv.Atoi(r); err == nil && n <= rank {
			g.Metrics[r] = m
		}
	}
	return &g
}

func runSlice(_ context.Context, o *sliceOptions) error {
	a, err := openAdapter(o.io, o.adapter)
	if err != nil {
		return err
	}
	ranks, err := evaluate.ParseRanks(o.ranks, a.adapter.Rank)
	if err != nil {
		return fmt.Errorf("--rank: %w", err)
	}
	cuts := make([]*cut, len(ranks))
	for i, r := range ranks {
		if cuts[i], err = newCut(a.adapter, a.facts, r); err != nil {
			return err
		}
	}
	if len(cuts) == 1 {
		err = o.writeOne(a, cuts[0])
	} else {
		err = o.writeAll(a, cuts)
	}
	if err != nil {
		return err
	}
	return o.print(cuts)
}

func (o *sliceOptions) folder(a *opened, base string) string {
	if o.out != "" {
		return filepath.Clean(o.out)
	}
	return filepath.Join(a.home(), base)
}

func (o *sliceOptions) writeOne(a *opened, c *cut) error {
	c.Folder = o.folder(a, fmt.Sprintf("rank-%d", c.Rank))
	save := adapter.Save
	if o.force {
		save = adapter.SaveOver
	}
	s, err := a.adapter.Slice(c.Rank)
	if err != nil {
		return err
	}
	return save(c.Folder, s, factsOf(a.adapter, a.facts, c.Rank))
}

// manifestName is the file that lists the slices of a folder of several.
const manifestName = "manifest.json"

// writeAll writes every slice and the manifest as one folder, whole or not at all.
func (o *sliceOptions) writeAll(a *opened, cuts []*cut) error {
	out := o.folder(a, "slices")
	exists, err := replaceable(out, o.force)
	if err != nil {
		return err
	}
	var contents []disk.Content
	listed := make([]cut, len(cuts))
	for i, c := range cuts {
		listed[i] = *c
		listed[i].Folder = fmt.Sprintf("rank-%d", c.Rank)
		c.Folder = filepath.Join(out, listed[i].Folder)
		for _, file := range c.contents {
			contents = append(contents, disk.Content{Name: listed[i].Folder + "/" + file.Name, Data: file.Data})
		}
	}
	b, err := json.MarshalIndent(map[string]any{"cut_from": a.adapter.Rank, "slices": listed}, "", "  ")
	if err != nil {
		return err
	}
	contents = append(contents, disk.Content{Name: manifestName, Data: append(b, '\n')})
	if err := disk.Commit(disk.Real{}, out, contents, exists); err != nil {
		return fmt.Errorf("cannot write the slices to %s: %w", out, err)
	}
	return nil
}

// replaceable says whether out exists, and refuses one that slice did not write, or that
// it may not replace.
func replaceable(out string, force bool) (exists bool, err error) {
	entries, err := os.ReadDir(out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return true, fault.Usagef("--out: %w", unwrapPath(err, out))
	case !force:
		return true, fault.Usagef("%s exists: add --force to replace slices there, or give another folder", out)
	}
	ours := len(entries) == 0
	for _, e := range entries {
		ours = ours || e.Name() == manifestName
		if e.Name() != manifestName && !strings.HasPrefix(e.Name(), "rank-") {
			return true, fault.Usagef("%s holds %s, which slice did not write; give another folder", out, e.Name())
		}
	}
	if !ours {
		return true, fault.Usagef("%s has no %s, so slice did not write it; give another folder", out, manifestName)
	}
	return true, nil
}

func (o *sliceOptions) print(cuts []*cut) error {
	if o.json {
		return printJSON(o.io.out, map[string]any{"slices": cuts})
	}
	for _, c := range cuts {
		if _, err := fmt.Fprintf(o.io.out, "rank %d  %d parameters  %s  %s\n", c.Rank, c.Parameters, evaluate.Size(c.Bytes), c.Folder); err != nil {
			return err
		}
	}
	return nil
}
