//go:build linux

package files

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// onDisk gives a disk of so many bytes, which can be made larger, and takes it away afterwards. can is
// false where this process may not mount one.
func onDisk(dir string, size int64, use func(disk string, enlarge func() error) error) (can bool, err error) {
	disk := filepath.Join(dir, "disk")
	if err := os.Mkdir(disk, 0o777); err != nil {
		return true, err
	}
	if err := unix.Mount("tmpfs", disk, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, fmt.Sprintf("size=%d", size)); err != nil {
		return false, os.Remove(disk)
	}
	defer func() {
		if e := unix.Unmount(disk, unix.MNT_DETACH); err == nil {
			err = e
		}
	}()
	return true, use(disk, func() error {
		return unix.Mount("tmpfs", disk, "tmpfs", unix.MS_REMOUNT|unix.MS_NOSUID|unix.MS_NODEV, "size=1g")
	})
}
