package predict

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
)

// Printer writes a line per prediction: the label and its probability with a tab between,
// or for regression the score. A multi-label task has a list of labels, those whose
// probability is above the task's threshold, and a list of their probabilities, with commas
// between and nothing where no label holds; a regression of several outputs has tabs between
// scores. As JSON:
//
//	{"index":0,"label":"positive","probability":0.9,"probabilities":{"negative":0.1,"positive":0.9}}
//	{"index":0,"labels":["joy"],"probabilities":{"joy":0.8,"fear":0.3}}
//	{"index":0,"score":3.2}
//	{"index":0,"scores":[3.2,0.5],"outputs":["valence","arousal"]}
//
// index counts the texts from 0.
type Printer struct {
	w       *bufio.Writer
	task    *data.Task
	scale   float32 // of logits: 1/temperature; 0: they stay
	asJSON  bool
	index   int
	names   [][]byte // of the labels, as JSON
	outputs []byte   // all of them, as a JSON array
}

// NewPrinter prints predictions of t to w. Labels of one name, as an id2label may have them, are
// refused: the answer could not tell them apart.
func NewPrinter(w io.Writer, t *data.Task, asJSON bool) (*Printer, error) {
	p := &Printer{w: bufio.NewWriter(w), task: t, asJSON: asJSON}
	for i, l := range t.Labels {
		if slices.Contains(t.Labels[:i], l) {
			return nil, fault.Invalidf("several columns of the head have the name %.80q: say with labels which is which", l)
		}
		name, err := json.Marshal(l)
		if err != nil {
			return nil, err
		}
		p.names = append(p.names, name)
	}
	p.outputs = append(append([]byte{'['}, bytes.Join(p.names, []byte{','})...), ']')
	return p, nil
}

// SetTemperature divides the logits of a classification by a temperature, before probabilities
// are made of them.
func (p *Printer) SetTemperature(temperature float64) {
	if p.scale = 0; temperature != 1 {
		p.scale = float32(1 / temperature)
	}
}

// Print writes the predictions of a batch's logits, (texts, outputs), and lets go of them.
func (p *Printer) Print(logits []float32) error {
	width := p.task.Outputs()
	var line []byte
	for row := range slices.Chunk(logits, width) {
		for _, v := range row {
			if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
				return fault.Errorf(fault.Diverged, "text %d: a logit is %v: the adapter's weights have diverged", p.index+1, v)
			}
		}
		line = append(p.append(line[:0], p.scaled(row)), '\n')
		if _, err := p.w.Write(line); err != nil {
			return err
		}
		p.index++
	}
	return p.w.Flush()
}

// scaled is a row at the temperature.
func (p *Printer) scaled(row []float32) []float32 {
	if p.scale == 0 {
		return row
	}
	scaled := make([]float32, len(row))
	for i, v := range row {
		scaled[i] = v * p.scale
	}
	return scaled
}

func (p *Printer) append(b []byte, row []float32) []byte {
	if p.asJSON {
		b = strconv.AppendInt(append(b, `{"index":`...), int64(p.index), 10)
		return append(p.appendJSON(b, row), '}')
	}
	switch p.task.Kind {
	case data.Regression:
		return appendFixed(b, row, '\t')
	case data.MultiLabel:
		return p.appendHolding(b, row)
	}
	probabilities := Softmax(row)
	at := largest(row)
	b = append(append(b, oneLine(p.task.Labels[at])...), '\t')
	return strconv.AppendFloat(b, probabilities[at], 'f', 4, 64)
}

func (p *Printer) appendJSON(b []byte, row []float32) []byte {
	switch p.task.Kind {
	case data.Regression:
		return p.appendScores(b, row)
	case data.MultiLabel:
		return p.appendLabels(b, row)
	}
	probabilities := Softmax(row)
	at := largest(row)
	b = append(append(b, `,"label":`...), p.names[at]...)
	b = strconv.AppendFloat(append(b, `,"probability":`...), probabilities[at], 'g', -1, 64)
	return p.appendProbabilities(b, probabilities)
}

// appendProbabilities writes the probability of each label.
func (p *Printer) appendProbabilities(b []byte, probabilities []float64) []byte {
	b = append(b, `,"probabilities":{`...)
	for i, q := range probabilities {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendFloat(append(append(b, p.names[i]...), ':'), q, 'g', -1, 64)
	}
	return append(b, '}')
}

// Softmax is eˣ/Σeˣ, the probabilities of logits; it takes logits of any size.
func Softmax(logits []float32) []float64 {
	top := float64(slices.Max(logits))
	p, sum := make([]float64, len(logits)), 0.0
	for i, v := range logits {
		p[i] = math.Exp(float64(v) - top)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// largest is the place of the largest value; the lowest of equals.
func largest(x []float32) int { return slices.Index(x, slices.Max(x)) }

// oneLine keeps a label from breaking the line.
func oneLine(s string) string {
	if strings.ContainsAny(s, "\t\r\n") {
		return strconv.Quote(s)
	}
	return s
}
