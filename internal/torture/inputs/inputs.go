// Package inputs tries what dylora reads: damaged and hostile files, archives, texts and hubs.
package inputs

import "github.com/dylora/dylora/internal/torture/row"

// Rows are the rows of this package.
func Rows() []row.Row { return nil }
