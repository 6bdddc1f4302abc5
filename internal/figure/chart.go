package figure

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/guptarohit/asciigraph"

	"github.com/dylora/dylora/internal/evaluate"
)

// Chart draws a sweep's headline metric by rank for a terminal of so many columns; no line is
// longer, but for less than about 20 columns. Its rows are a fraction of a round step of the
// metric, and those on a step are labelled. It ends in a newline.
func Chart(s *evaluate.Sweep, columns int) string {
	f := ByRank(s)
	f.Levels = nil
	points := f.Curves[0].Points
	caption := evaluate.Heading(s.Metric) + " by rank"
	switch len(points) {
	case 0:
		return caption + ": undefined at every rank\n"
	case 1:
		return fmt.Sprintf("%s: %s at rank %v\n", caption, points[0].Text, points[0].X)
	}
	ticks, rows := chartTicks(f)
	label := func(v float64) string {
		for _, t := range ticks {
			if math.Abs(t.At-v) < 1e-6*math.Abs(ticks[1].At-ticks[0].At) {
				return t.Text
			}
		}
		return ""
	}
	left := 0 // columns of the longest label
	for _, t := range ticks {
		left = max(left, utf8.RuneCountInString(t.Text))
	}
	width := min(max(columns-left-4, 8), 100)
	c := chart{f: f, points: points, width: width, low: ticks[0].At, high: ticks[len(ticks)-1].At, rows: rows}
	graph := asciigraph.Plot(c.curve(), asciigraph.Height(rows), asciigraph.YAxisValueFormatter(label),
		asciigraph.LowerBound(c.low), asciigraph.UpperBound(c.high))
	return fmt.Sprintf("%s\n\n%s%s\n", caption, c.marked(strings.Split(graph, "\n")), c.rankAxis(left+3))
}

// Print writes a sweep for people at a terminal of so many columns: the table, and of two ranks or more
// the chart and the answer.
func Print(w io.Writer, s *evaluate.Sweep, columns int) error {
	if err := s.WriteTable(w); err != nil || len(s.Ranks) < 2 {
		return err
	}
	if _, err := fmt.Fprintf(w, "\n%s", Chart(s, columns)); err != nil {
		return err
	}
	return s.WriteAnswer(w)
}

// chartTicks are the round values that the chart reaches from and to, and how many rows that
// takes.
func chartTicks(f *Figure) ([]Tick, int) {
	low, high := f.extent()
	step := roundStep((high - low) / 5)
	low, high = step*math.Floor(low/step+1e-9), step*math.Ceil(high/step-1e-9)
	ticks := roundTicks(low, high, int(math.Round((high-low)/step)), nil)
	n := len(ticks) - 1
	return ticks, n * max(1, int(math.Round(10/float64(n))))
}

// chart is what a terminal shows of a figure: the curve in width columns.
type chart struct {
	f           *Figure
	points      []Point
	width, rows int
	low, high   float64
}

// column is where a rank stands in the curve.
func (c *chart) column(x float64) int {
	first, last := c.f.X.place(c.points[0].X), c.f.X.place(c.points[len(c.points)-1].X)
	return int(math.Round(float64(c.width-1) * (c.f.X.place(x) - first) / (last - first)))
}

// curve is the values on the way from the first rank to the last, one for each column and one
// more, as asciigraph draws what lies between two values.
func (c *chart) curve() []float64 {
	curve := make([]float64, c.width+1)
	next := 1
	first, last := c.f.X.place(c.points[0].X), c.f.X.place(c.points[len(c.points)-1].X)
	for i := range curve {
		x := first + (last-first)*math.Min(1, float64(i)/float64(c.width-1))
		for next < len(c.points)-1 && x > c.f.X.place(c.points[next].X) {
			next++
		}
		a, b := c.points[next-1], c.points[next]
		t := (x - c.f.X.place(a.X)) / (c.f.X.place(b.X) - c.f.X.place(a.X))
		curve[i] = a.Y + math.Max(0, math.Min(1, t))*(b.Y-a.Y)
	}
	return curve
}

// marked puts a dot on each rank of a graph, and a plain axis where there is no label.
func (c *chart) marked(lines []string) string {
	cells := make([][]rune, len(lines))
	axis := -1
	for i, l := range lines {
		cells[i] = []rune(l)
		if at := slices.IndexFunc(cells[i], func(r rune) bool { return r == '┤' || r == '┼' }); at >= 0 {
			axis = at
			cells[i][at] = '┤'
			if strings.TrimSpace(string(cells[i][:at])) == "" {
				cells[i][at] = '│'
			}
		}
	}
	for _, p := range c.points {
		row := c.rows - int(math.Round((p.Y-c.low)/(c.high-c.low)*float64(c.rows)))
		column := axis + 1 + c.column(p.X)
		if row < 0 || row >= len(cells) {
			continue
		}
		for len(cells[row]) <= column {
			cells[row] = append(cells[row], ' ')
		}
		cells[row][column] = '●'
	}
	var b strings.Builder
	for _, row := range cells {
		b.WriteString(strings.TrimRight(string(row), " ") + "\n")
	}
	return b.String()
}

// rankAxis is the line of ranks under a graph, each below its dot, as many as have room.
func (c *chart) rankAxis(left int) string {
	line := []rune(strings.Repeat(" ", left+c.width+1))
	for _, t := range c.f.X.Ticks {
		text := []rune(t.Text)
		from := min(max(left+c.column(t.At)-(len(text)-1)/2, 0), len(line)-len(text))
		before, after := max(from-1, 0), min(from+len(text)+1, len(line))
		if !slices.ContainsFunc(c.points, func(p Point) bool { return p.X == t.At }) || strings.TrimSpace(string(line[before:after])) != "" {
			continue
		}
		copy(line[from:], text)
	}
	return strings.TrimRight(string(line), " ")
}
