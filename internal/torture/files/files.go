// Package files tries what dylora writes: checkpoints, run folders, exports and caches, under
// kills, signals, failing disks and other processes.
package files

import "github.com/dylora/dylora/internal/torture/row"

// Rows are the rows of this package.
func Rows() []row.Row { return nil }
