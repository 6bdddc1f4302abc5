package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/dylora/dylora/internal/tabular"
)

// Report is what the bench command prints. Rates are medians over the steps of each step's
// own; operations are those of products alone.
type Report struct {
	Model     string `json:"model"`
	Task      string `json:"task"`
	Mode      string `json:"mode"` // "train" or "eval"
	Precision string `json:"precision"`
	Batch     int    `json:"batch"`
	Steps     int    `json:"steps"`
	Threads   int    `json:"threads"`
	Kernel    string `json:"kernel"`
	CPU       string `json:"cpu,omitempty"`

	ExamplesPerSecond float64            `json:"examples_per_second"`
	TokensPerSecond   float64            `json:"tokens_per_second"`
	FlopsPerSecond    float64            `json:"flops_per_second"`
	PeakFlops         float64            `json:"peak_flops_per_second"` // the micro-kernel in L1 on all threads
	ShareOfPeak       float64            `json:"share_of_peak"`
	Available         float64            `json:"granted_flops_per_second"` // the same, of all time between the steps: the median
	ShareOfAvailable  float64            `json:"share_of_granted"`         // a step's rate of the one measured before it: the median
	PeakRSS           int64              `json:"peak_rss_bytes"`
	Ops               map[string]float64 `json:"ops"` // seconds a step

	StepSeconds   float64 `json:"step_seconds"` // median
	StepMin       float64 `json:"step_seconds_min"`
	StepMax       float64 `json:"step_seconds_max"`
	TokensPerStep float64 `json:"tokens_per_step"` // mean
	AllocsPerStep float64 `json:"allocations_per_step"`
	BytesPerStep  float64 `json:"allocated_bytes_per_step"`
	LoadSeconds   float64 `json:"load_seconds"` // model, tokenizer and data

	Parts []Parts `json:"parts,omitempty"` // of training

	Peaks    []Rate `json:"peaks"`
	Products []Rate `json:"products,omitempty"`
}

// Set fills in what the steps took.
func (r *Report) Set(s *Steps) {
	n := len(s.Seconds)
	rate := func(count func(i int) float64) float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = count(i) / s.Seconds[i]
		}
		return Median(v)
	}
	r.ExamplesPerSecond = rate(func(i int) float64 { return float64(s.Examples[i]) })
	r.TokensPerSecond = rate(func(i int) float64 { return float64(s.Tokens[i]) })
	r.FlopsPerSecond = rate(func(i int) float64 { return float64(s.Flops[i]) })
	r.Available = Median(s.Available)
	r.ShareOfAvailable = rate(func(i int) float64 { return float64(s.Flops[i]) / s.Available[i] })
	tokens := 0
	for _, t := range s.Tokens {
		tokens += t
	}
	r.TokensPerStep = float64(tokens) / float64(n)
	r.Steps, r.Ops, r.AllocsPerStep, r.BytesPerStep = n, s.Ops, s.Allocs, s.Bytes
	r.StepSeconds, r.StepMin, r.StepMax = Median(s.Seconds), slices.Min(s.Seconds), slices.Max(s.Seconds)
}

// SetPeak fills in what the steps are held against.
func (r *Report) SetPeak(flops float64) {
	r.PeakFlops = flops
	if flops > 0 {
		r.ShareOfPeak = r.FlopsPerSecond / flops
	}
}

// WriteTable prints the report for a person.
func (r *Report) WriteTable(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, %s, %s, batch %d, %d steps of %.0f tokens, %d threads, kernel %s", r.Model, r.Task, r.Mode, r.Precision, r.Batch, r.Steps, r.TokensPerStep, r.Threads, r.Kernel)
	if r.CPU != "" {
		fmt.Fprintf(&b, ", %s", r.CPU)
	}
	fmt.Fprintf(&b, "\n\n%.1f examples/s, %.0f tokens/s, %s in products: %.0f %% of the peak of %s\n", r.ExamplesPerSecond, r.TokensPerSecond, giga(r.FlopsPerSecond), 100*r.ShareOfPeak, giga(r.PeakFlops))
	if r.Available > 0 {
		fmt.Fprintf(&b, "the micro-kernel had %s between the steps: %.0f %% of that\n", giga(r.Available), 100*r.ShareOfAvailable)
	}
	fmt.Fprintf(&b, "step %.1f ms (%.1f to %.1f), %.0f allocations of %.0f kB in all; peak memory %.0f MB; loaded in %.2f s\n\n",
		1e3*r.StepSeconds, 1e3*r.StepMin, 1e3*r.StepMax, r.AllocsPerStep, r.BytesPerStep/1e3, float64(r.PeakRSS)/1e6, r.LoadSeconds)
	tables := tabular.Render(r.opsTable(), w)
	if len(r.Parts) > 0 {
		tables += "\n\n" + tabular.Render(r.partsTable(), w)
	}
	if len(r.Peaks)+len(r.Products) > 0 {
		tables += "\n\n" + tabular.Render(r.ratesTable(), w)
	}
	_, err := fmt.Fprintf(w, "%s%s\n", tabular.Prose(b.String(), w), tables)
	return err
}

func (r *Report) opsTable() table.Writer {
	t := plain(2)
	t.AppendHeader(table.Row{"operation", "ms a step", "share"})
	total := 0.0
	for _, s := range r.Ops {
		total += s
	}
	for _, name := range Ops() {
		if s := r.Ops[name]; s > 0 {
			t.AppendRow(table.Row{name, fmt.Sprintf("%.2f", 1e3*s), fmt.Sprintf("%.1f %%", 100*s/total)})
		}
	}
	return t
}

// partsTable tells how much memory micro-batches save.
func (r *Report) partsTable() table.Writer {
	t := plain(1)
	t.AppendHeader(table.Row{"micro-batches", "memory of a step MB", "ms a step of the largest batch"})
	for _, p := range r.Parts {
		memory := "–"
		if p.Memory > 0 {
			memory = fmt.Sprintf("%.0f", float64(p.Memory)/1e6)
		}
		t.AppendRow(table.Row{p.MicroBatches, memory, fmt.Sprintf("%.1f", 1e3*p.StepSeconds)})
	}
	return t
}

func (r *Report) ratesTable() table.Writer {
	t := plain(3)
	t.AppendHeader(table.Row{"arithmetic", "precision", "rows · out · in", "threads", "GFLOP/s"})
	for _, x := range slices.Concat(r.Peaks, r.Products) {
		shape := ""
		if x.Rows > 0 {
			shape = fmt.Sprintf("%d · %d · %d", x.Rows, x.Out, x.In)
		}
		t.AppendRow(table.Row{x.What, x.Precision, shape, x.Threads, fmt.Sprintf("%.1f", x.Flops/1e9)})
	}
	return t
}

// plain rules off its header and nothing else; columns from one on are numbers.
func plain(numbers int) table.Writer {
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.Options{SeparateHeader: true}
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	var columns []table.ColumnConfig
	for n := numbers; n < 8; n++ {
		columns = append(columns, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(columns)
	return t
}

func giga(flops float64) string { return fmt.Sprintf("%.1f GFLOP/s", flops/1e9) }
