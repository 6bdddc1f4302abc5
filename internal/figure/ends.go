package figure

import (
	"cmp"
	"math"
	"slices"
)

// end is a name at the right end of a line.
type end struct {
	role   role
	series int
	text   string
	style  style
	at     xy      // of the line's end
	y      float64 // of the name's baseline
	beyond bool    // the line is below or above the axis
}

const (
	spacing = 15.0 // between baselines of names
	leader  = 14.0 // from a line's end to its name
)

// ends are the names to be written to the right of the plot: of each curve with points, but
// for fronts, and of each level.
func (l *layout) ends(page Page) (names []end) {
	room := page.Width / 3
	for i := range l.f.Curves {
		c := &l.f.Curves[i]
		if len(c.Points) == 0 || c.Quiet || c.Name == "" {
			continue
		}
		s := labelStyle
		if i == 0 {
			s = strongStyle
		}
		names = append(names, end{role: values, series: i, text: s.fit(plain(c.Name), room), style: s})
	}
	for i, level := range l.f.Levels {
		e := end{role: bound, series: i, text: plain(level.Name), style: labelStyle}
		switch {
		case level.Y < l.low:
			e.text, e.beyond = "↓ "+e.text, true
		case level.Y > l.high:
			e.text, e.beyond = "↑ "+e.text, true
		}
		e.text = labelStyle.fit(e.text, room)
		names = append(names, e)
	}
	return names
}

// margin is the room to the right of the plot.
func (l *layout) margin(Page) float64 {
	widest := 0.0
	for _, e := range l.names {
		widest = max(widest, e.style.width(e.text))
	}
	if widest == 0 {
		return 0
	}
	return widest + leader
}

// nameEnds writes the names, each as near to its line's end as the others let it, and joins
// those that had to move with their lines.
func (l *layout) nameEnds() {
	for i := range l.names {
		e := &l.names[i]
		if e.role == bound {
			y := l.f.Levels[e.series].Y
			e.at = l.at(l.f.across0(), math.Max(l.low, math.Min(l.high, y)))
			e.at.X = l.plot.right
		} else {
			points := l.f.Curves[e.series].Points
			p := points[len(points)-1]
			e.at = l.at(p.X, p.Y)
		}
		e.y = e.at.Y + 4
	}
	slices.SortStableFunc(l.names, func(a, b end) int { return cmp.Compare(a.y, b.y) })
	baselines := make([]float64, len(l.names))
	for i, e := range l.names {
		baselines[i] = e.y
	}
	spread(baselines, spacing, l.plot.top+8, l.plot.bottom-2)
	for i := range l.names {
		e := &l.names[i]
		e.y = baselines[i]
		m := newText(e.role, xy{l.plot.right + leader, e.y}, 0, e.style, e.text)
		m.series = e.series
		if e.y > l.d.Height-2 { // more names than lines of text
			continue
		}
		l.d.marks = append(l.d.marks, m)
		if !e.beyond {
			l.lead(*e)
		}
	}
}

// lead joins a line's end with its name.
func (l *layout) lead(e end) {
	from, to := xy{math.Min(e.at.X+7, l.plot.right), e.at.Y}, xy{l.plot.right + leader - 4, e.y - 4}
	far := to.X-from.X > inset+leader && len(l.names) > 1
	if e.role == bound || math.Abs(from.Y-to.Y) > 3 || far {
		l.d.line(frame, 0, from, xy{l.plot.right, e.at.Y}, to)
		l.lines = append(l.lines, [2]xy{from, {l.plot.right, e.at.Y}})
	}
}

// spread moves ascending places so that neighbours are at least apart from each other and,
// where that is possible, between low and high, and no further than that needs: places that
// collide move as a block around their mean (pool adjacent violators).
func spread(places []float64, apart, low, high float64) {
	type block struct {
		sum float64 // of where the members' first would be best
		n   int
	}
	var blocks []block
	for i, p := range places {
		b := block{p - float64(i)*apart, 1}
		for len(blocks) > 0 && blocks[len(blocks)-1].sum/float64(blocks[len(blocks)-1].n) >= b.sum/float64(b.n) {
			last := blocks[len(blocks)-1]
			b = block{b.sum + last.sum, b.n + last.n}
			blocks = blocks[:len(blocks)-1]
		}
		blocks = append(blocks, b)
	}
	most := high - float64(len(places)-1)*apart
	i := 0
	for _, b := range blocks {
		first := math.Max(low, math.Min(most, b.sum/float64(b.n)))
		for range b.n {
			places[i] = first + float64(i)*apart
			i++
		}
	}
}
