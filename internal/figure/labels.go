package figure

import (
	"cmp"
	"slices"
)

// offsets are where a label may stand, by preference: from the point to the middle of its
// baseline in units of its own width and in pixels. Above and below first, then aside, then
// further away.
var offsets = []struct{ widths, x, y float64 }{
	{0, 0, -10}, {0, 0, 19},
	{-0.5, -2, -9}, {0.5, 2, -9}, {-0.5, -2, 18}, {0.5, 2, 18},
	{0, 0, -17}, {0, 0, 26},
	{-0.5, -8, 4}, {0.5, 8, 4}, {-0.5, -13, 4}, {0.5, 13, 4},
	{0, 0, -25}, {0, 0, 34},
}

// labels writes the texts of points where they cover no dot, cross no line and touch no
// other text; a text that finds no such place is left out. Those that the figure is about
// come first, then the ends, then the others from the left.
func (l *layout) labels() {
	var taken []box
	for i := range l.d.marks {
		if m := &l.d.marks[i]; m.shape == aText {
			taken = append(taken, m.box().grown(2))
		}
	}
	room := box{l.plot.left, l.plot.top - 6, l.plot.right, l.plot.bottom - 2}
	for _, p := range l.wanted() {
		s := labelStyle
		if p.Strong {
			s = strongStyle
		}
		at, text := l.at(p.X, p.Y), plain(p.Text)
		width := s.width(text)
		for _, o := range offsets {
			m := newText(ink, xy{at.X + o.widths*width + o.x, at.Y + o.y}, 0.5, s, text)
			if b := m.box(); b.within(room) && l.free(b.grown(1), taken) {
				taken = append(taken, b.grown(2))
				l.d.marks = append(l.d.marks, m)
				break
			}
		}
	}
}

// free says whether a box covers nothing that is drawn already.
func (l *layout) free(b box, taken []box) bool {
	return !slices.ContainsFunc(taken, b.meets) && !slices.ContainsFunc(l.dots, b.meets) &&
		!slices.ContainsFunc(l.lines, func(s [2]xy) bool { return b.crossed(s[0], s[1]) })
}

// wanted are the points with a text, in the order in which they get their place.
func (l *layout) wanted() (points []Point) {
	type ranked struct {
		Point
		order int
	}
	var all []ranked
	for i := range l.f.Curves {
		c := &l.f.Curves[i]
		for k, p := range c.Points {
			if p.Text == "" || c.Steps || i > 0 && !c.Loose {
				continue
			}
			order := 2
			switch {
			case p.Strong:
				order = 0
			case i == 0 && (k == 0 || k == len(c.Points)-1):
				order = 1
			}
			all = append(all, ranked{p, order})
		}
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return cmp.Compare(a.order, b.order) })
	for _, r := range all {
		points = append(points, r.Point)
	}
	return points
}

// levels draws the horizontal lines that are on the axis.
func (l *layout) levels() {
	for i, level := range l.f.Levels {
		if level.Y < l.low || level.Y > l.high {
			continue
		}
		from := l.at(l.f.across0(), level.Y)
		from.X = l.plot.left
		to := xy{l.plot.right, from.Y}
		l.d.line(bound, i, from, to)
		l.lines = append(l.lines, [2]xy{from, to})
	}
}
