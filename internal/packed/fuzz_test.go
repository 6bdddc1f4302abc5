package packed

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"os"
	"slices"
	"testing"
)

// FuzzOpen: whatever a header says, with the checksum that it needs to be believed, what it leads to
// lies in the file, or the file is none.
func FuzzOpen(f *testing.F) {
	dir := f.TempDir()
	c := &Cache{Dir: dir, Limit: 1 << 20}
	if err := c.Write("k", blobs()); err != nil {
		f.Fatal(err)
	}
	sound, err := os.ReadFile(c.path("k"))
	if err != nil {
		f.Fatal(err)
	}
	n := int(binary.LittleEndian.Uint64(sound[len(magic):]))
	f.Add(sound[prefix:prefix+n], sound[prefix+n:])
	f.Add([]byte(`{"key":"k","size":1,"blobs":{"a":{"at":0,"size":1,"checks":[0]}}}`), []byte{})
	f.Add([]byte(`{"blobs":{"a":{"at":-4096,"size":9223372036854775807}}}`), []byte("x"))
	f.Fuzz(func(t *testing.T, header, rest []byte) {
		sum := sha256.Sum256(header)
		b := slices.Concat(binary.LittleEndian.AppendUint64([]byte(magic), uint64(len(header))), sum[:], header, rest)
		if err := os.WriteFile(c.path("k"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := c.Open("k")
		if err != nil || file == nil {
			return
		}
		total := 0
		for name := range file.blobs {
			total += len(bytes.Clone(file.Blob(name)))
		}
		if total > len(b)*len(file.blobs) {
			t.Fatalf("%d bytes of blobs in a file of %d", total, len(b))
		}
		unmap(file.data)
	})
}
