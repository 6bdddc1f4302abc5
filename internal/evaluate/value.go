// Package evaluate scores an adapter: the metrics of GLUE, one pass over a split that
// serves every rank, and the reports of it (JSON, CSV, table, predictions, plots).
package evaluate

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
)

// Value is the result of a metric: a finite number, or undefined, as a correlation with
// a constant is. The zero Value is undefined. Undefined prints as "undefined" and is
// null in JSON; it is never taken for 0.
type Value struct {
	number  float64
	defined bool
}

// Number is the Value of v; NaN and ±Inf are undefined.
func Number(v float64) Value {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Value{}
	}
	return Value{number: v, defined: true}
}

// Float is the number and true, or 0 and false if v is undefined.
func (v Value) Float() (float64, bool) { return v.number, v.defined }

// String is the shortest decimal that reads back as the same number, or "undefined".
func (v Value) String() string {
	if !v.defined {
		return "undefined"
	}
	return strconv.FormatFloat(v.number, 'g', -1, 64)
}

// Sub is v - w; undefined if either is.
func (v Value) Sub(w Value) Value {
	if !v.defined || !w.defined {
		return Value{}
	}
	return Number(v.number - w.number)
}

// MarshalJSON writes a number, or null for undefined.
func (v Value) MarshalJSON() ([]byte, error) {
	if !v.defined {
		return []byte("null"), nil
	}
	return json.Marshal(v.number)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Value) UnmarshalJSON(b []byte) error {
	var p *float64
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	*v = Value{}
	if p != nil {
		*v = Number(*p)
	}
	return nil
}

// Metric is a named Value.
type Metric struct {
	Name  string
	Value Value
}

// Metrics are a task's metrics in its order: the first is the headline. In JSON they are
// one object whose names keep that order.
type Metrics []Metric

// Headline is the first metric, by which epochs and ranks are compared.
func (m Metrics) Headline() Metric {
	if len(m) == 0 {
		return Metric{}
	}
	return m[0]
}

// Get is the metric called name; undefined if there is none.
func (m Metrics) Get(name string) Value {
	for _, e := range m {
		if e.Name == name {
			return e.Value
		}
	}
	return Value{}
}

// Floats maps the names of the metrics that are defined to their numbers.
func (m Metrics) Floats() map[string]float64 {
	f := make(map[string]float64, len(m))
	for _, e := range m {
		if v, ok := e.Value.Float(); ok {
			f[e.Name] = v
		}
	}
	return f
}

// MarshalJSON writes {"accuracy":0.9,"f1":null}, the headline first.
func (m Metrics) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, e := range m {
		if i > 0 {
			b = append(b, ',')
		}
		name, err := json.Marshal(e.Name)
		if err != nil {
			return nil, err
		}
		value, err := e.Value.MarshalJSON()
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return append(b, '}'), nil
}

// UnmarshalJSON reads what MarshalJSON writes and keeps the order.
func (m *Metrics) UnmarshalJSON(b []byte) error {
	var named map[string]Value
	if err := json.Unmarshal(b, &named); err != nil {
		return err
	}
	*m = nil
	d := json.NewDecoder(bytes.NewReader(b))
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		name, ok := t.(string)
		if !ok {
			continue // the opening brace, or a value
		}
		*m = append(*m, Metric{Name: name, Value: named[name]})
	}
	return nil
}
