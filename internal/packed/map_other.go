//go:build !unix

package packed

import (
	"io"
	"os"
)

// mapped is the file's bytes, read.
func mapped(f *os.File) ([]byte, error) { return io.ReadAll(f) }

func unmap([]byte) {}
