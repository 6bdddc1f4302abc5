// Package lfs recognises the pointers that Git keeps in place of large files. A model folder
// that was cloned without Git LFS has them instead of its weights, and sometimes instead of
// its tokenizer and data.
package lfs

import (
	"bytes"
	"io"

	"github.com/dylora/dylora/internal/fault"
)

// firstLine is what every pointer begins with. Source: docs/spec.md of git-lfs.
const firstLine = "version https://git-lfs.github.com/spec/v1"

// Length is the number of bytes at the start of a file by which Check knows a pointer.
const Length = len(firstLine)

// Check refuses a file whose content begins with start if it is a pointer (fault.Invalid).
// Of start only the first Length bytes are read; name is the file's path, for the message.
func Check(name string, start []byte) error {
	if !bytes.HasPrefix(start, []byte(firstLine)) {
		return nil
	}
	return fault.Invalidf("%s: a Git LFS pointer, not the file itself: run git lfs pull in its repository, or download the file", name)
}

// CheckReader is Check for the content of r, of which it reads the first Length bytes. What
// cannot be read is no pointer: whoever reads on meets the error.
func CheckReader(name string, r io.Reader) error {
	start := make([]byte, Length)
	n, _ := io.ReadFull(r, start)
	return Check(name, start[:n])
}
