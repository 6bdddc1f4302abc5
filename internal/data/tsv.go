package data

import (
	"bufio"
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
)

// maxLine bounds a row's bytes; GLUE's longest has under 6,000.
const maxLine = 1 << 20

// rowsPerTorn bounds the torn rows that are skipped in a file known to have some: one in
// so many. QQP's train.tsv has about one in 15,000.
const rowsPerTorn = 1000

// table is the layout of one file: where the columns are that a task wants.
type table struct {
	task      *Task
	name      string // path, for messages
	width     int    // columns of every row
	textA     int
	textB     int // -1 without one
	label     int // -1 in a file without labels
	line      int // number of the current line, from 1
	blank     int // blank lines that are held back: at the file's end they are no rows
	torn      int // rows skipped
	firstTorn int // line of the first of them
}

// parse reads rows with labels.
func (t *Task) parse(name string, r io.Reader) ([]Example, error) {
	return t.parseSplit(name, "train", r)
}

// parseSplit reads rows of tab-separated columns. There is no quoting: a quote is a letter like
// any other. A byte-order mark, CRLF line ends and blank lines at the end are accepted. name is the path, which
// errors give together with the line number. Files without labels all have a header.
func (t *Task) parseSplit(name, split string, r io.Reader) ([]Example, error) {
	tab := &table{task: t, name: name, width: t.columns, textA: t.textA.place, textB: -1, label: t.label.place}
	if !Labelled(split) {
		tab.width, tab.label = 0, -1
	}
	var examples []Example
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, maxLine)
	for sc.Scan() {
		tab.line++
		line := sc.Text()
		if tab.line == 1 {
			if err := lfs.Check(name, sc.Bytes()); err != nil {
				return nil, err
			}
			line = strings.TrimPrefix(line, "\ufeff")
		}
		if !utf8.ValidString(line) {
			return nil, tab.errorf("the text " + notUTF8)
		}
		fields := strings.Split(line, "\t")
		if tab.width == 0 {
			if err := tab.header(fields); err != nil {
				return nil, err
			}
			continue
		}
		if blank(line, "\t") {
			tab.blank++
			continue
		}
		if err := tab.between(); err != nil {
			return nil, err
		}
		if len(fields) != tab.width && tab.skip() {
			continue
		}
		e, err := tab.row(fields)
		if err != nil {
			return nil, err
		}
		e.Index = len(examples)
		examples = append(examples, e)
	}
	return examples, tab.end(sc.Err(), len(examples))
}

// between treats the blank lines that stand before another row: like any row that is too short.
func (tab *table) between() error {
	current := tab.line
	for ; tab.blank > 0; tab.blank-- {
		if tab.line = current - tab.blank; tab.skip() {
			continue
		}
		return tab.errorf("%d columns where %d are due: correct or delete the line", 1, tab.width)
	}
	tab.line = current
	return nil
}

// header finds the task's columns by name.
func (tab *table) header(names []string) error {
	find := func(c column, at *int) error {
		*at = slices.Index(names, c.name)
		if *at < 0 {
			return tab.errorf("no column %q in the header: task %s needs the official GLUE file", c.name, tab.task.Name)
		}
		return nil
	}
	tab.width = len(names)
	if err := find(tab.task.textA, &tab.textA); err != nil {
		return err
	}
	if tab.task.Pair {
		if err := find(tab.task.textB, &tab.textB); err != nil {
			return err
		}
	}
	if tab.label < 0 {
		return nil
	}
	return find(tab.task.label, &tab.label)
}

// row makes an example of one row's columns.
func (tab *table) row(fields []string) (e Example, err error) {
	if len(fields) != tab.width {
		return e, tab.errorf("%d columns where %d are due: correct or delete the line", len(fields), tab.width)
	}
	if e.A, err = tab.text(fields[tab.textA], tab.task.textA); err != nil {
		return e, err
	}
	if tab.textB >= 0 {
		b, err := tab.text(fields[tab.textB], tab.task.textB)
		if err != nil {
			return e, err
		}
		e.B = &b
	}
	switch {
	case tab.label < 0:
		e.unlabel(tab.task)
	case tab.task.Kind == Regression:
		e.Score, err = tab.score(fields[tab.label])
	default:
		e.Class, err = tab.class(fields[tab.label])
	}
	return e, err
}

// text keeps a text as it is, spaces at its ends included: SST-2's end in one, and the
// published results were reached with it. The copy lets go of the rest of the row.
func (tab *table) text(s string, c column) (string, error) {
	if strings.TrimSpace(s) == "" && !tab.task.rough {
		return "", tab.errorf("%s is empty: correct or delete the line", c.name)
	}
	return strings.Clone(s), nil
}

func (tab *table) class(s string) (int32, error) {
	i := slices.Index(tab.task.Labels, s)
	if i < 0 {
		return 0, tab.errorf("label %.40q is not one of %s", s, strings.Join(tab.task.Labels, ", "))
	}
	return int32(i), nil
}

// score reads a similarity of STS-B, from 0 to 5.
func (tab *table) score(s string) (float32, error) {
	v, err := strconv.ParseFloat(s, 32)
	if err != nil || math.IsNaN(v) {
		return 0, tab.errorf("score %.40q is not a number", s)
	}
	if v < 0 || v > 5 {
		return 0, tab.errorf("score %.40s is outside 0 to 5", s)
	}
	return float32(v), nil
}

// unlabel marks an example as one without a label.
func (e *Example) unlabel(t *Task) {
	if t.Kind == Regression {
		e.Score = float32(math.NaN())
		return
	}
	e.Class = NoLabel
}

// skip drops a row of the wrong width in a file that is known to have some: never one
// without labels, where each row's place is the number that its prediction goes by. In QQP a few
// questions hold a newline; the field's tools leave these rows out (fairseq's
// preprocess_GLUE_tasks.sh) and keep those with an empty question, so results compare.
func (tab *table) skip() bool {
	if !tab.task.rough || tab.label < 0 {
		return false
	}
	if tab.torn++; tab.torn == 1 {
		tab.firstTorn = tab.line
	}
	return true
}

// end turns what stopped the reading into an error, if it was not the file's end.
func (tab *table) end(err error, rows int) error {
	switch {
	case errors.Is(err, bufio.ErrTooLong):
		tab.line++
		return tab.errorf("longer than %d bytes: not a GLUE file", maxLine)
	case err != nil:
		return fault.Invalidf("cannot read %s: %w", tab.name, reason(err))
	case tab.torn > rows/rowsPerTorn:
		tab.line = tab.firstTorn
		return tab.errorf("not the header's %d columns, and %d such rows are too many to skip: get the file again", tab.width, tab.torn)
	case rows == 0:
		return fault.Invalidf("%s has no rows: get the file again", tab.name)
	}
	return nil
}

func (tab *table) errorf(format string, a ...any) error {
	return fault.Invalidf("%s: line %d: %s", tab.name, tab.line, fmt.Sprintf(format, a...))
}
