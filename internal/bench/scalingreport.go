package bench

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/dylora/dylora/internal/tabular"
)

// Scaling is what the bench command prints of steps of many sizes.
type Scaling struct {
	Model     string    `json:"model"`
	Task      string    `json:"task"`
	Mode      string    `json:"mode"`
	Precision string    `json:"precision"`
	Batch     int       `json:"batch"` // of the task's steps
	Kernel    string    `json:"kernel"`
	CPU       string    `json:"cpu,omitempty"`
	Threads   []Threads `json:"threads"`
}

// Threads is the scaling on one number of threads.
type Threads struct {
	Threads int     `json:"threads"`
	Points  []Point `json:"points"`
	Cost    Cost    `json:"cost_seconds"`
	Fitted  float64 `json:"largest_error_fitted"` // |predicted/measured − 1|
	Checked float64 `json:"largest_error"`        // of the points that were not fitted

	Steps          int     `json:"task_steps"` // of the task's own sentences
	StepsSeconds   float64 `json:"task_steps_seconds"`
	StepsPredicted float64 `json:"task_steps_predicted"`
	Examples       int     `json:"epoch_examples"`
	EpochSeconds   float64 `json:"epoch_seconds"` // predicted, for all examples of the split

	Gradient int64       `json:"gradient_bytes,omitempty"` // that several processes would exchange
	Together []Processes `json:"together,omitempty"`       // predictions of training by several
}

// WriteTable prints the scaling for a person.
func (s *Scaling) WriteTable(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, %s, kernel %s", s.Model, s.Mode, s.Precision, s.Kernel)
	if s.CPU != "" {
		fmt.Fprintf(&b, ", %s", s.CPU)
	}
	b.WriteString("; the fastest step of each size\n")
	for i := range s.Threads {
		t := &s.Threads[i]
		fmt.Fprintf(&b, "\n%s\n\n%s\n\n%s\n\n", Plural(t.Threads, "thread"), tabular.Render(t.pointsTable(&s.Threads[0]), w), tabular.Render(t.costTable(), w))
		for _, fitted := range []bool{true, false} {
			if p := LargestError(t.Points, fitted); p != nil {
				which := map[bool]string{true: "fitted", false: "not fitted"}[fitted]
				fmt.Fprintf(&b, "largest error of sizes %s: %+.1f %%, batch %d of length %d\n", which, 100*p.Error(), p.Batch, p.Length)
			}
		}
		fmt.Fprintf(&b, "%s of %s, batch %d: %.3f s, predicted %.3f s (%+.1f %%)\n", Plural(t.Steps, "step"), s.Task, s.Batch,
			t.StepsSeconds, t.StepsPredicted, 100*(t.StepsPredicted/t.StepsSeconds-1))
		fmt.Fprintf(&b, "all %d examples: %.1f s predicted\n", t.Examples, t.EpochSeconds)
		if len(t.Together) > 0 {
			fmt.Fprintf(&b, "\nsteps of several processes, each on a machine of its own, predicted: gradients of %.2f MB\n\n%s\n",
				float64(t.Gradient)/1e6, tabular.Render(t.togetherTable(), w))
		}
	}
	_, err := io.WriteString(w, tabular.Prose(b.String(), w))
	return err
}

// pointsTable has the speed-up over the first number of threads, in sizes by tokens.
func (t *Threads) pointsTable(first *Threads) table.Writer {
	w := plain(1)
	header := table.Row{"batch", "length", "tokens", "ms a step", "predicted", "off", "tokens/s"}
	if t != first {
		header = append(header, fmt.Sprintf("× %s", Plural(first.Threads, "thread")))
	}
	w.AppendHeader(header)
	for i := len(t.Points) - 1; i >= 0; i-- {
		p := &t.Points[i]
		off := fmt.Sprintf("%+.1f %%", 100*p.Error())
		if p.Fitted {
			off = "fitted " + off
		}
		row := table.Row{p.Batch, p.Length, p.Batch * p.Length, fmt.Sprintf("%.2f", 1e3*p.Seconds), fmt.Sprintf("%.2f", 1e3*p.Predicted),
			off, fmt.Sprintf("%.0f", float64(p.Batch*p.Length)/p.Seconds)}
		if t != first {
			row = append(row, fmt.Sprintf("%.2f", first.Points[i].Seconds/p.Seconds))
		}
		w.AppendRow(row)
	}
	return w
}

// costTable has the operations that cost anything, in microseconds.
func (t *Threads) costTable() table.Writer {
	w := plain(2)
	w.AppendHeader(table.Row{"cost in µs", "a step", fmt.Sprintf("a token of the first %d", fewTokens), "a token", "a sequence", "1000 pairs"})
	var sum Terms
	add := func(name string, c Terms) {
		row := table.Row{name}
		for _, v := range []float64{c.Step, c.FirstToken, c.Token, c.Sequence, 1000 * c.Pair} {
			row = append(row, fmt.Sprintf("%.2f", 1e6*v))
		}
		w.AppendRow(row)
	}
	for _, op := range Ops() {
		c := t.Cost[op]
		if c == (Terms{}) {
			continue
		}
		add(op, c)
		sum = Terms{sum.Step + c.Step, sum.FirstToken + c.FirstToken, sum.Token + c.Token, sum.Sequence + c.Sequence, sum.Pair + c.Pair}
	}
	add("together", sum)
	return w
}

// Plural is a count with what it counts.
func Plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
