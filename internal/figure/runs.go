package figure

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/evaluate"
)

// Run is what a figure shows of one of several runs.
type Run struct {
	Name  string
	Ranks []evaluate.RankReport
}

// Runs is the figure of a metric by rank of several runs, a curve for each.
func Runs(title, metric string, runs []Run) *Figure {
	all := &evaluate.Sweep{Metric: metric}
	for _, r := range runs {
		all.Ranks = append(all.Ranks, r.Ranks...)
	}
	f := &Figure{Title: title, X: rankAxis(all), Y: Axis{Label: evaluate.Heading(metric)}}
	f.Least, f.Floor, f.Ceiling = bounds(all)
	for i, r := range runs {
		c := curve(metric, r.Name, r.Ranks)
		for k := range c.Points {
			p := &c.Points[k]
			p.Low, p.High = math.NaN(), math.NaN() // bands over bands cannot be read
			if i > 0 {
				p.Told, p.Text = p.Text, ""
			}
		}
		f.Curves = append(f.Curves, c)
	}
	return f
}

// Write draws a figure to a file: a PNG where the name ends in .png, else an SVG. The file is written whole
// or not at all.
func Write(path string, f *Figure) error {
	d := f.Layout(Wide)
	write := d.WriteSVG
	if strings.EqualFold(filepath.Ext(path), ".png") {
		write = d.WritePNG
	}
	return disk.WriteFile(path, write)
}

// MaxMarks is how many curves Chart of a figure can tell apart: one for each letter.
const MaxMarks = 26

// Mark is the letter of a curve in a terminal's chart.
func Mark(curve int) string { return string(rune('A' + curve%MaxMarks)) }

// Chart draws the curves of a figure for a terminal of so many columns, in ASCII: each value is the letter of its curve, * stands
// where several fall together, and dots lead from value to value. It ends in a newline; it is "" where no curve
// has two values.
func (f *Figure) Chart(columns int) string {
	drawn := slices.ContainsFunc(f.Curves, func(c Curve) bool { return len(c.Points) > 1 })
	if !drawn {
		return ""
	}
	ticks, rows := chartTicks(f)
	left := 0 // columns of the longest label
	for _, t := range ticks {
		left = max(left, utf8.RuneCountInString(t.Text))
	}
	g := &letters{f: f, width: min(max(columns-left-4, 8), 100), rows: rows, low: ticks[0].At, high: ticks[len(ticks)-1].At}
	g.first, g.last = f.across()
	g.cells = make([][]byte, rows+1)
	for i := range g.cells {
		g.cells[i] = []byte(strings.Repeat(" ", g.width))
	}
	for i := range f.Curves {
		g.lead(f.Curves[i].Points)
	}
	for i := range f.Curves {
		g.mark(f.Curves[i].Points, Mark(i)[0])
	}
	var b strings.Builder
	over, _, _ := strings.Cut(f.X.Label, ",") // that the axis is logarithmic its ranks show
	fmt.Fprintf(&b, "%s by %s\n\n", f.Y.Label, over)
	for row, cells := range g.cells {
		label, edge := "", "|"
		for _, t := range ticks {
			if g.row(t.At) == row {
				label, edge = t.Text, "+"
			}
		}
		b.WriteString(strings.TrimRight(fmt.Sprintf("%*s %s %s", left, label, edge, cells), " ") + "\n")
	}
	b.WriteString(g.axis(left+3) + "\n")
	return b.String()
}

// letters is a chart's characters, row 0 at the top.
type letters struct {
	f           *Figure
	cells       [][]byte
	width, rows int
	low, high   float64 // of the rows
	first, last float64 // of the columns, as the axis places them
}

func (g *letters) row(y float64) int {
	return g.rows - int(math.Round((y-g.low)/(g.high-g.low)*float64(g.rows)))
}

func (g *letters) column(x float64) int {
	return int(math.Round(float64(g.width-1) * (g.f.X.place(x) - g.first) / (g.last - g.first)))
}

// lead dots the way between the points of a curve.
func (g *letters) lead(points []Point) {
	for k := range points[:max(len(points)-1, 0)] {
		a, b := points[k], points[k+1]
		from, to := g.column(a.X), g.column(b.X)
		for c := from + 1; c < to; c++ {
			y := a.Y + (b.Y-a.Y)*float64(c-from)/float64(to-from)
			g.cells[g.row(y)][c] = '.'
		}
	}
}

func (g *letters) mark(points []Point, letter byte) {
	for _, p := range points {
		cell := &g.cells[g.row(p.Y)][g.column(p.X)]
		if *cell == ' ' || *cell == '.' {
			*cell = letter
		} else {
			*cell = '*'
		}
	}
}

// axis is the line of ranks under the chart, as many as have room.
func (g *letters) axis(left int) string {
	line := []byte(strings.Repeat(" ", left+g.width+8))
	for _, t := range g.f.X.Ticks {
		from := max(left+g.column(t.At)-(len(t.Text)-1)/2, 0)
		to := from + len(t.Text)
		if to+1 <= len(line) && strings.TrimSpace(string(line[max(from-1, 0):to+1])) == "" {
			copy(line[from:], t.Text)
		}
	}
	return strings.TrimRight(string(line), " ")
}

// RunNames are names for runs by their folders: the last part of each path, or, where two share it, the whole
// paths.
func RunNames(paths []string) []string {
	names := make([]string, len(paths))
	seen := map[string]bool{}
	for i, path := range paths {
		names[i] = filepath.Base(filepath.Clean(path))
		if seen[names[i]] {
			return slices.Clone(paths)
		}
		seen[names[i]] = true
	}
	return names
}
