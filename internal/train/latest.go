package train

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

// The names below a root that point to a run, each a symbolic link, or where the system has none
// for us a file with the path.
const (
	latestName  = "latest"  // the run finished last, which commands without a folder take
	startedName = "started" // the run started or resumed last, which --resume goes on with
)

// Latest is the folder that root/latest points to, the run finished last. None is fault.Invalid, because of
// NoneFinished where a run has been started.
func Latest(root string) (string, error) {
	dir, err := pointed(root, latestName)
	if fault.ReasonOf(err) != NoRun {
		return dir, err
	}
	if started, e := pointed(root, startedName); e == nil {
		err = fault.Because(NoneFinished, fault.Invalidf("%s: no run has finished yet; the newest is %s", filepath.Join(root, latestName), started))
	}
	return "", err
}

// Started is the folder of the run started or resumed last; without one that is known it is the run
// finished last. None is fault.Invalid.
func Started(root string) (string, error) {
	dir, err := pointed(root, startedName)
	if fault.ReasonOf(err) == NoRun {
		return pointed(root, latestName)
	}
	return dir, err
}

// pointed is the folder that a name below root points to.
func pointed(root, name string) (string, error) {
	path := filepath.Join(root, name)
	target, err := os.Readlink(path)
	if err != nil {
		if info, statErr := os.Stat(path); statErr == nil && info.IsDir() {
			return path, nil
		}
		b, readErr := readUpTo(path, 4096)
		switch {
		case errors.Is(readErr, fs.ErrNotExist):
			return "", fault.Because(NoRun, fault.Invalidf("%s: there is no run yet", path))
		case readErr != nil:
			return "", fault.Invalidf("%s: %w", path, readErr)
		}
		target = strings.TrimSpace(string(b))
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(root, target)
	}
	if info, err := os.Stat(target); err != nil || !info.IsDir() {
		return "", fault.Invalidf("%s points to %s, which is not there: train a run, or name a folder", path, target)
	}
	return target, nil
}

// point makes a name below root point to dir, in one step; where there is no root nothing does.
func point(root, name, dir string) error {
	if root == "" {
		return nil
	}
	if err := os.MkdirAll(root, 0o777); err != nil {
		return err
	}
	target, err := relative(root, dir)
	if err != nil {
		return err
	}
	temp := filepath.Join(root, fmt.Sprintf(".%s.%08x", name, rand.Uint32()))
	if os.Symlink(target, temp) != nil {
		if err := os.WriteFile(temp, []byte(target+"\n"), 0o666); err != nil {
			return err
		}
	}
	if err := os.Rename(temp, filepath.Join(root, name)); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return nil
}

// relative is dir as seen from root if it is in root, absolute otherwise.
func relative(root, dir string) (string, error) {
	absRoot, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	absDir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if in, err := filepath.Rel(absRoot, absDir); err == nil && filepath.IsLocal(in) {
		return in, nil
	}
	return absDir, nil
}
