package evaluate

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/dylora/dylora/internal/tabular"
)

// Text shows v as papers do: in hundredths with one decimal, 95.1 for an accuracy of
// 0.951 and 63.4 for a correlation of 0.634; a loss with four significant
// digits. Undefined is "undefined".
func Text(metric string, v Value) string {
	f, ok := v.Float()
	switch {
	case !ok:
		return "undefined"
	case !hundredths(metric):
		return strconv.FormatFloat(f, 'g', 4, 64)
	}
	return unsigned(strconv.FormatFloat(100*f, 'f', 1, 64))
}

func hundredths(metric string) bool { return Unit(metric) == 100 }

// Difference is how far v is from full, with its sign, in the unit of Text.
func Difference(metric string, v, full Value) string {
	f, ok := v.Sub(full).Float()
	switch {
	case !ok:
		return "undefined"
	case !hundredths(metric):
		return fmt.Sprintf("%+.4g", f)
	}
	return unsigned(fmt.Sprintf("%+.1f", 100*f))
}

// unsigned drops the sign of what was rounded to zero.
func unsigned(s string) string {
	if bare := strings.TrimLeft(s, "+-"); bare == "0.0" {
		return bare
	}
	return s
}

// Size shows bytes in decimal units, as file managers and the Hub do: "48.3 kB".
func Size(bytes int64) string {
	switch b := float64(bytes); {
	case b < 1e3:
		return fmt.Sprintf("%d B", bytes)
	case b < 999.95e3:
		return fmt.Sprintf("%.1f kB", b/1e3)
	case b < 999.95e6:
		return fmt.Sprintf("%.1f MB", b/1e6)
	default:
		return fmt.Sprintf("%.1f GB", b/1e9)
	}
}

// Grouped writes n with a comma between thousands.
func Grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// WriteTable writes one row per rank: parameters, size of the adapter file, the metrics,
// and the headline's difference to the largest rank of the sweep.
func (s *Sweep) WriteTable(w io.Writer) error {
	full := s.Full()
	if full == nil {
		return nil
	}
	t := table.NewWriter()
	t.SetStyle(tableStyle())
	header := table.Row{"rank", "parameters", "adapter"}
	interval := s.intervalHeading()
	for i, m := range full.Metrics {
		header = append(header, Heading(m.Name))
		if i == 0 && interval != "" {
			header = append(header, interval)
		}
	}
	header = append(header, fmt.Sprintf("vs rank %d", full.Rank))
	for _, b := range s.Baselines {
		header = append(header, b.Name)
	}
	t.AppendHeader(header)
	columns := make([]table.ColumnConfig, len(header))
	for i := range columns {
		columns[i] = table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight}
	}
	t.SetColumnConfigs(columns)
	for _, r := range s.Ranks {
		row := table.Row{r.Rank, Grouped(r.Parameters), Size(r.Bytes)}
		for i, m := range full.Metrics {
			row = append(row, Text(m.Name, r.Metrics.Get(m.Name)))
			if i == 0 && interval != "" {
				row = append(row, r.interval(s.Metric))
			}
		}
		row = append(row, Difference(s.Metric, r.Value, full.Value))
		for _, b := range s.Baselines {
			row = append(row, b.text(s.Metric, r.Rank))
		}
		t.AppendRow(row)
	}
	lines := append([]string{tabular.Render(t, w)}, OtherDataLines(s.OtherData)...)
	if _, err := fmt.Fprintln(w, strings.Join(lines, "\n")); err != nil {
		return err
	}
	return s.writeTrainings(w)
}

// OtherDataLines say in words which data are not those that the adapter was trained with.
func OtherDataLines(other []string) (lines []string) {
	for _, line := range other {
		lines = append(lines, "other data than in training: "+line)
	}
	return lines
}

// intervalHeading is that of the column of intervals; empty where there is none.
func (s *Sweep) intervalHeading() string {
	if s.Decision == nil || !slices.ContainsFunc(s.Ranks, func(r RankReport) bool { return r.Low != nil }) {
		return ""
	}
	return percent(s.Decision.Confidence) + " interval"
}

// interval is that of a rank, in the unit of Text.
func (r *RankReport) interval(metric string) string {
	if r.Low == nil || r.High == nil {
		return "undefined"
	}
	return Text(metric, Number(*r.Low)) + "–" + Text(metric, Number(*r.High))
}

// tableStyle rules off the header and nothing else, and keeps the case of headings.
func tableStyle() table.Style {
	style := table.StyleLight
	style.Name = "dylora"
	style.Options = table.Options{SeparateHeader: true}
	style.Format.Header = text.FormatDefault
	return style
}
