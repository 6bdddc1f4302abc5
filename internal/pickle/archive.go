package pickle

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

// archive is the zip file of torch.save, all of whose entries are stored without
// compression: NAME/data.pkl, NAME/data/KEY for each storage, NAME/version, NAME/byteorder.
type archive struct {
	file    string
	bytes   []byte
	root    string // "NAME/"
	entries map[string]*zip.File
}

// openArchive reads the directory. Entries may not overlap, so that to check them all
// costs no more than to read the file.
func openArchive(file string, b []byte) (*archive, error) {
	r := &metered{r: bytes.NewReader(b), left: maxDirectory}
	z, err := zip.NewReader(r, int64(len(b)))
	switch {
	case errors.Is(err, errMeter):
		return nil, refuse(file, "its directory is larger than %d MiB, no weights have that many tensors", maxDirectory>>20)
	case err != nil:
		return nil, refuse(file, "no zip archive, so not written by torch.save, or cut short: %w", err)
	}
	r.left = len(b) // headers of entries, 30 bytes each
	a := &archive{file: file, bytes: b, entries: make(map[string]*zip.File, len(z.File))}
	total := uint64(0)
	for _, f := range z.File {
		if _, twice := a.entries[f.Name]; twice {
			return nil, refuse(file, "two entries of the archive are named %s", quote(f.Name))
		}
		a.entries[f.Name] = f
		if root, ok := strings.CutSuffix(f.Name, "data.pkl"); ok && strings.Count(root, "/") == 1 && root[len(root)-1] == '/' {
			if a.root != "" {
				return nil, refuse(file, "the archive holds a data.pkl in %s and in %s: want one", quote(a.root), quote(root))
			}
			a.root = root
		}
		if total += f.UncompressedSize64; f.UncompressedSize64 > uint64(len(b)) || total > uint64(len(b)) {
			return nil, refuse(file, "the entries of the archive say more bytes than the file has; it is damaged or made to hurt")
		}
	}
	if a.root == "" {
		return nil, refuse(file, "the archive has no data.pkl, so it is no file of torch.save; TorchScript files are not read")
	}
	return a, a.checkOrder()
}

// checkOrder refuses a file of a big-endian machine.
func (a *archive) checkOrder() error {
	if _, ok := a.entries[a.root+"byteorder"]; !ok {
		return nil // before PyTorch 2.1
	}
	b, err := a.entry("byteorder")
	if err != nil {
		return err
	}
	if string(b) != "little" {
		return refuse(a.file, "byteorder is %s, only little is read", quote(string(b)))
	}
	return nil
}

// program is the pickle.
func (a *archive) program() (string, error) {
	b, err := a.entry("data.pkl")
	if len(b) > maxProgram {
		return "", refuse(a.file, "data.pkl has %d bytes, no weights need more than %d MiB", len(b), maxProgram>>20)
	}
	return string(b), err
}

// entry gives the bytes of an entry below the root, which alias the file's, after
// checking their CRC-32.
func (a *archive) entry(name string) ([]byte, error) {
	f, ok := a.entries[a.root+name]
	if !ok {
		return nil, refuse(a.file, "the archive lacks %s", quote(a.root+name))
	}
	if f.Method != zip.Store || f.Flags&1 != 0 || f.CompressedSize64 != f.UncompressedSize64 {
		return nil, refuse(a.file, "%s is compressed or encrypted, which torch.save does not do", quote(f.Name))
	}
	at, err := f.DataOffset()
	if err != nil {
		return nil, refuse(a.file, "%s: %w", quote(f.Name), err)
	}
	if at < 0 || at > int64(len(a.bytes)) || f.UncompressedSize64 > uint64(int64(len(a.bytes))-at) {
		return nil, refuse(a.file, "%s reaches beyond the end; the file is cut short", quote(f.Name))
	}
	end := at + int64(f.UncompressedSize64)
	b := a.bytes[at:end:end]
	if crc32.ChecksumIEEE(b) != f.CRC32 {
		return nil, refuse(a.file, "%s is damaged: its checksum is wrong", quote(f.Name))
	}
	return b, nil
}

// metered stops a reader that asks for too much: package zip keeps a few hundred bytes for
// each entry of the directory, whose length the file's end does not bind it to.
type metered struct {
	r    *bytes.Reader
	left int
}

var errMeter = errors.New("too much to read")

// ReadAt reads as long as the meter runs.
func (m *metered) ReadAt(p []byte, at int64) (int, error) {
	if m.left -= len(p); m.left < 0 {
		return 0, errMeter
	}
	return m.r.ReadAt(p, at)
}

// refuse is the one form of this package's complaints about a file.
func refuse(file, format string, a ...any) error {
	return fault.Invalidf("%s: "+format, append([]any{file}, a...)...)
}

// quote shows text from a file on one line of bounded length.
func quote(s string) string {
	const most = 120
	if len(s) > most {
		return fmt.Sprintf("%q… (%d bytes)", s[:most], len(s))
	}
	return fmt.Sprintf("%q", s)
}
