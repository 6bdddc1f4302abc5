package hub

import (
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/dylora/dylora/internal/fault"
)

// Verify hashes a file of a snapshot against the name of its blob once more: a disk may
// have changed it since the download. A file that is no link has no such name, and passes.
func Verify(path string) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	f, err := os.Open(real)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	name := filepath.Base(real)
	h := newHash(name, info.Size())
	if h == nil {
		return nil
	}
	if _, err := io.Copy(h, f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if hex.EncodeToString(h.Sum(nil)) != name {
		return fault.Invalidf("%s does not have the hash that it had when it was downloaded: delete it and try again", real)
	}
	return nil
}
