// Package parquet turns files of the Hub's data sets into lines of JSON. The library that
// reads them can be made to ask for gigabytes, to loop or to die by a damaged file of a
// few kilobytes, so the reading is done by a process of its own with little memory and
// little time: Lines starts it, Child is what it does.
package parquet

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime/debug"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	library "github.com/parquet-go/parquet-go"
)

// Layout says which columns of a file become which keys of a line.
type Layout struct {
	Texts  []Key    `json:"texts"`           // columns of text
	Label  string   `json:"label,omitzero"`  // column of the label; "": lines get none
	Labels []string `json:"labels,omitzero"` // what the label's number is written as; nil: the label is a number itself
	Names  []string `json:"names,omitzero"`  // the labels' names on the Hub, where the file tells them
}

// Key is a column and the key its values get.
type Key struct {
	Column string `json:"column"`
	Key    string `json:"key"`
}

// labelKey is the key of the label.
const labelKey = "label"

// convert writes a line of JSON for each row of a file.
func convert(path string, l Layout, w io.Writer) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the file makes its reader fail: %v", r)
		}
	}()
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	p, err := library.OpenFile(f, info.Size(), library.SkipPageIndex(true), library.SkipBloomFilters(true))
	if err != nil {
		return err
	}
	c := &converter{layout: l, w: w}
	if err := c.find(p.Schema()); err != nil {
		return err
	}
	if err := c.checkNames(p); err != nil {
		return err
	}
	for _, group := range p.RowGroups() {
		if err := c.group(group); err != nil {
			return err
		}
	}
	if c.rows != p.NumRows() {
		return fmt.Errorf("%d rows where %d are announced", c.rows, p.NumRows())
	}
	return nil
}

// converter is one file under way.
type converter struct {
	layout Layout
	w      io.Writer
	texts  []int // places of the columns of texts
	label  int   // that of the label; -1 without
	line   []byte
	rows   int64
}

// find looks the columns up; none may be nested.
func (c *converter) find(s *library.Schema) error {
	place := func(name string) (int, error) {
		leaf, ok := s.Lookup(name)
		if !ok || leaf.Node.Repeated() {
			return 0, fmt.Errorf("no column %q, only %v", name, s.Columns())
		}
		return leaf.ColumnIndex, nil
	}
	for _, k := range c.layout.Texts {
		p, err := place(k.Column)
		if err != nil {
			return err
		}
		c.texts = append(c.texts, p)
	}
	c.label = -1
	var err error
	if c.layout.Label != "" {
		c.label, err = place(c.layout.Label)
	}
	return err
}

// checkNames holds the labels' names that the datasets library leaves in a file against
// those that are expected: their order is what the numbers mean.
func (c *converter) checkNames(f *library.File) error {
	text, ok := f.Lookup("huggingface")
	if !ok || c.layout.Names == nil {
		return nil
	}
	var meta struct {
		Info struct {
			Features map[string]jsontext.Value `json:"features"`
		} `json:"info"`
	}
	if err := json.Unmarshal([]byte(text), &meta); err != nil {
		return nil //nolint:nilerr // another tool's note, which nothing depends on
	}
	var feature struct {
		Names []string `json:"names"`
	}
	if err := json.Unmarshal(meta.Info.Features[c.layout.Label], &feature); err != nil || feature.Names == nil {
		return nil //nolint:nilerr // as above
	}
	if !slices.Equal(feature.Names, c.layout.Names) {
		return fmt.Errorf("its labels are %q, not %q: they are of another version", feature.Names, c.layout.Names)
	}
	return nil
}

func (c *converter) group(g library.RowGroup) error {
	rows := g.Rows()
	defer rows.Close()
	buffer := make([]library.Row, 64)
	for {
		n, err := rows.ReadRows(buffer)
		for _, row := range buffer[:n] {
			if err := c.row(row); err != nil {
				return fmt.Errorf("row %d: %w", c.rows, err)
			}
			c.rows++
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return io.ErrNoProgress
		}
	}
}

// row writes the line of one.
func (c *converter) row(row library.Row) (err error) {
	c.line = append(c.line[:0], '{')
	for i, k := range c.layout.Texts {
		v, err := at(row, c.texts[i])
		if err != nil {
			return fmt.Errorf("column %q: %w", k.Column, err)
		}
		if v.Kind() != library.ByteArray {
			return fmt.Errorf("column %q holds %v, not a text", k.Column, v.Kind())
		}
		if c.line, err = appendMember(c.line, k.Key, v.ByteArray()); err != nil {
			return fmt.Errorf("column %q: %w", k.Column, err)
		}
	}
	if c.label >= 0 {
		v, err := at(row, c.label)
		if err != nil {
			return fmt.Errorf("column %q: %w", c.layout.Label, err)
		}
		text, err := c.labelText(v)
		if err != nil {
			return fmt.Errorf("column %q: %w", c.layout.Label, err)
		}
		if c.line, err = appendMember(c.line, labelKey, []byte(text)); err != nil {
			return err
		}
	}
	c.line = append(c.line, "}\n"...)
	_, err = c.w.Write(c.line)
	return err
}

// at is the one value of a row's column.
func at(row library.Row, column int) (library.Value, error) {
	found := -1
	for i, v := range row {
		if v.Column() != column {
			continue
		}
		if found >= 0 {
			return library.Value{}, errors.New("more than one value")
		}
		found = i
	}
	if found < 0 || row[found].IsNull() {
		return library.Value{}, errors.New("no value")
	}
	return row[found], nil
}

// appendMember appends "key":"text", with a comma if it is not the first.
func appendMember(b []byte, key string, text []byte) ([]byte, error) {
	if len(b) > 1 {
		b = append(b, ',')
	}
	b, err := jsontext.AppendQuote(b, key)
	if err != nil {
		return nil, err
	}
	return jsontext.AppendQuote(append(b, ':'), text)
}

// labelText is a label as a line has it.
func (c *converter) labelText(v library.Value) (string, error) {
	if c.layout.Labels == nil {
		f := math.NaN()
		switch v.Kind() {
		case library.Float:
			f = float64(v.Float())
		case library.Double:
			f = v.Double()
		}
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return "", fmt.Errorf("%v is not a number", v)
		}
		return fmt.Sprint(float32(f)), nil
	}
	n := int64(-1)
	switch v.Kind() {
	case library.Int32:
		n = int64(v.Int32())
	case library.Int64:
		n = v.Int64()
	}
	if n < 0 || n >= int64(len(c.layout.Labels)) {
		return "", fmt.Errorf("%v is not a label from 0 to %d", v, len(c.layout.Labels)-1)
	}
	return c.layout.Labels[n], nil
}

// collectOften lets the garbage collector keep far below the limit.
func collectOften(limit int64) { debug.SetMemoryLimit(limit / 2) }
