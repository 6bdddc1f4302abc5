package session

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/tokenizer"
)

// MergeFolders are where the adapter is merged to at each of the ranks: out for one rank, for
// several folders merged-rank-<N> in it; out "" is such a folder beside the adapter. One that
// exists is refused, so that a caller can ask before the model is loaded, unless it is to be replaced and
// holds what Merge writes and nothing else.
func (a *StoredAdapter) MergeFolders(ranks []int, out string, replace bool) ([]string, error) {
	folders := make([]string, len(ranks))
	for i, r := range ranks {
		name := fmt.Sprintf("merged-rank-%d", r)
		switch {
		case out == "":
			folders[i] = filepath.Join(a.Home(), name)
		case len(ranks) > 1:
			folders[i] = filepath.Join(out, name)
		default:
			folders[i] = out
		}
		switch info, err := os.Lstat(folders[i]); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, fault.Usagef("cannot write the merged model: %w", disk.PathFirst(err, folders[i]))
		case !replace:
			return nil, fault.Because(Occupied, fault.Usagef("%s exists", folders[i]))
		case !info.IsDir():
			return nil, fault.Usagef("%s exists and is not a folder; give another", folders[i])
		default:
			if err := isMerged(folders[i]); err != nil {
				return nil, err
			}
		}
	}
	return folders, nil
}

// isMerged refuses a folder that Merge did not write, or that holds something else as well.
func isMerged(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fault.Usagef("cannot write the merged model: %w", disk.PathFirst(err, folder))
	}
	ours := append([]string{"config.json", "model.safetensors", tokenizerConfig, adapter.ProvenanceName}, tokenizer.Files()...)
	for _, e := range entries {
		if !slices.Contains(ours, e.Name()) {
			return fault.Usagef("%s holds %s, which is not part of a merged model; give another folder", folder, e.Name())
		}
	}
	if p, err := adapter.ReadMerged(folder); err != nil || p == nil || p.Merged == 0 {
		return errors.Join(err, fault.Usagef("%s has no record of an adapter that was merged, so it may be somebody's own model; give another folder", folder))
	}
	return nil
}
