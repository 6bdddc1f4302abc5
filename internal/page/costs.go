package page

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/figure"
)

// costTable is what each rank costs.
func (r *Report) costTable() *table {
	s := r.Sweep
	t := &table{Caption: "Cost by rank. A rank is on the front if no other has at least its metric for at most its size."}
	t.Head = heads("rank", evaluate.Heading(s.Metric), "parameters", "adapter file")
	flops, millis := len(r.Costs.Flops) > 0, len(r.Costs.Millis) > 0
	if flops {
		t.Head = append(t.Head, cell{Text: "GFLOP per example"})
	}
	if millis {
		t.Head = append(t.Head, cell{Text: "ms per example"})
	}
	t.Head = append(t.Head, cell{"on the front", "words"})
	front := figure.Front(s, sizes(s))
	for _, q := range s.Ranks {
		cells := heads(strconv.Itoa(q.Rank), evaluate.Text(s.Metric, q.Value), evaluate.Grouped(q.Parameters), evaluate.Size(q.Bytes))
		if flops {
			cells = append(cells, cell{Text: significant(r.Costs.Flops[q.Rank]/1e9, 4)})
		}
		if millis {
			text := "–"
			if ms, ok := r.Costs.Millis[q.Rank]; ok {
				text = significant(ms, 3)
			}
			cells = append(cells, cell{Text: text})
		}
		on := "no"
		if front[q.Rank] {
			on = "yes"
		}
		t.Rows = append(t.Rows, row{append(cells, cell{on, "words"}), s.Decision != nil && s.Decision.Rank == q.Rank})
	}
	return t
}

// measures are the costs that the metric is drawn against.
func (r *Report) measures() []figure.Cost {
	s := r.Sweep
	parameters := map[int]float64{}
	for _, q := range s.Ranks {
		parameters[q.Rank] = float64(q.Parameters)
	}
	list := []figure.Cost{
		{Name: "Parameters", Of: parameters, Format: func(v float64) string { return evaluate.Grouped(int(v)) }},
		{Name: "Adapter file", Of: sizes(s), Format: fileSize},
	}
	if len(r.Costs.Flops) > 0 {
		list = append(list, figure.Cost{Name: "Compute, GFLOP per example", Of: scaled(r.Costs.Flops, 1e-9)})
	}
	if len(r.Costs.Millis) > 0 {
		list = append(list, figure.Cost{Name: "Time, ms per example", Of: r.Costs.Millis})
	}
	return list
}

// fileSize is a round number of bytes.
func fileSize(v float64) string { return strings.Replace(evaluate.Size(int64(v)), ".0 ", " ", 1) }

func sizes(s *evaluate.Sweep) map[int]float64 {
	bytes := map[int]float64{}
	for _, q := range s.Ranks {
		bytes[q.Rank] = float64(q.Bytes)
	}
	return bytes
}

func scaled(m map[int]float64, by float64) map[int]float64 {
	n := make(map[int]float64, len(m))
	for k, v := range m {
		n[k] = by * v
	}
	return n
}

// costWords say how the costs were counted and measured.
func (r *Report) costWords() (text, note string) {
	text = "Each dot is a rank. The dashed line is the Pareto front: it joins the ranks that no cheaper one equals or beats. Hollow dots are the others."
	c := r.Costs
	if c.Sample == 0 {
		return text, ""
	}
	note = fmt.Sprintf("Operations are the products of one forward pass, on average over %s examples of %.1f tokens.", evaluate.Grouped(c.Sample), c.Tokens)
	if base, ok := c.Flops[0]; ok {
		note += fmt.Sprintf(" An adapter that is merged into the base model costs what the base model does, %s GFLOP, at every rank.", significant(base/1e9, 4))
	}
	if len(c.Millis) > 0 {
		note += fmt.Sprintf(" Times are of the same examples in batches, the shortest of three passes (%s); differences of a few per cent are noise.", c.Where)
	}
	return text, note
}
