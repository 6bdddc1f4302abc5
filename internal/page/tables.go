package page

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/figure"
)

// ranksTable is what was measured at each rank, and what the test says of it.
func (r *Report) ranksTable() *table {
	s, d, full := r.Sweep, r.Sweep.Decision, r.Sweep.Full()
	t := &table{Caption: fmt.Sprintf("%s on %s, by rank.", upperFirst(evaluate.Heading(s.Metric)), s.Split)}
	if full == nil {
		return t
	}
	intervals := false
	for _, q := range s.Ranks {
		intervals = intervals || q.Low != nil
	}
	t.Head = heads("rank", evaluate.Heading(s.Metric))
	if intervals && d != nil {
		t.Head = append(t.Head, cell{Text: percent(d.Confidence) + " % interval"})
	}
	others := full.Metrics[min(1, len(full.Metrics)):]
	for _, m := range others {
		t.Head = append(t.Head, cell{Text: evaluate.Heading(m.Name)})
	}
	t.Head = append(t.Head, cell{Text: fmt.Sprintf("vs rank %d", full.Rank)})
	if d != nil {
		t.Head = append(t.Head, cell{Text: "at worst"}, cell{"verdict", "words"})
		t.Caption += fmt.Sprintf(" “At worst” is the bound of the difference to rank %d that holds with %s %% confidence.", full.Rank, percent(d.Confidence))
	}
	for _, q := range s.Ranks {
		cells := heads(strconv.Itoa(q.Rank), evaluate.Text(s.Metric, q.Value))
		if intervals && d != nil {
			cells = append(cells, cell{Text: interval(s.Metric, q.Low, q.High)})
		}
		for _, m := range others {
			cells = append(cells, cell{Text: evaluate.Text(m.Name, q.Metrics.Get(m.Name))})
		}
		cells = append(cells, cell{Text: signed(evaluate.Difference(s.Metric, q.Value, full.Value))})
		if d != nil {
			bound, verdict := verdictOf(d, q.Rank)
			cells = append(cells, cell{Text: bound}, cell{verdict, "words"})
		}
		t.Rows = append(t.Rows, row{cells, d != nil && d.Rank == q.Rank})
	}
	return t
}

// baselinesTable compares the adapter with its baselines; nil where there are none.
func (r *Report) baselinesTable() *table {
	s := r.Sweep
	if len(s.Baselines) == 0 {
		return nil
	}
	t := &table{Caption: fmt.Sprintf("%s on %s, by rank, and the time of the trainings.", upperFirst(evaluate.Heading(s.Metric)), s.Split), Head: heads("rank", "this adapter")}
	for _, b := range s.Baselines {
		t.Head = append(t.Head, cell{Text: figure.BaselineName(b.Name)})
	}
	for _, q := range s.Ranks {
		cells := heads(strconv.Itoa(q.Rank), evaluate.Text(s.Metric, q.Value))
		for _, b := range s.Baselines {
			text := "–"
			for _, other := range b.Ranks {
				if other.Rank == q.Rank {
					text = evaluate.Text(s.Metric, other.Value)
				}
			}
			cells = append(cells, cell{Text: text})
		}
		t.Rows = append(t.Rows, row{cells, s.Decision != nil && s.Decision.Rank == q.Rank})
	}
	own := s.Training
	if own == nil {
		own = &evaluate.Training{Trainings: 1}
	}
	trainings, seconds := heads("trainings", strconv.Itoa(own.Trainings)), heads("training time", duration(own.Seconds))
	for _, b := range s.Baselines {
		trainings = append(trainings, cell{Text: strconv.Itoa(b.Trainings)})
		seconds = append(seconds, cell{Text: duration(b.Seconds)})
	}
	t.Rows = append(t.Rows, row{Cells: trainings}, row{Cells: seconds})
	return t
}

// verdictOf is how far below the largest rank a rank may be, and what the test says.
func verdictOf(d *evaluate.Decision, rank int) (bound, verdict string) {
	bound, verdict = "", "not compared"
	for _, q := range d.Ranks {
		if q.Rank != rank {
			continue
		}
		worst := q.Low
		if !evaluate.Larger(d.Metric) {
			worst = q.High
		}
		bound = signed(evaluate.Difference(d.Metric, worst, evaluate.Number(0)))
		switch {
		case q.NotWorse:
			verdict = "not worse"
		case q.Worse:
			verdict = "worse"
		case q.Tested:
			verdict = "cannot tell"
		default:
			verdict = "not tested"
		}
	}
	if rank == d.Full {
		verdict = "the reference"
	}
	if rank == d.Rank && rank > 0 {
		verdict = "chosen"
	}
	return bound, verdict
}

// calibrationTable is how well probabilities fit before and after a calibration; nil where there
// is none.
func (r *Report) calibrationTable() *table {
	var t *table
	for _, q := range r.Sweep.Ranks {
		c := q.Calibration
		if c == nil {
			continue
		}
		if t == nil {
			t = &table{Head: heads("rank", "temperature", "NLL before", "after", "ECE before", "after")}
			if c.Threshold > 0 {
				t.Head = heads("rank", "threshold", "micro F1 (%) before", "after")
			}
			t.Caption = fmt.Sprintf("Fitted on %s examples, measured on %s others. The adapter keeps it, and predictions apply it. "+
				"NLL is the mean negative log-likelihood of the labels, ECE the expected calibration error.", evaluate.Grouped(c.Fitted), evaluate.Grouped(c.Measured))
		}
		cells := heads(strconv.Itoa(q.Rank), significant(c.Temperature, 3), significant(c.Before.NLL, 3), significant(c.After.NLL, 3), significant(c.Before.ECE, 3), significant(c.After.ECE, 3))
		if c.Threshold > 0 {
			cells = heads(strconv.Itoa(q.Rank), significant(c.Threshold, 3), number("micro_f1", c.Before.MicroF1), number("micro_f1", c.After.MicroF1))
		}
		t.Rows = append(t.Rows, row{cells, r.Sweep.Decision != nil && r.Sweep.Decision.Rank == q.Rank})
	}
	return t
}

func (r *Report) worstTable() *table {
	if !r.Texts {
		return nil
	}
	t := &table{Caption: "No example is wrong at this rank."}
	if len(r.Worst) == 0 {
		return t
	}
	w := r.Worst[0]
	t.Caption = fmt.Sprintf("The examples with the largest losses at rank %d of those that it gets wrong.", w.Rank)
	t.Head = []cell{{Text: "example"}, {"text", "long"}, {"label", "words"}, {fmt.Sprintf("rank %d says", w.Rank), "words"}}
	if w.Full != w.Rank {
		t.Head = append(t.Head, cell{fmt.Sprintf("rank %d says", w.Full), "words"})
	}
	for _, m := range r.Worst {
		cells := []cell{{Text: strconv.Itoa(m.Index)}, {strings.Join(m.Texts, " ‖ "), "long"}, {m.Label, "words"}, {m.Answer, "words"}}
		if w.Full != w.Rank {
			cells = append(cells, cell{m.AtFull, "words"})
		}
		t.Rows = append(t.Rows, row{Cells: cells})
	}
	return t
}

// heads are cells of numbers.
func heads(texts ...string) []cell {
	cells := make([]cell, len(texts))
	for i, t := range texts {
		cells[i].Text = t
	}
	return cells
}
