//go:build !unix

package packed

import (
	"io"
	"os"
)

// shared says that mapped memory is the file itself, as other processes see and change it.
const shared = false

// mapped is the file's bytes, read.
func mapped(f *os.File) ([]byte, error) { return io.ReadAll(f) }

func unmap([]byte) {}
