package predict

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/answer"
	"github.com/dylora/dylora/internal/data"
)

// objects is an output of objects, a line each, or all in an array.
type objects struct {
	*answers
	input Format
	array bool

	columns [][]byte // keys of the columns of a table, as JSON
	keys    map[string]string
	begun   bool // the array is open
}

// names are the keys of an answer.
func (o *objects) names() []string {
	switch {
	case o.Task.Kind == data.MultiLabel:
		return []string{"index", "labels", "probabilities", "truncated", "error"}
	case o.Task.Kind == data.Classification:
		return []string{"index", "label", "probability", "probabilities", "truncated", "error"}
	case o.Task.Outputs() > 1:
		return []string{"index", "scores", "outputs", "truncated", "error"}
	}
	return []string{"index", "score", "truncated", "error"}
}

// settle finds the keys of an answer beside those that the input has.
func (o *objects) settle(taken []string) error {
	names := o.names()
	own, err := free(names, taken)
	o.keys = map[string]string{}
	for i := range own {
		o.keys[names[i]] = string(append(quoted(own[i]), ':'))
	}
	return err
}

func (o *objects) header(b []byte, r *Row) ([]byte, error) {
	for _, name := range r.Fields {
		o.columns = append(o.columns, append(quoted(name), ':'))
	}
	return b, o.settle(r.Fields)
}

func (o *objects) end(b []byte) []byte {
	switch {
	case !o.array:
		return b
	case !o.begun:
		return append(b, "[]\n"...)
	}
	return append(b, "\n]\n"...)
}

func (o *objects) row(b []byte, r *Row, x *answer.Answer) ([]byte, error) {
	if o.keys == nil || r.Keys != nil {
		if err := o.settle(r.Keys); err != nil {
			return b, err
		}
	}
	b = append(o.passed(o.before(b), r), o.keys["index"]...)
	b = strconv.AppendInt(b, int64(r.Index), 10)
	switch {
	case x == nil:
		b = append(append(append(b, ','), o.keys["error"]...), quoted(oneLine(r.Err))...)
	case o.Task.Kind == data.Regression:
		b = o.appendScores(b, x)
	case o.Task.Kind == data.MultiLabel:
		b = o.appendHolding(b, x)
	default:
		b = o.appendLabel(b, x)
	}
	if r.Truncated {
		b = append(append(append(b, ','), o.keys["truncated"]...), "true"...)
	}
	if b = append(b, '}'); !o.array {
		b = append(b, '\n')
	}
	return b, nil
}

// before is what stands between the objects of an array.
func (o *objects) before(b []byte) []byte {
	switch {
	case !o.array:
		return b
	case !o.begun:
		o.begun = true
		return append(b, "[\n"...)
	}
	return append(b, ",\n"...)
}

// passed begins the object with what the row holds.
func (o *objects) passed(b []byte, r *Row) []byte {
	switch {
	case r.Object:
		raw := bytes.TrimSpace(r.Raw)
		if !o.array && bytes.ContainsAny(raw, "\n\r") {
			v := jsontext.Value(slices.Clone(raw))
			if v.Compact() == nil { // it has been read, so that it is an object
				raw = v
			}
		}
		raw = bytes.TrimRight(raw[:len(raw)-1], " \t\r\n")
		if b = append(b, raw...); len(bytes.TrimLeft(raw[1:], " \t\r\n")) > 0 {
			b = append(b, ',')
		}
		return b
	case len(r.Fields) == len(o.columns):
		b = append(b, '{')
		for i, value := range r.Fields {
			b = append(append(b, o.columns[i]...), quoted(value)...)
			b = append(b, ',')
		}
		return b
	}
	return append(b, '{')
}

// appendLabel writes the label and its probability, and those of all that are told.
func (o *objects) appendLabel(b []byte, x *answer.Answer) []byte {
	name := o.unsure
	if x.Label >= 0 {
		name = o.answers.names[x.Label]
	}
	b = append(append(append(b, ','), o.keys["label"]...), name...)
	b = append(append(b, ','), o.keys["probability"]...)
	b = strconv.AppendFloat(b, slices.Max(x.Probabilities), 'g', -1, 64)
	return o.appendProbabilities(b, x)
}

// appendProbabilities writes the probability of each label that is told.
func (o *objects) appendProbabilities(b []byte, x *answer.Answer) []byte {
	b = append(append(append(b, ','), o.keys["probabilities"]...), '{')
	for i, column := range x.Order {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, o.answers.names[column]...), ':')
		b = strconv.AppendFloat(b, x.Probabilities[column], 'g', -1, 64)
	}
	return append(b, '}')
}

// appendHolding writes the labels that hold, and the probabilities.
func (o *objects) appendHolding(b []byte, x *answer.Answer) []byte {
	b = append(append(append(b, ','), o.keys["labels"]...), '[')
	for i, column := range x.Holding {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, o.answers.names[column]...)
	}
	return o.appendProbabilities(append(b, ']'), x)
}

// appendScores writes the score of a regression, or the scores of its outputs and their names.
func (o *objects) appendScores(b []byte, x *answer.Answer) []byte {
	if len(x.Scores) == 1 {
		b = append(append(b, ','), o.keys["score"]...)
		return strconv.AppendFloat(b, float64(x.Scores[0]), 'g', -1, 32)
	}
	b = append(append(append(b, ','), o.keys["scores"]...), '[')
	for i, v := range x.Scores {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendFloat(b, float64(v), 'g', -1, 32)
	}
	b = append(append(b, "],"...), o.keys["outputs"]...)
	return append(b, o.list...)
}
