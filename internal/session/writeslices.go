package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
)

// Slice cuts the adapter to each of the ranks and writes the folder out: one rank to out
// itself, several to folders rank-<N> in it with a manifest that lists them, whole or not at
// all. out "" is rank-<N>, module-ranks or slices beside the adapter. What is there is refused
// unless it is to be replaced and slices wrote it.
func (a *StoredAdapter) Slice(ranks []int, f Form, out string, replace bool) ([]*Slice, error) {
	if len(ranks) > 1 && len(f.ModuleRanks) > 0 {
		return nil, fault.Usagef("%d ranks for the modules without a rank of their own: one is wanted", len(ranks))
	}
	several := len(ranks) > 1
	if out == "" {
		out = filepath.Join(a.Home(), defaultFolder(ranks, f))
	}
	out = filepath.Clean(out)
	exists := false
	if several {
		var err error
		if exists, err = replaceable(out, replace); err != nil {
			return nil, err
		}
	} else if _, err := os.Lstat(out); err == nil && !replace {
		return nil, fault.Because(Occupied, fault.Usagef("%s exists", out))
	}
	slices := make([]*Slice, len(ranks))
	for i, r := range ranks {
		s, err := NewSlice(a.Adapter, a.Provenance, r, f)
		if err != nil {
			return nil, err
		}
		slices[i] = s
	}
	if several {
		return slices, a.writeSlices(out, slices, exists)
	}
	slices[0].Folder = out
	return slices, adapter.Write(out, slices[0].contents, replace)
}

func defaultFolder(ranks []int, f Form) string {
	switch {
	case len(ranks) > 1:
		return "slices"
	case len(f.ModuleRanks) > 0:
		return "module-ranks"
	}
	return fmt.Sprintf("rank-%d", ranks[0])
}

// manifestName is the file that lists the slices of a folder of several.
const manifestName = "manifest.json"

// writeSlices writes every slice and the manifest as one folder.
func (a *StoredAdapter) writeSlices(out string, slices []*Slice, exists bool) error {
	var contents []disk.Content
	listed := make([]Slice, len(slices))
	for i, s := range slices {
		listed[i] = *s
		listed[i].Folder = fmt.Sprintf("rank-%d", s.Rank)
		s.Folder = filepath.Join(out, listed[i].Folder)
		for _, file := range s.contents {
			contents = append(contents, disk.Content{Name: listed[i].Folder + "/" + file.Name, Data: file.Data})
		}
	}
	b, err := json.MarshalIndent(map[string]any{"cut_from": a.Adapter.Rank, "slices": listed}, "", "  ")
	if err != nil {
		return err
	}
	contents = append(contents, disk.Content{Name: manifestName, Data: append(b, '\n')})
	if err := disk.Commit(disk.Real{}, out, contents, exists); err != nil {
		return fmt.Errorf("cannot write the slices to %s: %w", out, err)
	}
	return nil
}

// replaceable says whether out exists, and refuses one that holds anything but slices, or that
// may not be replaced.
func replaceable(out string, replace bool) (exists bool, err error) {
	entries, err := os.ReadDir(out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return true, fault.Usagef("cannot write the slices: %w", disk.PathFirst(err, out))
	case !replace:
		return true, fault.Because(Occupied, fault.Usagef("%s exists", out))
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
