package evaluate

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/guptarohit/asciigraph"
)

// Chart draws the headline metric by rank for a terminal, width columns of curve wide.
// It ends in a newline.
func (s *Sweep) Chart(width, height int) string {
	points := s.points()
	caption := fmt.Sprintf("%s by rank", Heading(s.Metric))
	switch len(points) {
	case 0:
		return caption + ": undefined at every rank\n"
	case 1:
		return fmt.Sprintf("%s: %s at rank %d\n", caption, points[0].text, points[0].rank)
	}
	width, height = max(width, 2), max(height, 2)
	graph := asciigraph.Plot(s.curve(points, width),
		asciigraph.Height(height),
		asciigraph.YAxisValueFormatter(func(v float64) string { return Text(s.Metric, Number(v/s.unit())) }),
	)
	rows := strings.Split(graph, "\n")
	return fmt.Sprintf("%s\n\n%s\n%s\n", caption, graph, s.rankAxis(rows, points, width))
}

// curve is the values on the way from the first rank to the last in width equal steps.
func (s *Sweep) curve(points []point, width int) []float64 {
	scale := s.scale()
	first, last := scale(points[0].rank), scale(points[len(points)-1].rank)
	curve := make([]float64, width)
	next := 1
	for i := range curve {
		x := first + (last-first)*float64(i)/float64(width-1)
		for next < len(points)-1 && x > scale(points[next].rank) {
			next++
		}
		a, b := points[next-1], points[next]
		t := (x - scale(a.rank)) / (scale(b.rank) - scale(a.rank))
		curve[i] = a.value + min(1, t)*(b.value-a.value)
	}
	return curve
}

// rankAxis is the line of ranks under a graph, each below its value.
func (s *Sweep) rankAxis(rows []string, points []point, width int) string {
	scale := s.scale()
	first, last := scale(points[0].rank), scale(points[len(points)-1].rank)
	left := 0 // the column of the vertical axis
	for _, row := range rows {
		if i := strings.IndexAny(row, "┤┼"); i >= 0 {
			left = len([]rune(row[:i])) + 1
			break
		}
	}
	column := func(rank int) int { // where the rank's number begins
		at := left + int(float64(width-1)*(scale(rank)-first)/(last-first)+0.5)
		return max(0, at-len(strconv.Itoa(rank))/2)
	}
	ranks := make([]int, len(points))
	for i, p := range points {
		ranks[i] = p.rank
	}
	line := ""
	for _, r := range thin(ranks, func(a, b int) bool {
		a, b = min(a, b), max(a, b)
		return column(a)+len(strconv.Itoa(a)) < column(b)
	}) {
		line += strings.Repeat(" ", column(r)-len(line)) + strconv.Itoa(r)
	}
	return line
}
