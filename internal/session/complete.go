package session

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/evaluate"
)

// RunFolders are the folders of runs, and that of the newest.
func RunFolders() []string {
	folders, _ := filepath.Glob(RunsRoot + "/*") // the pattern is sound
	all := folders[:0]
	for _, f := range folders {
		if info, err := os.Stat(f); err == nil && info.IsDir() {
			all = append(all, filepath.ToSlash(f))
		}
	}
	return all
}

// RanksToAsk are ranks of an adapter that a person may ask for: powers of two, the largest, and all.
func RanksToAsk(path string) []string {
	a, err := OpenAdapter(&Env{Getenv: os.Getenv}, path, adapter.Options{})
	if err != nil {
		return nil
	}
	var all []string
	for _, rank := range evaluate.PowerRanks(a.Adapter.Rank) {
		all = append(all, fmt.Sprint(rank))
	}
	return append(all, "all")
}
