package packed

import (
	"fmt"
	"io/fs"
	"syscall"
)

// identity is a text that no other file has, and not this one either once it is changed;
// "" if info is not of the file system.
func identity(info fs.FileInfo) string {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprint(s.Dev, s.Ino, s.Size, s.Mtimespec, s.Ctimespec)
}
