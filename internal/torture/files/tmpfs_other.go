//go:build !linux

package files

// onDisk can do nothing.
func onDisk(string, int64, func(disk string, enlarge func() error) error) (can bool, err error) {
	return false, nil
}
