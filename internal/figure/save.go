package figure

import (
	"path/filepath"
	"strings"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/evaluate"
)

// Save draws a sweep by rank to a file: a PNG where the name ends in .png, else an SVG. The file is
// written whole or not at all.
func Save(path string, s *evaluate.Sweep) error {
	d := ByRank(s).Layout(Wide)
	write := d.WriteSVG
	if strings.EqualFold(filepath.Ext(path), ".png") {
		write = d.WritePNG
	}
	return disk.WriteFile(path, write)
}
