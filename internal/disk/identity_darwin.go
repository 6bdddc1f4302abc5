package disk

import (
	"fmt"
	"io/fs"
	"syscall"
	"time"
)

// Identity is a text that no other file has, and not this one either once it is changed;
// "" if info is not of the file system.
func Identity(info fs.FileInfo) string {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprint(s.Dev, s.Ino, s.Size, s.Mtimespec, s.Ctimespec)
}

// changed is when a file's content or anything else of it was changed last, zero where that
// is not known.
func changed(info fs.FileInfo) time.Time {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return time.Time{}
	}
	return time.Unix(s.Ctimespec.Unix())
}
