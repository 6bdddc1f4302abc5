package data

import (
	"bufio"
	"crypto/sha256"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"

	"github.com/dylora/dylora/internal/fault"
)

// Ending is the ending that says a file's format, in lower case, without that of a compression: ".csv" of "a.CSV.gz".
func Ending(path string) string { return extension(path) }

// input is a file that is read once from its beginning to its end, and may be a pipe.
type input struct {
	io.Reader
	file *os.File
	zstd *zstd.Decoder // nil: none
}

// Close closes the file.
func (i *input) Close() error {
	if i.zstd != nil {
		i.zstd.Close()
	}
	return i.file.Close()
}

// OpenInput opens a file to read, decompressed where its name ends in .gz or .zst. It may be a pipe. What cannot be
// opened is fault.Invalid.
func OpenInput(path string) (io.ReadCloser, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.Invalidf("%s: %w", path, reason(err))
	}
	if compression(path) == "" {
		return &input{Reader: file, file: file}, nil
	}
	raw := &counted{r: file, sum: sha256.New()}
	r, z, err := decompress(path, bufio.NewReader(raw), raw)
	if err != nil {
		file.Close()
		return nil, err
	}
	return &input{r, file, z}, nil
}
