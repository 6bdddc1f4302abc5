// Package runs tries trainings and evaluations as a whole: their bits, their memory and what
// happens when numbers diverge.
package runs

import "github.com/dylora/dylora/internal/torture/row"

// Rows are the rows of this package.
func Rows() []row.Row { return nil }
