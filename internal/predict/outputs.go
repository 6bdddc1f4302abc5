package predict

import (
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/evaluate"
)

// The predictions of tasks with an answer per output: multi-label tasks and regressions.

// probabilities are those of labels that have a logit each.
func probabilities(row []float32) []float64 {
	p := make([]float64, len(row))
	for i, x := range row {
		p[i] = evaluate.Sigmoid(x)
	}
	return p
}

// appendHolding writes the labels that hold, a tab, and their probabilities.
func (p *Printer) appendHolding(b []byte, row []float32) []byte {
	var names []string
	var holding []float64
	for i, holds := range evaluate.Holding(row, p.task.Threshold) {
		if holds {
			names = append(names, listItem(p.task.Labels[i]))
			holding = append(holding, evaluate.Sigmoid(row[i]))
		}
	}
	return appendFixed(append(append(b, strings.Join(names, ",")...), '\t'), holding, ',')
}

// listItem keeps a label from breaking the line or its list.
func listItem(s string) string {
	if strings.Contains(s, ",") {
		return strconv.Quote(s)
	}
	return oneLine(s)
}

// appendFixed writes numbers with four decimals.
func appendFixed[F float32 | float64](b []byte, list []F, separator byte) []byte {
	for i, v := range list {
		if i > 0 {
			b = append(b, separator)
		}
		b = strconv.AppendFloat(b, float64(v), 'f', 4, bits(v))
	}
	return b
}

// bits is the size of a number's type.
func bits[F float32 | float64](v F) int {
	if _, ok := any(v).(float32); ok {
		return 32
	}
	return 64
}

// appendLabels writes the labels that hold, and the probability of each label, as JSON.
func (p *Printer) appendLabels(b []byte, row []float32) []byte {
	b = append(b, `,"labels":[`...)
	first := true
	for i, holds := range evaluate.Holding(row, p.task.Threshold) {
		if !holds {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		b, first = append(b, p.names[i]...), false
	}
	return p.appendProbabilities(append(b, ']'), probabilities(row))
}

// appendScores writes the score of a regression, or the scores of its outputs and their
// names, as JSON.
func (p *Printer) appendScores(b []byte, row []float32) []byte {
	if len(row) == 1 {
		return strconv.AppendFloat(append(b, `,"score":`...), float64(row[0]), 'g', -1, 32)
	}
	b = append(b, `,"scores":[`...)
	for i, v := range row {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendFloat(b, float64(v), 'g', -1, 32)
	}
	return append(append(b, `],"outputs":`...), p.outputs...)
}
