package figure

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/dylora/dylora/internal/evaluate"
)

// Cost is what a rank costs, by a measure.
type Cost struct {
	Name   string // with the unit, as the axis is labelled
	Of     map[int]float64
	Format func(float64) string // of the axis; nil: a decimal number
}

// ByCost is the figure of a sweep's headline metric against a cost: each rank a dot, and a
// line around those that no other rank beats in both. Ranks without a cost or a value are
// left out.
func ByCost(s *evaluate.Sweep, c Cost) *Figure {
	f := &Figure{
		Title: fmt.Sprintf("%s by %s", evaluate.Name(s.Metric), c.Name),
		X:     Axis{Label: c.Name, Format: c.Format},
		Y:     Axis{Label: evaluate.Heading(s.Metric)},
	}
	f.Least, f.Floor, f.Ceiling = bounds(s)
	dots, line := Curve{Name: "ranks", Loose: true, Quiet: true}, Curve{Name: "front", Steps: true, Quiet: true}
	front := Front(s, c.Of)
	for _, r := range s.Ranks {
		v, ok := r.Value.Float()
		cost, known := c.Of[r.Rank]
		if !ok || !known {
			continue
		}
		p := At(cost, evaluate.Unit(s.Metric)*v, "r"+strconv.Itoa(r.Rank))
		p.Told = fmt.Sprintf("rank %d: %s at %s", r.Rank, evaluate.Text(s.Metric, r.Value), format(c, cost))
		p.Strong = s.Decision != nil && s.Decision.Rank == r.Rank
		if front[r.Rank] {
			line.Points = append(line.Points, p)
		} else {
			p.Hollow = true
			p.Told += ", no better than a cheaper rank"
		}
		dots.Points = append(dots.Points, p)
	}
	slices.SortStableFunc(line.Points, func(a, b Point) int { return cmp.Compare(a.X, b.X) })
	f.Curves = []Curve{dots, line}
	return f
}

func format(c Cost, v float64) string {
	if c.Format != nil {
		return c.Format(v)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// Front are the ranks of a sweep on its Pareto front: those than which no other rank has a
// metric at least as good for a cost at most as high, one of the two strictly.
func Front(s *evaluate.Sweep, cost map[int]float64) map[int]bool {
	front := map[int]bool{}
	sign := 1.0
	if !evaluate.Larger(s.Metric) {
		sign = -1
	}
	for _, r := range s.Ranks {
		v, ok := r.Value.Float()
		c, known := cost[r.Rank]
		if !ok || !known {
			continue
		}
		front[r.Rank] = !slices.ContainsFunc(s.Ranks, func(o evaluate.RankReport) bool {
			w, ok := o.Value.Float()
			d, known := cost[o.Rank]
			return ok && known && sign*w >= sign*v && d <= c && (sign*w > sign*v || d < c)
		})
	}
	return front
}
