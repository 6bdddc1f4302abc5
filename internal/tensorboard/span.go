package tensorboard

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"google.golang.org/protobuf/encoding/protowire"
)

// maxRecord bounds a record: those that are written here have a few hundred bytes.
const maxRecord = 1 << 20

// Span is for how many seconds events were written to the files of a folder: of each file from its first event to its last, so
// that the time between two processes does not count. It is 0 where there are none.
func Span(dir string) (seconds float64, err error) {
	names, err := filepath.Glob(filepath.Join(escapeGlob(dir), prefix+"*"))
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		s, err := spanOf(name)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		seconds += s
	}
	return seconds, nil
}

// spanOf is the span of one file; a torn record ends it.
func spanOf(name string) (float64, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	b := bufio.NewReader(f)
	first, last := math.Inf(1), math.Inf(-1)
	for {
		event, err := readRecord(b)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return max(0, last-first), nil
		}
		if err != nil {
			return 0, err
		}
		if t, ok := wallTime(event); ok {
			first, last = min(first, t), max(last, t)
		}
	}
}

// readRecord reads the data of a record. Checksums are for those who show the values.
func readRecord(r io.Reader) ([]byte, error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(head[:])
	if n > maxRecord {
		return nil, fmt.Errorf("a record of %d bytes", n)
	}
	b := make([]byte, n+4)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, err
	}
	return b[:n], nil
}

// wallTime is the time of an event, which is its first field.
func wallTime(event []byte) (float64, bool) {
	field, kind, n := protowire.ConsumeTag(event)
	if n < 0 || field != eventWallTime || kind != protowire.Fixed64Type {
		return 0, false
	}
	bits, n := protowire.ConsumeFixed64(event[n:])
	t := math.Float64frombits(bits)
	return t, n > 0 && !math.IsNaN(t) && !math.IsInf(t, 0)
}
