//go:build !linux && !darwin

package disk

import (
	"io/fs"
	"time"
)

// Identity is unknown.
func Identity(fs.FileInfo) string { return "" }

// changed is the time of modification, which is all that is known.
func changed(info fs.FileInfo) time.Time {
	if info.Sys() == nil {
		return time.Time{}
	}
	return info.ModTime()
}
