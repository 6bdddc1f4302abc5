package evaluate

import (
	"bufio"
	"io"
	"strconv"

	"github.com/dylora/dylora/internal/data"
)

// WritePredictions writes one JSON object per example, in the split's order:
//
//	{"index":0,"label":1,"prediction":1,"logits":[-1.25,2.5]}
//
// label and prediction are places in the task's own list of labels, and so are those of
// logits, however the head's columns are ordered; for a multi-label task they are lists of
// places, for regression scores, and for a regression of several outputs lists of those.
// Numbers are the shortest that read back as the same float32.
func WritePredictions(w io.Writer, t *data.Task, r *Result) error {
	buffered := bufio.NewWriter(w)
	var line []byte
	places := t.OwnPlaces()
	for i := range r.Len() {
		line = strconv.AppendInt(append(line[:0], `{"index":`...), int64(r.Index[i]), 10)
		line = append(line, `,"label":`...)
		line = appendLabel(line, t, r, i)
		line = appendPrediction(append(line, `,"prediction":`...), t, r, i)
		line = appendList(append(line, `,"logits":`...), inPlaces(r.Row(i), places), appendScore)
		line = append(line, "}\n"...)
		if _, err := buffered.Write(line); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

// appendLabel writes what example i has as its label.
func appendLabel(b []byte, t *data.Task, r *Result, i int) []byte {
	switch {
	case t.Kind == data.Classification:
		return strconv.AppendInt(b, int64(t.OwnClass(r.Classes[i])), 10)
	case t.Kind == data.MultiLabel:
		return appendPlaces(b, inPlaces(holding(r.targets(i)), t.OwnPlaces()))
	case r.Outputs > 1:
		return appendList(b, inPlaces(r.targets(i), t.OwnPlaces()), appendScore)
	}
	return appendScore(b, r.Scores[i])
}

// appendPrediction writes what is predicted of example i.
func appendPrediction(b []byte, t *data.Task, r *Result, i int) []byte {
	switch {
	case t.Kind == data.Classification:
		return strconv.AppendInt(b, int64(t.OwnClass(largest(r.Row(i)))), 10)
	case t.Kind == data.MultiLabel:
		return appendPlaces(b, inPlaces(Holding(r.Row(i), t.Threshold), t.OwnPlaces()))
	case r.Outputs > 1:
		return appendList(b, inPlaces(r.Row(i), t.OwnPlaces()), appendScore)
	}
	return appendScore(b, r.Row(i)[0])
}

// appendPlaces writes the list of the places that hold.
func appendPlaces(b []byte, holds []bool) []byte {
	var places []int
	for i, h := range holds {
		if h {
			places = append(places, i)
		}
	}
	return appendList(b, places, func(b []byte, at int) []byte { return strconv.AppendInt(b, int64(at), 10) })
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
