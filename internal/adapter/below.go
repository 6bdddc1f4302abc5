package adapter

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
)

// Below says, for a message, in which sub-folders of dir there are adapters in PEFT's layout:
// PEFT saves one that has a name in a folder of that name, and training scripts save theirs
// in checkpoint-N. It is "" where there are none, or dir cannot be read.
func Below(dir string) string {
	found := adaptersIn(dir, ".")
	for _, folder := range foldersIn(dir, ".") {
		if !slices.Contains(found, folder) {
			found = append(found, adaptersIn(dir, folder)...) // one with a name in a checkpoint
		}
	}
	// checkpoint-5 comes before checkpoint-10.
	slices.SortFunc(found, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	switch len(found) {
	case 0:
		return ""
	case 1:
		return "there is one in its sub-folder " + show(found[0]) + ": give that"
	}
	return "there are adapters in its sub-folders " + listed(found) + ": give one of them"
}

// adaptersIn are the folders directly in dir/sub that hold an adapter, relative to dir.
func adaptersIn(dir, sub string) (found []string) {
	for _, folder := range foldersIn(dir, sub) {
		if info, err := os.Stat(filepath.Join(dir, folder, configName)); err == nil && info.Mode().IsRegular() {
			found = append(found, folder)
		}
	}
	return found
}

// foldersIn are the folders directly in dir/sub, and links, relative to dir; none if it
// cannot be read.
func foldersIn(dir, sub string) (folders []string) {
	entries, err := os.ReadDir(filepath.Join(dir, sub))
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if e.IsDir() || e.Type()&os.ModeSymlink != 0 {
			folders = append(folders, filepath.Join(sub, e.Name()))
		}
	}
	return folders
}
