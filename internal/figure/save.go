package figure

import "github.com/dylora/dylora/internal/evaluate"

// Save draws a sweep by rank to a file, as Write does.
func Save(path string, s *evaluate.Sweep) error { return Write(path, ByRank(s)) }
