//go:build linux

package files

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// mounts are trainings, replaced runs and exports on file systems of other kinds.
func (o *odd) mounts() []oddCase {
	all := []oddCase{}
	for name, mount := range map[string]func(dir, at string) error{
		"tmpfs": func(_, at string) error { return unix.Mount("tmpfs", at, "tmpfs", 0, "size=256m") },
		"overlayfs": func(dir, at string) error {
			base := filepath.Join(dir, "base") // of an overlay, which lies on none
			if err := errors.Join(os.Mkdir(base, 0o777), unix.Mount("tmpfs", base, "tmpfs", 0, "size=256m")); err != nil {
				return err
			}
			for _, part := range []string{"lower", "upper", "work"} {
				if err := os.Mkdir(filepath.Join(base, part), 0o777); err != nil {
					return err
				}
			}
			return unix.Mount("overlay", at, "overlay", 0, fmt.Sprintf("lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", base, base, base))
		},
	} {
		all = append(all, oddCase{"on " + name, func(dir string) (err error) {
			at := filepath.Join(dir, "at")
			if err := os.Mkdir(at, 0o777); err != nil {
				return err
			}
			defer func() {
				for _, path := range []string{at, filepath.Join(dir, "base")} {
					if e := unix.Unmount(path, unix.MNT_DETACH); e != nil && !errors.Is(e, unix.EINVAL) && !errors.Is(e, unix.ENOENT) && !errors.Is(e, unix.EPERM) {
						err = errors.Join(err, e)
					}
				}
			}()
			if e := mount(dir, at); errors.Is(e, unix.EPERM) || errors.Is(e, unix.ENODEV) {
				o.t.Printf("%s cannot be mounted here (%v): the usual file system is tried", name, e)
			} else if e != nil {
				return e
			}
			return o.everything(at)
		}})
	}
	return all
}

// everything trains, replaces the run, resumes after a kill, and slices over another.
func (o *odd) everything(at string) error {
	for i, try := range []func(dir string) error{
		func(dir string) error { return o.overwritten(dir, nil) },
		func(dir string) error { return o.killed(dir, o.took/2) },
		func(dir string) error { return o.lacking(dir, o.writers["slice over another"], nil) },
		func(dir string) error { return o.lacking(dir, o.writers["Hub download"], nil) },
	} {
		dir := filepath.Join(at, fmt.Sprint(i))
		if err := errors.Join(os.Mkdir(dir, 0o777), try(dir)); err != nil {
			return err
		}
	}
	return nil
}
