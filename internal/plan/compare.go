package plan

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/figure"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/tabular"
	"github.com/dylora/dylora/internal/train"
)

// Comparison is several runs side by side.
type Comparison struct {
	Runs   Entries      `json:"runs"`
	Differ []Difference `json:"differ"` // in the order of the settings
}

// Difference is a setting in which runs differ.
type Difference struct {
	Key    string `json:"key"`
	Values []any  `json:"values"` // by run
}

// MaxCompared is how many runs a comparison takes.
const MaxCompared = figure.MaxMarks

// Compare reads the runs at the paths, each a run folder, a folder of run folders or a plan. Fewer than two runs, or
// more than a chart can tell apart, are an error of class Usage, and so is one that is not complete.
func Compare(paths []string) (*Comparison, error) {
	c := &Comparison{}
	for _, path := range paths {
		entries, err := runsAt(path)
		if err != nil {
			return nil, err
		}
		c.Runs = append(c.Runs, entries...)
	}
	seen := map[string]bool{}
	for i := range c.Runs {
		e := &c.Runs[i]
		e.Index = i
		switch {
		case seen[e.Run]:
			return nil, fault.Usagef("%s is given twice", e.Run)
		case e.State != Done:
			return nil, fault.Usagef("%s is not complete (%s): only finished runs are compared", e.Run, e.State)
		}
		seen[e.Run] = true
	}
	if n := len(c.Runs); n < 2 || n > MaxCompared {
		return nil, fault.Usagef("%d runs: name from 2 to %d to compare", n, MaxCompared)
	}
	return c, c.findDifferences()
}

// runsAt are the runs at a path.
func runsAt(path string) (Entries, error) {
	if exists(path, train.SettingsName) {
		dir, err := filepath.EvalSymlinks(path) // runs/latest stands for the run that it points to
		if err != nil {
			return nil, err
		}
		e, err := found(dir, 0)
		return Entries{e}, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fault.Invalidf("%s: there is no run, no folder of runs and no plan", path)
	}
	return ListPath(path)
}

// findDifferences compares the settings that the runs were started with, without those of the machine.
func (c *Comparison) findDifferences() error {
	var all []*settings.Resolved
	for _, e := range c.Runs {
		run, err := settings.FileLayer(settings.Run, filepath.Join(e.Run, train.SettingsName))
		if err != nil {
			return err
		}
		r, err := settings.Resolve(run)
		if err != nil {
			return fault.Invalidf("%s: %w", e.Run, err)
		}
		all = append(all, r)
	}
	for i, f := range all[0].Fields() {
		d := Difference{Key: f.Key}
		differs := false
		for _, r := range all {
			v := settings.Plain(r.Fields()[i].Value)
			if path, ok := v.(string); ok && (f.Key == "task" || f.Key == "dev_file" || f.Key == "data_dir") { // which file, not where it is
				v = filepath.Base(filepath.ToSlash(path))
			}
			differs = differs || len(d.Values) > 0 && v != d.Values[0]
			d.Values = append(d.Values, v)
		}
		if differs && !slices.Contains(MachineKeys(), f.Key) {
			c.Differ = append(c.Differ, d)
		}
	}
	return nil
}

// WriteTable writes a row per run with its letter in the chart and the value at each rank, and a row per setting in which the
// runs differ.
func (c *Comparison) WriteTable(w io.Writer) error {
	ranks := ranksOf(c.Runs)
	header := table.Row{"", "run", "metric", "epoch"}
	for _, rank := range ranks {
		header = append(header, "rank "+strconv.Itoa(rank))
	}
	t := newTable(append(header, "time"), 3)
	for i, e := range c.Runs {
		row := table.Row{figure.Mark(i), e.Run, evaluate.Heading(e.Metric), e.Epoch}
		for _, rank := range ranks {
			row = append(row, e.Final.text(e.Metric, rank))
		}
		t.AppendRow(append(row, e.timeText()))
	}
	if _, err := fmt.Fprintln(w, tabular.Render(t, w)); err != nil || len(c.Differ) == 0 {
		return err
	}
	header = table.Row{"setting"}
	for i := range c.Runs {
		header = append(header, figure.Mark(i))
	}
	t = newTable(header, len(header))
	for _, d := range c.Differ {
		row := table.Row{d.Key}
		for _, v := range d.Values {
			row = append(row, settings.YAMLValue(v))
		}
		t.AppendRow(row)
	}
	_, err := fmt.Fprintf(w, "\n%s\n", tabular.Render(t, w))
	return err
}

// Figure is the metric by rank, a curve per run. Runs of different metrics have none: it is an error of class Usage.
func (c *Comparison) Figure() (*figure.Figure, error) {
	metric, task := c.Runs[0].Metric, c.Runs[0].Task
	var paths []string
	for _, e := range c.Runs {
		if e.Metric != metric {
			return nil, fault.Usagef("no chart: %s has %s, and %s has %s", c.Runs[0].Run, evaluate.Name(metric), e.Run, evaluate.Name(e.Metric))
		}
		if e.Task != task {
			task = "several tasks"
		}
		paths = append(paths, e.Run)
	}
	names := figure.RunNames(paths)
	var runs []figure.Run
	for i, e := range c.Runs {
		r := figure.Run{Name: figure.Mark(i) + " " + names[i]}
		for _, rank := range ranksOf([]Entry{{Result: &Result{Final: e.Final}}}) {
			report := evaluate.RankReport{Rank: rank}
			if v := e.Final[rank]; v != nil {
				report.Value = evaluate.Number(*v)
			}
			r.Ranks = append(r.Ranks, report)
		}
		runs = append(runs, r)
	}
	return figure.Runs(fmt.Sprintf("%s dev: %s by rank", task, evaluate.Name(metric)), metric, runs), nil
}

// Draw writes the figure to each of the files, .svg or .png.
func (c *Comparison) Draw(paths []string) error {
	if len(paths) == 0 {
		return nil
	}
	f, err := c.Figure()
	for _, path := range paths {
		if err == nil {
			err = figure.Write(path, f)
		}
	}
	return err
}

// Print writes the table, and the chart for a terminal of so many columns where there is one.
func (c *Comparison) Print(w io.Writer, columns int) error {
	if err := c.WriteTable(w); err != nil {
		return err
	}
	f, err := c.Figure()
	if err != nil {
		_, err = fmt.Fprintf(w, "\n%v\n", err)
		return err
	}
	chart := f.Chart(columns)
	if chart == "" {
		return nil
	}
	_, err = fmt.Fprintf(w, "\n%s", chart)
	return err
}
