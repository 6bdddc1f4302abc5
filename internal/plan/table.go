package plan

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/tabular"
)

// Table says what is shown of trainings.
type Table struct {
	Means bool   // over seeds, instead of the single trainings
	By    string // what means are grouped by, with commas between; not "": Means
	Last  bool   // means of the values after the last epoch; true: Means
	CSV   bool   // comma-separated values
}

// Write shows the trainings.
func (t Table) Write(w io.Writer, entries Entries) error {
	if !t.Means && t.By == "" && !t.Last {
		if t.CSV {
			return entries.WriteCSV(w)
		}
		return entries.WriteTable(w)
	}
	by := strings.FieldsFunc(t.By, func(c rune) bool { return c == ',' || c == ' ' })
	m, err := Average(entries, by, t.Last)
	switch {
	case err != nil:
		return err
	case t.CSV:
		return m.WriteCSV(w)
	}
	return m.WriteTable(w)
}

// ranksOf are the ranks that any of the entries has a value of, ascending.
func ranksOf(entries []Entry) []int {
	ranks := map[int]bool{}
	for _, e := range entries {
		for _, s := range []Scores{e.Final, e.Last} {
			for rank := range s {
				ranks[rank] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(ranks))
}

// WriteTable writes a row per training: its state, the value at each rank of the adapter that
// was kept, or of the last evaluation so far, and the time. Why trainings failed is said below.
func (entries Entries) WriteTable(w io.Writer) error {
	ranks := ranksOf(entries)
	header := table.Row{"index", "run", "state", "metric"}
	for _, rank := range ranks {
		header = append(header, "rank "+strconv.Itoa(rank))
	}
	header = append(header, "time")
	predicted := slices.ContainsFunc(entries, func(e Entry) bool { return e.Predicted != nil })
	if predicted {
		header = append(header, "predicted")
	}
	t := newTable(header, 4)
	count := map[State]int{}
	for _, e := range entries {
		count[e.State]++
		row := table.Row{e.Index, e.Run, e.progress(), evaluate.Heading(e.Metric)}
		values := e.Final
		if len(values) == 0 {
			values = e.Last
		}
		for _, rank := range ranks {
			row = append(row, values.text(e.Metric, rank))
		}
		row = append(row, e.timeText())
		if predicted {
			row = append(row, e.predictedText())
		}
		t.AppendRow(row)
	}
	if _, err := fmt.Fprintln(w, tabular.Render(t, w)); err != nil {
		return err
	}
	for _, e := range entries {
		if e.Why != "" {
			if _, err := fmt.Fprintf(w, "%s: %s\n", e.Run, strings.ReplaceAll(e.Why, "\n", "; ")); err != nil {
				return err
			}
		}
	}
	var sum []string
	for _, s := range []State{Done, Running, Stopped, Failed, Missing} {
		if count[s] > 0 {
			sum = append(sum, fmt.Sprintf("%d %s", count[s], s))
		}
	}
	_, err := fmt.Fprintf(w, "%d trainings: %s\n", len(entries), strings.Join(sum, ", "))
	return err
}

// progress is the state, and how much of one that is not done is trained.
func (e Entry) progress() string {
	if e.Step == 0 || e.Steps == 0 {
		return string(e.State)
	}
	return fmt.Sprintf("%s at %d %%", e.State, 100*e.Step/e.Steps)
}

// timeText is the time that the training took, or of a run without a plan that of its loop.
func (e Entry) timeText() string { return timeText(cmp.Or(e.Seconds, e.TrainingSeconds)) }

// predictedText is the time that was predicted of the training, if any was.
func (e Entry) predictedText() string {
	if e.Predicted == nil {
		return ""
	}
	return timeText(e.Predicted.Seconds)
}

func timeText(s float64) string {
	if s == 0 {
		return ""
	}
	return evaluate.Duration(s)
}

// newTable rules off its header; columns from the given one on are numbers.
func newTable(header table.Row, numbers int) table.Writer {
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.Options{SeparateHeader: true}
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	t.AppendHeader(header)
	var columns []table.ColumnConfig
	for i := range header {
		if i >= numbers || header[i] == "index" {
			columns = append(columns, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	t.SetColumnConfigs(columns)
	return t
}

// settingKeys are those that any entry says something of, sorted.
func settingKeys(entries []Entry) []string {
	keys := map[string]bool{}
	for _, e := range entries {
		for key := range e.Settings {
			keys[key] = true
		}
	}
	delete(keys, "metric") // it has a column of its own
	return slices.Sorted(maps.Keys(keys))
}

// WriteCSV writes a line per training and rank, and one for a training without values: index,
// id, arm, run folder, state, the settings of the plan each in a column of its own, metric,
// measured rank, the value of the adapter that was kept and of the last evaluation, as
// fractions in full precision, the seconds, and why it failed.
func (entries Entries) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	keys := settingKeys(entries)
	header := append([]string{"index", "id", "arm", "run", "state"}, keys...)
	if err := c.Write(append(header, "metric", "measured_rank", "final", "last", "seconds", "training_seconds", "cpu_seconds", "why")); err != nil {
		return err
	}
	for _, e := range entries {
		begin := []string{strconv.Itoa(e.Index), e.ID, e.Arm, e.Run, string(e.State)}
		for _, key := range keys {
			begin = append(begin, e.setting(key))
		}
		end := []string{number(e.Seconds), number(e.TrainingSeconds), number(e.CPUSeconds), e.Why}
		rows := [][]string{}
		for _, rank := range ranksOf([]Entry{e}) {
			rows = append(rows, []string{e.Metric, strconv.Itoa(rank), e.Final.exact(rank), e.Last.exact(rank)})
		}
		if len(rows) == 0 {
			rows = [][]string{{e.Metric, "", "", ""}}
		}
		for _, row := range rows {
			if err := c.Write(slices.Concat(begin, row, end)); err != nil {
				return err
			}
		}
	}
	c.Flush()
	return c.Error()
}

// setting is the value of a key as text; "" where the entry says nothing of it.
func (e Entry) setting(key string) string {
	v, ok := e.Settings[key]
	if !ok {
		return ""
	}
	return fmt.Sprint(v)
}

func number(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(v, 'f', 3, 64)
}

// exact is the value at a rank in full precision.
func (s Scores) exact(rank int) string {
	v, ok := s[rank]
	switch {
	case !ok:
		return ""
	case v == nil:
		return "undefined"
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}
