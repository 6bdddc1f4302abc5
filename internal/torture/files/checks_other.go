//go:build !linux

package files

import "github.com/dylora/dylora/internal/torture/row"

// checks are none.
func checks() map[string]func(*row.Trial) error { return nil }
