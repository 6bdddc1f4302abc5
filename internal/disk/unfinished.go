package disk

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// What is not finished lies beside the place that it is to take, a folder as .NAME.HEX and a file as
// .NAME-DIGITS. Its process has a lock on it, which the system takes back when the process dies, however it does.
// So the next one that writes to the same place knows what has been left, and removes it.

// TempPattern matches the names of folders that a commit left behind when it was killed.
const TempPattern = ".*.[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]"

// shortened is a name that has room for what a temporary name has beside it: most file
// systems take 255 bytes.
func shortened(base string) string {
	const most = 220
	if len(base) <= most {
		return base
	}
	sum := sha256.Sum256([]byte(base))
	return base[:most-20] + "~" + hex.EncodeToString(sum[:8])
}

// Unfinished says whether name is that of a temporary file of [WriteFile] for a file called
// base: one that is left where the process was killed meanwhile.
func Unfinished(name, base string) bool {
	random, ok := strings.CutPrefix(name, "."+shortened(base)+"-")
	return ok && random != "" && strings.Trim(random, "0123456789") == ""
}

// unfinishedFolder is Unfinished for the folders of a commit.
func unfinishedFolder(name, base string) bool {
	random, ok := strings.CutPrefix(name, "."+shortened(base)+".")
	return ok && len(random) == 8 && strings.Trim(random, "0123456789abcdef") == ""
}

// removeUnfinished removes the unfinished files and folders for a path that no living process has.
// One that cannot be removed stays until the next time.
func removeUnfinished(path string) {
	folder, base := filepath.Split(path)
	entries, err := os.ReadDir(filepath.Clean(folder))
	if err != nil {
		return
	}
	for _, e := range entries {
		if !Unfinished(e.Name(), base) && !unfinishedFolder(e.Name(), base) {
			continue
		}
		left := filepath.Join(folder, e.Name())
		if held, err := hold(left); err == nil && held != nil {
			_ = os.RemoveAll(left)
			held.release()
		}
	}
}

// tries bounds how often a temporary name is drawn: another process may remove what was made before
// it is locked, as something that has been left.
const tries = 100

// newFolder makes the folder of a commit to dir, and holds it.
func newFolder(d Files, dir string) (temp string, held *held, err error) {
	parent, base := filepath.Split(dir)
	for range tries {
		temp = filepath.Join(parent, fmt.Sprintf(".%s.%08x", shortened(base), rand.Uint32()))
		if err = d.Mkdir(temp); err != nil {
			if errors.Is(err, fs.ErrExist) {
				continue
			}
			return "", nil, err
		}
		if held, err = hold(temp); err == nil {
			return temp, held, nil
		}
	}
	return "", nil, err
}

// newFile makes the temporary file for path, and holds it.
func newFile(path string) (f *os.File, held *held, err error) {
	parent, base := filepath.Split(path)
	for range tries {
		temp := filepath.Join(parent, "."+shortened(base)+"-"+strconv.FormatUint(uint64(rand.Uint32()), 10))
		if f, err = os.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666); err != nil {
			if errors.Is(err, fs.ErrExist) {
				continue
			}
			return nil, nil, err
		}
		if held, err = hold(temp); err == nil {
			return f, held, nil
		}
		f.Close()
	}
	return nil, nil, err
}

// held is a lock on a file or folder.
type held struct{ file *os.File }

// release gives the lock back; nil has none.
func (h *held) release() {
	if h != nil {
		_ = h.file.Close() // read only
	}
}

// stillThere is nil if an open file is the one at its path.
func stillThere(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	there, err := os.Lstat(f.Name())
	if err == nil && !os.SameFile(info, there) {
		err = &fs.PathError{Op: "lock", Path: f.Name(), Err: fs.ErrNotExist}
	}
	return err
}
