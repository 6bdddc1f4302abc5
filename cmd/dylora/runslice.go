package main

import (
	"cmp"
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
	"github.com/dylora/dylora/internal/safetensors"
)

// cut is one slice: what is reported of it, and its files.
type cut struct {
	Rank       int    `json:"rank"`
	Folder     string `json:"folder"`
	Parameters int    `json:"parameters"`
	Bytes      int64  `json:"bytes"` // of the weights file

	adapter  *adapter.Adapter
	facts    *adapter.Provenance
	contents []disk.Content
}

// newCut slices a at a rank; the facts go along, of the metrics those that still hold.
func newCut(a *adapter.Adapter, f *adapter.Provenance, rank int) (*cut, error) {
	return (&export{dtype: safetensors.Float32}).cut(a, f, rank)
}

// cut slices a at a rank, in the form that o asks for.
func (o *export) cut(a *adapter.Adapter, f *adapter.Provenance, rank int) (*cut, error) {
	s, err := a.SliceEach(rank, o.moduleRanks)
	if err != nil {
		return nil, err
	}
	c := &cut{Rank: s.Rank, facts: factsOf(a, f, rank), adapter: s}
	if o.compat {
		if c.adapter, err = s.Compat(); err != nil {
			return nil, err
		}
	}
	if c.facts != nil && (len(o.moduleRanks) > 0 || o.dtype != safetensors.Float32) {
		c.facts.Metrics = nil // measured with other weights
	}
	if c.facts != nil && len(o.moduleRanks) > 0 {
		c.facts.CutFrom = cmp.Or(c.facts.CutFrom, a.Rank)
	}
	if c.facts != nil && o.compat && s.Mixed() {
		c.facts.RankMin = s.Rank // padded, it is no longer nested
	}
	c.Parameters = c.adapter.Parameters()
	if c.contents, err = adapter.Encode(c.adapter, c.facts, o.dtype); err != nil {
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
func factsOf(a *adapter.Adapter, f *adapter.Provenance, rank int) *adapter.Provenance {
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
	a, err := openAdapter(o.io, o.adapter, o.pickled)
	if err != nil {
		return err
	}
	ranks := []int{a.adapter.Rank}
	if o.ranks != "" {
		if ranks, err = evaluate.ParseRanks(o.ranks, a.adapter.Rank); err != nil {
			return fmt.Errorf("--rank: %w", err)
		}
	}
	if len(ranks) > 1 && len(o.moduleRanks) > 0 {
		return fault.Usagef("--rank: %s are several ranks, and --ranks-per-module wants one for the other modules", o.ranks)
	}
	cuts := make([]*cut, len(ranks))
	for i, r := range ranks {
		if cuts[i], err = o.cut(a.adapter, a.facts, r); err != nil {
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
	name := fmt.Sprintf("rank-%d", c.Rank)
	if len(o.moduleRanks) > 0 {
		name = "module-ranks"
	}
	c.Folder = o.folder(a, name)
	return adapter.Write(c.Folder, c.contents, o.force)
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
