package data

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/lfs"
)

// Source says how rows stand in an input whose texts are to be read and whose rows are to be passed on.
type Source struct {
	Name    string   // for messages
	Format           // an ending of "" is of plain lines, which have no columns
	A, B    []string // names that the column of a text may have, of which the first that is there counts; B nil: one text
	MayLack bool     // B is where it is there

	// Reserved are names that an object of JSON may have as keys in all rows from the first one on, or in none.
	Reserved []string
}

// Record is a row of a Source, valid until the next one.
type Record struct {
	Line   int      // at which it starts, from 1
	Raw    []byte   // without the end of its last line; of JSON the object; in front of the header a byte-order mark
	End    string   // of its last line: "\n", "\r\n" or "" where the input ends without one; of JSON ""
	Fields []string // of all columns of .csv and .tsv; with Err and without Raw of those before the fault
	Header bool     // Fields are the names of the columns
	Object bool     // Raw is an object of JSON, which may still lack a text
	Keys   []string // of the first object: those of Reserved that it has

	A   string // the texts, which stay valid
	B   *string
	Err error // fault.Invalid: why the row has no texts; reading goes on behind it
}

// Records reads the rows of r one after the other, and in front of those of .csv and .tsv the header.
// Blank lines are no rows, except in plain lines. A row that is not as it should be is one with Err. What
// the reading cannot go on from is returned, which is of class fault.Invalid; an error of row ends it and
// is returned as it is. Memory is bounded: no row is longer than a MiB.
func (s Source) Records(r io.Reader, row func(*Record) error) error {
	buffered := bufio.NewReader(r)
	start := firstBytes(buffered)
	if err := lfs.Check(s.Name, start); err != nil {
		return err
	}
	mark := bytes.HasPrefix(start, []byte("\ufeff"))
	switch {
	case mark:
		_, _ = buffered.Discard(3) // it has been read
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return fault.Invalidf("%s is UTF-16: convert it, such as with iconv -f UTF-16 -t UTF-8", s.Name)
	}
	x := &records{Source: s, row: row, mark: mark}
	switch s.Ending {
	case "":
		return x.plain(buffered)
	case ".jsonl":
		return x.objects(buffered)
	case ".json":
		isArray, whole := beginsArray(buffered)
		if isArray {
			return elements(s.Name, whole, x.element)
		}
		return x.objects(bufio.NewReader(whole))
	}
	return x.table(buffered)
}

// firstBytes are the first of r, by which its kind is known: those of the first line, so that nobody who types
// waits for an answer.
func firstBytes(r *bufio.Reader) (start []byte) {
	for n := 1; n <= lfs.Length; n++ {
		b, err := r.Peek(n)
		if start = b; err != nil || b[n-1] == '\n' {
			break // whoever reads on meets the error again
		}
	}
	return start
}

// records is the state of reading a Source.
type records struct {
	Source
	row  func(*Record) error
	mark bool // the input began with a byte-order mark
	r    Record

	width  int // of the header
	places []int
	want   []field

	d    jsontext.Decoder
	keys []string // of the first object those that are reserved; nil: there was none yet
}

// plain reads lines without columns.
func (x *records) plain(r *bufio.Reader) error {
	l := lineReader{r: r, path: x.Name}
	for {
		at, line, err := l.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		x.r = Record{Line: at.line, Raw: line, Err: l.long}
		if err == nil && l.long == nil && !utf8.Valid(line) {
			x.r.Err = at.wrong("the text " + notUTF8)
		}
		if err == nil {
			err = x.row(&x.r)
		}
		if err != nil {
			return err
		}
	}
}
