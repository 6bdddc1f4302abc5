package data

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/lfs"
	"github.com/dylora/dylora/internal/suggest"
)

// field is a column that is wanted. Where the format has types, text must be a text; list may
// be an array, whose JSON is the value. single is the one label of a classification.
type field struct {
	name               string
	text, list, single bool
}

// place is a row, for messages.
type place struct {
	path    string
	line    int // from 1
	element int // of a JSON array, from 1; else 0
}

// row names the place within its file.
func (p place) row() string {
	if p.element > 0 {
		return fmt.Sprintf("line %d, element %d", p.line, p.element)
	}
	return fmt.Sprintf("line %d", p.line)
}

// from names the place for a message about another one.
func (p place) from(other place) string {
	if p.path == other.path {
		return p.row()
	}
	return p.path + ", " + p.row() + ","
}

func (p place) errorf(column, format string, a ...any) error {
	return p.wrong("column %q %s", column, fmt.Sprintf(format, a...))
}

func (p place) wrong(format string, a ...any) error {
	return fault.Invalidf("%s: %s: %s", p.path, p.row(), fmt.Sprintf(format, a...))
}

// number reads a target of a regression.
func (p place) number(column, s string) (float32, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 32)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, p.errorf(column, "is %.40q, not a number", s)
	}
	return float32(v), nil
}

// scanRows reads a file of a format; path is for messages.
func scanRows(path string, r io.Reader, f Format, want []field, row func(place, []string) error) error {
	separator, err := f.separator()
	if err != nil {
		return err
	}
	buffered := bufio.NewReader(r)
	start, _ := buffered.Peek(lfs.Length)
	if err := lfs.Check(path, start); err != nil {
		return err
	}
	switch {
	case bytes.HasPrefix(start, []byte("\ufeff")):
		_, _ = buffered.Discard(3) // it has been read
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return fault.Invalidf("%s is UTF-16: convert it, such as with iconv -f UTF-16 -t UTF-8", path)
	}
	switch {
	case f.Ending == ".jsonl":
		return scanJSON(path, buffered, want, row)
	case f.Ending == ".json":
		return scanAnyJSON(path, buffered, want, row)
	case f.Quoting == QuoteNone || f.Quoting != QuoteCSV && f.Ending == ".tsv":
		return scanPlain(path, buffered, separator, want, row)
	default:
		return scanCSV(path, buffered, separator, want, row)
	}
}

// notUTF8 says how to convert a file that a spreadsheet or an older program has written.
const notUTF8 = "is not UTF-8: convert the file, such as with iconv -f WINDOWS-1252 -t UTF-8"

// columns are the places of the wanted ones in a header. A name is looked for as it is
// written first, and then without the blanks around the header's names.
func columns(at place, header []string, want []field) ([]int, error) {
	bare := make([]string, len(header))
	for i, name := range header {
		bare[i] = strings.TrimSpace(name)
	}
	places := make([]int, len(want))
	for i, w := range want {
		names := header
		if !slices.Contains(header, w.name) {
			names = bare
		}
		if places[i] = slices.Index(names, w.name); places[i] < 0 {
			if n := slices.IndexFunc(header, func(s string) bool { return !utf8.ValidString(s) }); n >= 0 {
				return nil, at.wrong("the name of column %d %s", n+1, notUTF8)
			}
			return nil, w.missing(otherDelimiter(header, at.wrong("no column %q; there are: %s%s", w.name, listed(header), suggest.Hint(w.name, header))))
		}
		if slices.Contains(names[places[i]+1:], w.name) {
			return nil, at.wrong("column %q is there twice", w.name)
		}
	}
	return places, nil
}

// missing gives the error about a column that is not there its reason, where the name may have
// been meant as several.
func (w field) missing(err error) error {
	switch {
	case w.single && strings.Contains(w.name, ","):
		return fault.Because(SeveralLabels, err)
	case fault.ReasonOf(err) == "":
		return fault.Because(NoColumn, err)
	}
	return err
}

// listed is names of columns or keys for a message, in quotes so that blanks are seen, and
// cut where a file has endless ones.
func listed(names []string) string {
	const most = 200 // bytes
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		if b.Len() > most {
			b.WriteString("…")
			break
		}
		fmt.Fprintf(&b, "%.*q", most, name)
	}
	return b.String()
}

// blanks are the letters of a line that holds nothing. pandas skips such lines, wherever they
// are; a line that holds a separator is a row.
func blanks(separator string) string {
	return strings.ReplaceAll(" \t", separator, "") + "\r"
}

// blank says that a line of separated fields holds nothing.
func blank(line, separator string) bool { return strings.TrimLeft(line, blanks(separator)) == "" }

// pick chooses the wanted of a row's fields, which must be UTF-8.
func pick(at place, fields []string, places []int, want []field, into []string) error {
	for i, p := range places {
		if into[i] = fields[p]; !utf8.ValidString(into[i]) {
			return at.errorf(want[i].name, notUTF8)
		}
	}
	return nil
}

// lines calls f for each line, without its end.
func lines(path string, r io.Reader, f func(place, string) error) error {
	at := place{path: path}
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, maxLine)
	for sc.Scan() {
		at.line++
		if err := f(at, sc.Text()); err != nil {
			return err
		}
	}
	if at.line++; errors.Is(sc.Err(), bufio.ErrTooLong) {
		return at.wrong("longer than %d bytes", maxLine)
	}
	if sc.Err() != nil {
		return fault.Invalidf("cannot read %s: %w", path, reason(sc.Err()))
	}
	return nil
}

// scanPlain reads lines of separated fields without quoting.
func scanPlain(path string, r io.Reader, separator string, want []field, row func(place, []string) error) error {
	var places []int
	width, values := 0, make([]string, len(want))
	return lines(path, r, func(at place, line string) (err error) {
		if blank(line, separator) {
			return nil
		}
		fields := strings.Split(line, separator)
		if places == nil {
			width = len(fields)
			places, err = columns(at, fields, want)
			return err
		}
		if len(fields) != width {
			return at.wrong("%d columns where the header has %d", len(fields), width)
		}
		if err := pick(at, fields, places, want, values); err != nil {
			return err
		}
		return row(at, values)
	})
}

// bounded ends a value that goes on and on: the JSON decoder would take it all into memory.
type bounded struct {
	r    io.Reader
	left int
}

var errTooLong = errors.New("row too long")

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
