package evaluate

import (
	"bufio"
	"io"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/data"
)

// WritePredictions writes one JSON object per example, in the split's order:
//
//	{"index":0,"label":"positive","prediction":"positive","logits":[-1.25,2.5]}
//
// label and prediction are the names of labels; for a multi-label task they are lists of
// them, for regression scores, and for a regression of several outputs lists of those. A label that
// nobody gives is null. logits, and lists of labels, are in the order of the task's own labels (see data.Task.Own), however the
// head's columns are ordered. Numbers are the shortest that read back as the same float32.
func WritePredictions(w io.Writer, t *data.Task, r *Result) error {
	names := make([][]byte, len(t.Labels))
	for i, l := range t.Labels {
		names[i], _ = jsontext.AppendQuote(nil, l) // an error is of text that is no UTF-8, whose letters are replaced
	}
	p := predictions{t, r, names, t.OwnPlaces()}
	buffered := bufio.NewWriter(w)
	var line []byte
	for i := range r.Len() {
		line = strconv.AppendInt(append(line[:0], `{"index":`...), int64(r.Index[i]), 10)
		line = p.appendLabel(append(line, `,"label":`...), i)
		line = p.appendPrediction(append(line, `,"prediction":`...), i)
		line = appendList(append(line, `,"logits":`...), inPlaces(r.Row(i), p.places), appendScore)
		line = append(line, "}\n"...)
		if _, err := buffered.Write(line); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

// predictions are what WritePredictions writes.
type predictions struct {
	task   *data.Task
	result *Result
	names  [][]byte // of the labels, as JSON, by column
	places []int32  // of the columns in the task's own order; nil: as they are
}

// appendLabel writes what example i has as its label.
func (p *predictions) appendLabel(b []byte, i int) []byte {
	r := p.result
	switch {
	case p.task.Kind == data.Classification:
		return p.appendName(b, r.Classes[i])
	case p.task.Kind == data.MultiLabel:
		return p.appendNames(b, holding(r.targets(i)))
	case r.Outputs > 1:
		return appendList(b, inPlaces(r.targets(i), p.places), appendScore)
	}
	return appendScore(b, r.Scores[i])
}

// appendPrediction writes what is predicted of example i.
func (p *predictions) appendPrediction(b []byte, i int) []byte {
	r := p.result
	switch {
	case p.task.Kind == data.Classification:
		return p.appendName(b, largest(r.Row(i)))
	case p.task.Kind == data.MultiLabel:
		return p.appendNames(b, Holding(r.Row(i), p.task.Threshold))
	case r.Outputs > 1:
		return appendList(b, inPlaces(r.Row(i), p.places), appendScore)
	}
	return appendScore(b, r.Row(i)[0])
}

// appendName writes the name of a class, and null for one that is no column.
func (p *predictions) appendName(b []byte, class int32) []byte {
	if class < 0 || int(class) >= len(p.names) {
		return append(b, "null"...)
	}
	return append(b, p.names[class]...)
}

// appendNames writes the list of the labels that hold.
func (p *predictions) appendNames(b []byte, holds []bool) []byte {
	var held [][]byte
	names := inPlaces(p.names, p.places)
	for i, h := range inPlaces(holds, p.places) {
		if h {
			held = append(held, names[i])
		}
	}
	return appendList(b, held, func(b, name []byte) []byte { return append(b, name...) })
}

// appendList writes a JSON array.
func appendList[T any](b []byte, list []T, item func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = item(b, v)
	}
	return append(b, ']')
}

// inPlaces gives a row by columns in the order of the places of the columns; nil is that of
// the columns.
func inPlaces[T any](row []T, places []int32) []T {
	if places == nil {
		return row
	}
	moved := make([]T, len(row))
	for column, v := range row {
		moved[places[column]] = v
	}
	return moved
}

func appendScore(b []byte, v float32) []byte {
	return strconv.AppendFloat(b, float64(v), 'g', -1, 32)
}
