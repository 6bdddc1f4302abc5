package data

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/dylora/dylora/internal/fault"
)

// csvReader reads records of separated fields as RFC 4180 describes them, and takes a quote
// within a field that does not begin with one as a letter, which is how Python's csv and
// pandas read it. A field in quotes may hold separators, line ends and, written twice, quotes;
// letters between its last quote and the next separator are refused. Line ends of CR and LF
// are read as LF, in quotes as well. Blank lines between records are skipped, as pandas does.
type csvReader struct {
	r         *bufio.Reader
	path      string
	separator byte
	blanks    string // letters of a line that holds nothing

	line  []byte // the current one, without its end
	count int    // lines read
	start int    // line at which the current record starts
	size  int    // bytes of the record
	open  bool   // the file ended, and the line had no end

	text   []byte // of the record's fields, end to end
	ends   []int
	fields []string

	kept *keptLines // nil: nobody asks for a record's own bytes
}

// read gives the fields of the next record, which are valid until the next call, and io.EOF
// at the end.
func (c *csvReader) read() ([]string, error) {
	c.text, c.ends = c.text[:0], c.ends[:0]
	for empty := true; empty; empty = len(bytes.TrimLeft(c.line, c.blanks)) == 0 {
		c.start, c.size = c.count+1, 0
		c.kept.begin()
		if err := c.next(); err != nil {
			return nil, err
		}
	}
	for rest, more := c.line, true; more; {
		var err error
		if rest, more, err = c.field(rest); err != nil {
			return nil, err
		}
		c.ends = append(c.ends, len(c.text))
	}
	return c.split(), nil
}

// field reads one field and the separator behind it, and gives what follows; more is false
// at the end of the record.
func (c *csvReader) field(rest []byte) (after []byte, more bool, err error) {
	if len(rest) == 0 || rest[0] != '"' {
		field, after, more := bytes.Cut(rest, []byte{c.separator})
		c.text = append(c.text, field...)
		return after, more, nil
	}
	if rest, err = c.quoted(rest[1:]); err != nil || len(rest) == 0 {
		return nil, false, err
	}
	if rest[0] != c.separator {
		return nil, false, c.stray(len(c.line) - len(rest)) // the closing quote
	}
	return rest[1:], true, nil
}

// quoted reads a field from behind its opening quote to its closing one, over as many lines
// as that takes, and gives what follows.
func (c *csvReader) quoted(rest []byte) ([]byte, error) {
	for {
		inside, after, closed := bytes.Cut(rest, []byte{'"'})
		c.text = append(c.text, inside...)
		switch {
		case closed && len(after) > 0 && after[0] == '"':
			c.text = append(c.text, '"')
			rest = after[1:]
		case closed:
			return after, nil
		default:
			end := len(c.line) + 2 // behind the line's end
			if c.open {
				return nil, c.stray(end - 1)
			}
			if err := c.next(); errors.Is(err, io.EOF) {
				return nil, c.stray(end)
			} else if err != nil {
				return nil, err
			}
			c.text, rest = append(c.text, '\n'), c.line
		}
	}
}

// split gives the fields as parts of one string.
func (c *csvReader) split() []string {
	c.fields = c.fields[:0]
	all, from := string(c.text), 0
	for _, end := range c.ends {
		c.fields = append(c.fields, all[from:end])
		from = end
	}
	return c.fields
}

// next reads a line. It bounds the record's bytes: a quote without its end makes one record
// of the rest of the file.
func (c *csvReader) next() error {
	c.line, c.open = c.line[:0], false
	for {
		part, err := c.kept.slice(c.r)
		if c.size += len(part); c.size > maxLine {
			c.kept.tear()
			return fault.Invalidf("%s: line %d: a row is longer than %d bytes: is there a quote without its end?", c.path, c.start, maxLine)
		}
		c.line = append(c.line, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(c.line) == 0:
			return io.EOF
		case errors.Is(err, io.EOF):
			c.open = true
		case err != nil:
			return fault.Invalidf("cannot read %s: %w", c.path, reason(err))
		}
		break
	}
	c.count++
	c.line = bytes.TrimSuffix(bytes.TrimSuffix(c.line, []byte("\n")), []byte("\r"))
	return nil
}

// stray refuses a quote at a column of the current line, from 1.
func (c *csvReader) stray(column int) error {
	c.kept.tear()
	return fault.Because(StrayQuote, fault.Invalidf(`%s: line %d, column %d: extraneous or missing " in quoted-field: a quote within quotes is written twice`,
		c.path, c.count, column))
}

// scanCSV reads records of the separator's kind; the first has the names of the columns.
func scanCSV(path string, r io.Reader, separator string, want []field, row func(place, []string) error) error {
	c := &csvReader{r: bufio.NewReader(r), path: path, separator: separator[0], blanks: blanks(separator)}
	var places []int
	width, values := 0, make([]string, len(want))
	for {
		fields, err := c.read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		at := place{path: path, line: c.start}
		if places == nil {
			width = len(fields)
			if places, err = columns(at, fields, want); err != nil {
				return err
			}
			continue
		}
		if len(fields) != width {
			return at.wrong("another number of columns than the header has: %d where it has %d", len(fields), width)
		}
		if err := pick(at, fields, places, want, values); err != nil {
			return err
		}
		if err := row(at, values); err != nil {
			return err
		}
	}
}
