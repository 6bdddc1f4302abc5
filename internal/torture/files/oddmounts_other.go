//go:build !linux

package files

// mounts are none.
func (o *odd) mounts() []oddCase { return nil }
