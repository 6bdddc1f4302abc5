// Package disktest has disks that fail, for tests of what is written to them.
package disktest

import (
	"errors"
	"os"
	"syscall"

	"github.com/dylora/dylora/internal/disk"
)

// Broken is a disk whose step number At, from 1, fails: a write leaves half its bytes,
// another step does nothing. A dead disk fails every later step too, as if the process had
// been killed.
type Broken struct {
	At     int
	Dead   bool
	Failed string // the path of the step that failed; "" if none has
	steps  int
}

// ErrFull is what the failing step returns: syscall.ENOSPC.
var ErrFull = &os.PathError{Op: "write", Path: "disk", Err: syscall.ENOSPC}

func (d *Broken) step(path string, do func() error) error {
	d.steps++
	if d.steps == d.At || d.Dead && d.steps > d.At {
		if d.Failed == "" {
			d.Failed = path
		}
		return ErrFull
	}
	return do()
}

// Mkdir is a step.
func (d *Broken) Mkdir(path string) error {
	return d.step(path, func() error { return disk.Real{}.Mkdir(path) })
}

// Write is a step; one that fails leaves half a file.
func (d *Broken) Write(path string, b []byte) error {
	err := d.step(path, func() error { return disk.Real{}.Write(path, b) })
	if err != nil && d.Failed == path {
		return errors.Join(err, disk.Real{}.Write(path, b[:len(b)/2]))
	}
	return err
}

// Sync is a step.
func (d *Broken) Sync(folder string) error {
	return d.step(folder, func() error { return disk.Real{}.Sync(folder) })
}

// Rename is a step.
func (d *Broken) Rename(from, to string) error {
	return d.step(to, func() error { return disk.Real{}.Rename(from, to) })
}

// Exchange is a step.
func (d *Broken) Exchange(a, b string) error {
	return d.step(b, func() error { return disk.Real{}.Exchange(a, b) })
}

// RemoveAll is a step.
func (d *Broken) RemoveAll(path string) error {
	return d.step(path, func() error { return disk.Real{}.RemoveAll(path) })
}
