package page

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

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
	trainings, seconds := heads("trainings", "1"), heads("training time", "–")
	for _, b := range s.Baselines {
		trainings = append(trainings, cell{Text: strconv.Itoa(b.Trainings)})
		seconds = append(seconds, cell{Text: duration(b.Seconds)})
	}
	t.Rows = append(t.Rows, row{Cells: trainings}, row{Cells: seconds})
	return t
}

// duration is so many seconds in words.
func duration(seconds float64) string {
	switch {
	case seconds < 1:
		return significant(seconds, 2) + " s"
	case seconds < 120:
		return strconv.FormatFloat(seconds, 'f', 0, 64) + " s"
	case seconds < 7200:
		return strconv.FormatFloat(seconds/60, 'f', 0, 64) + " min"
	}
	return strconv.FormatFloat(seconds/3600, 'f', 1, 64) + " h"
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

func (r *Report) runsTable() *table {
	if len(r.Runs) < 2 {
		return nil
	}
	t := &table{Caption: fmt.Sprintf("%s of each run, by rank.", upperFirst(evaluate.Heading(r.Sweep.Metric))), Head: []cell{{"run", "long"}, {Text: "seed"}}}
	for _, q := range r.Sweep.Ranks {
		t.Head = append(t.Head, cell{Text: "rank " + strconv.Itoa(q.Rank)})
	}
	for _, run := range r.Runs {
		cells := []cell{{run.Folder, "long"}, {Text: strconv.FormatUint(run.Seed, 10)}}
		for _, v := range run.Values {
			cells = append(cells, cell{Text: evaluate.Text(r.Sweep.Metric, v)})
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

func interval(metric string, low, high *float64) string {
	if low == nil || high == nil {
		return "–"
	}
	return number(metric, *low) + " to " + number(metric, *high)
}

func number(metric string, v float64) string { return evaluate.Text(metric, evaluate.Number(v)) }

func significant(v float64, digits int) string {
	if v == 0 {
		return "0"
	}
	decimals := digits - 1 - int(math.Floor(math.Log10(math.Abs(v))))
	return strconv.FormatFloat(v, 'f', max(0, min(decimals, 12)), 64)
}

// signed writes a sign of subtraction where a program writes a hyphen.
func signed(s string) string { return strings.Replace(s, "-", "−", 1) }

// unbroken keeps a number and its per cent sign on one line.
func unbroken(s string) string { return strings.ReplaceAll(s, " %", "\u00a0%") }

func percent(share float64) string {
	return strconv.FormatFloat(math.Round(1e4*share)/100, 'f', -1, 64)
}

// points is a difference of the metric in words.
func points(metric string, v float64) string {
	if evaluate.Unit(metric) == 1 {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	return strconv.FormatFloat(math.Round(1e6*v)/1e4, 'f', -1, 64) + " points"
}

func upperFirst(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// quoted is a path as a shell takes it as one word.
func quoted(path string) string {
	if strings.IndexFunc(path, func(r rune) bool {
		return !(unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._/-+=:@%", r))
	}) < 0 && path != "" && path[0] != '-' {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
