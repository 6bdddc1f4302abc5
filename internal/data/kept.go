package data

import (
	"bufio"
	"bytes"
	"errors"
	"slices"
)

// keptLines keeps the bytes of a csvReader's record. A quote without its end takes the lines behind
// it into its record; here they can be read again, so that one bad row costs one row. The methods of
// nil keep nothing.
type keptLines struct {
	raw   []byte // of the record, line ends included
	fresh bool   // some of it was not read before
	torn  bool   // the record has no end, or a stray quote

	again []byte // lines to be read once more
	at    int    // place in again
}

// begin forgets the record before.
func (k *keptLines) begin() {
	if k != nil {
		k.raw, k.fresh, k.torn = k.raw[:0], false, false
	}
}

// tear marks the record as one that lines behind its first do not belong to.
func (k *keptLines) tear() {
	if k != nil {
		k.torn = true
	}
}

// slice is ReadSlice to the end of a line, of what is to be read again and then of r.
func (k *keptLines) slice(r *bufio.Reader) ([]byte, error) {
	if k == nil {
		return r.ReadSlice('\n')
	}
	part, err := k.read(r)
	k.raw = append(k.raw, part...)
	return part, err
}

func (k *keptLines) read(r *bufio.Reader) ([]byte, error) {
	left := k.again[k.at:]
	if len(left) == 0 {
		k.fresh = true
		return r.ReadSlice('\n')
	}
	end := bytes.IndexByte(left, '\n') + 1
	if end == 0 { // the rest of the line is still in r
		k.at = len(k.again)
		return left, bufio.ErrBufferFull
	}
	k.at += end
	return left[:end], nil
}

// back goes to the line behind the first one of the record, wherever that ends.
func (k *keptLines) back(r *bufio.Reader) {
	first := bytes.IndexByte(k.raw, '\n') + 1
	if first == 0 {
		k.raw = k.raw[:0]
		for err := bufio.ErrBufferFull; errors.Is(err, bufio.ErrBufferFull); {
			_, err = k.read(r) // another error is met again
		}
		return
	}
	if rest := k.raw[first:]; k.fresh {
		k.again, k.at = slices.Clone(rest), 0
	} else {
		k.at -= len(rest)
	}
}

// record is the kept bytes without the end of the last line, and that end.
func (k *keptLines) record() (raw []byte, end string) {
	switch {
	case bytes.HasSuffix(k.raw, []byte("\r\n")):
		end = "\r\n"
	case bytes.HasSuffix(k.raw, []byte("\n")):
		end = "\n"
	}
	return k.raw[:len(k.raw)-len(end)], end
}
