package data

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/dylora/dylora/internal/fault"
)

// lineReader reads lines of bounded length, and passes over the rest of one that is longer.
type lineReader struct {
	r    *bufio.Reader
	path string
	at   int
	line []byte
	end  string // of the line
	long error  // the line is longer than maxLine, and line is its beginning
}

// next gives a line without its end, and io.EOF at the end of the input.
func (l *lineReader) next() (at place, line []byte, err error) {
	l.line, l.end, l.long = l.line[:0], "", nil
	at = place{path: l.path, line: l.at + 1}
	for {
		part, err := l.r.ReadSlice('\n')
		if room := maxLine - len(l.line); len(bytes.TrimRight(part, "\r\n")) >= room {
			part = part[:room]
			l.long = at.wrong("longer than %d bytes", maxLine)
		}
		l.line = append(l.line, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(l.line) == 0:
			return at, nil, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return at, nil, fault.Invalidf("cannot read %s: %w", l.path, reason(err))
		}
		break
	}
	l.at++
	switch {
	case bytes.HasSuffix(l.line, []byte("\r\n")):
		l.end = "\r\n"
	case bytes.HasSuffix(l.line, []byte("\n")):
		l.end = "\n"
	case bytes.HasSuffix(l.line, []byte("\r")): // and there the input ends
		l.end = "\r"
	}
	return at, l.line[:len(l.line)-len(l.end)], nil
}
