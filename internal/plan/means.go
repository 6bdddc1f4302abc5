package plan

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/tabular"
)

// Means are mean and standard deviation over the trainings of each group, by rank.
type Means struct {
	By     []string // what groups differ in: settings, or arm
	Groups []Group
}

// Group are trainings that agree in everything but what is averaged over.
type Group struct {
	Labels  []string // one per key of Means.By
	Metric  string
	Count   int // trainings that are done
	Of      int // of so many
	Seconds float64
	values  map[int][]float64
}

// armKey stands for the arm among the keys of groups.
const armKey = "arm"

// Average groups the entries by settings, or by everything but the seed where by is empty, in
// the order of the entries, and takes their final values, or those after the last epoch. Trainings
// that are not done, and undefined values, do not count.
func Average(entries []Entry, by []string, last bool) (*Means, error) {
	for _, key := range by {
		if key != armKey && !slices.Contains(settings.Keys(), key) {
			return nil, fault.Because(settings.UnknownSetting, fault.Usagef("%q is neither a setting nor arm", key))
		}
	}
	if len(by) == 0 {
		by = differing(entries)
	}
	metric := map[string]string{} // of the first training of a group that is done; the others count as its
	for _, e := range entries {
		if name := strings.Join(e.labels(by), "\x00"); e.State == Done && metric[name] == "" {
			metric[name] = e.Metric
		}
	}
	m := &Means{By: by}
	at := map[string]int{}
	for _, e := range entries {
		labels := e.labels(by)
		of := e.Metric
		if e.State != Done {
			of = metric[strings.Join(labels, "\x00")]
		}
		name := strings.Join(append(slices.Clone(labels), of), "\x00")
		if _, known := at[name]; !known {
			at[name] = len(m.Groups)
			m.Groups = append(m.Groups, Group{Labels: labels, Metric: of, values: map[int][]float64{}})
		}
		values := e.Final
		if last {
			values = e.Last
		}
		m.Groups[at[name]].add(e, values)
	}
	return m, nil
}

func (g *Group) add(e Entry, values Scores) {
	g.Of++
	if e.State != Done {
		return
	}
	g.Count++
	g.Seconds += e.Seconds
	for rank, v := range values {
		if v != nil {
			g.values[rank] = append(g.values[rank], *v)
		}
	}
}

func (e Entry) labels(by []string) []string {
	labels := make([]string, len(by))
	for i, key := range by {
		if key == armKey {
			labels[i] = e.Arm
		} else {
			labels[i] = e.setting(key)
		}
	}
	return labels
}

// differing are the keys that tell the entries apart, but for the seed: task, arm, and of the
// other settings those that differ between entries that agree in all keys before.
func differing(entries []Entry) []string {
	by := []string{}
	for _, key := range append([]string{"task", armKey}, settingKeys(entries)...) {
		if key == "seed" || slices.Contains(by, key) {
			continue
		}
		first, splits := map[string]string{}, false
		for _, e := range entries {
			group, label := strings.Join(e.labels(by), "\x00"), e.labels([]string{key})[0]
			if before, known := first[group]; known && before != label {
				splits = true
			}
			first[group] = label
		}
		if splits {
			by = append(by, key)
		}
	}
	return by
}

// at is the mean and the standard deviation over n values at a rank; that of one is 0.
func (g *Group) at(rank int) (mean, deviation float64, n int) {
	values := g.values[rank]
	for _, v := range values {
		mean += v / float64(len(values))
	}
	if len(values) < 2 {
		return mean, 0, len(values)
	}
	for _, v := range values {
		deviation += (v - mean) * (v - mean) / float64(len(values)-1)
	}
	return mean, math.Sqrt(deviation), len(values)
}

func (m *Means) ranks() (ranks []int) {
	for _, g := range m.Groups {
		for rank := range g.values {
			if !slices.Contains(ranks, rank) {
				ranks = append(ranks, rank)
			}
		}
	}
	slices.Sort(ranks)
	return ranks
}

// WriteTable writes a row per group: "mean ± standard deviation" at each rank, with the
// number of trainings behind it where a rank has fewer than the group.
func (m *Means) WriteTable(w io.Writer) error {
	header := table.Row{}
	for _, key := range m.By {
		header = append(header, key)
	}
	header = append(header, "metric", "trainings")
	for _, rank := range m.ranks() {
		header = append(header, "rank "+strconv.Itoa(rank))
	}
	t := newTable(append(header, "time each"), len(m.By)+1)
	for _, g := range m.Groups {
		row := table.Row{}
		for _, label := range g.Labels {
			row = append(row, label)
		}
		count := strconv.Itoa(g.Count)
		if g.Count < g.Of {
			count += " of " + strconv.Itoa(g.Of)
		}
		row = append(row, evaluate.Heading(g.Metric), count)
		for _, rank := range m.ranks() {
			row = append(row, g.cell(rank))
		}
		each := ""
		if g.Count > 0 {
			each = timeText(g.Seconds / float64(g.Count))
		}
		t.AppendRow(append(row, each))
	}
	_, err := fmt.Fprintln(w, tabular.Render(t, w))
	return err
}

func (g *Group) cell(rank int) string {
	mean, deviation, n := g.at(rank)
	if n == 0 {
		return ""
	}
	text := evaluate.Text(g.Metric, evaluate.Number(mean))
	if n > 1 {
		text += " ± " + evaluate.Text(g.Metric, evaluate.Number(deviation))
	}
	if n < g.Count {
		text += fmt.Sprintf(" (%d)", n)
	}
	return text
}

// WriteCSV writes a line per group and rank: the group's keys, metric, measured rank, mean,
// standard deviation and the number of trainings.
func (m *Means) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	if err := c.Write(append(slices.Clone(m.By), "metric", "measured_rank", "mean", "sd", "trainings")); err != nil {
		return err
	}
	for _, g := range m.Groups {
		for _, rank := range m.ranks() {
			mean, deviation, n := g.at(rank)
			if n == 0 {
				continue
			}
			sd := ""
			if n > 1 {
				sd = strconv.FormatFloat(deviation, 'g', -1, 64)
			}
			row := append(slices.Clone(g.Labels), g.Metric, strconv.Itoa(rank), strconv.FormatFloat(mean, 'g', -1, 64), sd, strconv.Itoa(n))
			if err := c.Write(row); err != nil {
				return err
			}
		}
	}
	c.Flush()
	return c.Error()
}
