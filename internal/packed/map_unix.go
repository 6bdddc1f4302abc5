//go:build unix

package packed

import (
	"io"
	"os"
	"syscall"
)

// shared says that mapped memory is the file itself, as other processes see and change it.
const shared = true

// mapped is the file's bytes, which are read from the disk when they are used.
func mapped(f *os.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if size := info.Size(); size < int64(prefix) || int64(int(size)) != size {
		return nil, io.ErrUnexpectedEOF
	}
	return syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
}

func unmap(b []byte) { _ = syscall.Munmap(b) }
