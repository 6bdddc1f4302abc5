package figure

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Page is what a figure is laid out on.
type Page struct {
	Width, Height float64
	Untitled      bool // the title and what is below it are written elsewhere
}

// The pages that figures are made for.
var (
	Wide   = Page{Width: 720, Height: 440}
	Narrow = Page{Width: 360, Height: 330}
)

// Layout places f on a page. No two texts of the result overlap, all are on the page, and no
// label of a point lies on a line: labels that find no such place are left out.
func (f *Figure) Layout(page Page) *Drawing {
	l := &layout{f: f, d: &Drawing{Width: page.Width, Height: page.Height, Title: plain(f.Title), Description: f.describe()}}
	l.low, l.high = f.upright()
	l.left, l.right = f.across()
	l.names = l.ends(page)
	top := l.heading(page)
	l.frame(page, top)
	if f.empty() {
		l.d.text(muted, xy{(l.plot.left + l.plot.right) / 2, (l.plot.top + l.plot.bottom) / 2}, 0.5, noteStyle, "undefined throughout")
		return l.d
	}
	l.levels()
	l.bands()
	l.curves()
	l.nameEnds()
	l.labels()
	return l.d
}

// layout is a figure on its way to a drawing.
type layout struct {
	f           *Figure
	d           *Drawing
	plot        box     // between the axes
	left, right float64 // of the horizontal axis
	low, high   float64 // of the vertical axis
	names       []end
	lines       [][2]xy // which no label may cross
	dots        []box   // which no label may cover
}

const (
	edge  = 12.0 // between the page's border and what is on it
	inset = 18.0 // between the plot's sides and the outermost points
)

// at is where a value lies on the page.
func (l *layout) at(x, y float64) xy {
	width := l.plot.right - l.plot.left - 2*inset
	return xy{
		l.plot.left + inset + width*(l.f.X.place(x)-l.left)/(l.right-l.left),
		l.plot.bottom - (l.plot.bottom-l.plot.top)*(y-l.low)/(l.high-l.low),
	}
}

// heading writes title, subtitle and the vertical axis's name from the top; it says where
// the plot may begin.
func (l *layout) heading(page Page) (y float64) {
	y = edge / 2
	room := page.Width - 2*edge
	if !page.Untitled {
		for _, line := range titleStyle.wrap(plain(l.f.Title), room, 2) {
			y += 19
			l.d.text(ink, xy{edge, y}, 0, titleStyle, line)
		}
		for _, line := range noteStyle.wrap(plain(l.f.Subtitle), room, 3) {
			y += 16
			l.d.text(muted, xy{edge, y}, 0, noteStyle, line)
		}
		y += 8
	}
	y += 15
	l.d.text(muted, xy{edge, y}, 0, tickStyle, tickStyle.fit(plain(l.f.Y.Label), room))
	return y + 10
}

// frame settles where the plot is, and draws grid, axes and ticks.
func (l *layout) frame(page Page, top float64) {
	bottom := page.Height - edge - 34
	ticks := l.f.Y.Ticks
	if ticks == nil {
		ticks = roundTicks(l.low, l.high, int((bottom-top)/44), l.f.Y.Format)
	}
	widest := 0.0
	for _, t := range ticks {
		widest = max(widest, tickStyle.width(t.Text))
	}
	l.plot = box{edge + widest + 8, top, page.Width - edge - l.margin(page), bottom}
	free := math.Inf(1) // above the last tick's text
	for _, t := range ticks {
		y := l.at(l.f.across0(), t.At).Y
		if y < top-1 || y > bottom+1 || y+4 > free {
			continue
		}
		free = y - 0.96*tickStyle.size + 4
		l.d.line(grid, 0, xy{l.plot.left, y}, xy{l.plot.right, y})
		l.d.text(muted, xy{l.plot.left - 8, y + 4}, 1, tickStyle, t.Text)
	}
	l.d.line(frame, 0, xy{l.plot.left, bottom}, xy{l.plot.right, bottom})
	l.bottomTicks(page, bottom)
	l.d.text(muted, xy{(l.plot.left + l.plot.right) / 2, bottom + 34}, 0.5, tickStyle,
		tickStyle.fit(plain(l.f.X.Label), l.plot.right-l.plot.left))
}

// bottomTicks writes the values of the horizontal axis that leave each other room, those
// that are wanted most first.
func (l *layout) bottomTicks(page Page, bottom float64) {
	ticks := l.f.X.Ticks
	if ticks == nil {
		ticks = roundTicks(l.left, l.right, int((l.plot.right-l.plot.left)/90), l.f.X.Format)
	}
	var taken []box
	for _, t := range ticks {
		x := l.at(t.At, l.low).X
		m := newText(muted, xy{x, bottom + 18}, 0.5, tickStyle, t.Text)
		b := m.box().grown(4)
		if x < l.plot.left-1 || x > l.plot.right+1 || m.box().left < 0 || m.box().right > page.Width ||
			slices.ContainsFunc(taken, b.meets) {
			continue
		}
		taken = append(taken, m.box())
		l.d.line(frame, 0, xy{x, bottom}, xy{x, bottom + 4})
		l.d.marks = append(l.d.marks, m)
	}
}

// across0 is a value at the left end of the horizontal axis.
func (f *Figure) across0() float64 {
	for _, c := range f.Curves {
		for _, p := range c.Points {
			return p.X
		}
	}
	return 1
}

// bands draws the intervals, of the first curve last.
func (l *layout) bands() {
	for i := len(l.f.Curves) - 1; i >= 0; i-- {
		c := &l.f.Curves[i]
		if !c.hasBand() {
			continue
		}
		var upper, lower []xy
		for _, p := range c.Points {
			if p.Low <= p.High {
				upper, lower = append(upper, l.at(p.X, p.High)), append(lower, l.at(p.X, p.Low))
			}
		}
		if len(upper) == 1 || c.Loose { // intervals that no band joins
			for k := range upper {
				l.d.line(band, i, upper[k], lower[k])
			}
			continue
		}
		slices.Reverse(lower)
		l.d.marks = append(l.d.marks, mark{shape: anArea, role: band, series: i, at: append(upper, lower...)})
	}
}

// curves draws lines and dots, of the first curve last.
func (l *layout) curves() {
	for i := len(l.f.Curves) - 1; i >= 0; i-- {
		c := &l.f.Curves[i]
		at := make([]xy, 0, 2*len(c.Points))
		for k, p := range c.Points {
			q := l.at(p.X, p.Y)
			if c.Steps && k > 0 {
				at = append(at, xy{q.X, at[len(at)-1].Y})
			}
			at = append(at, q)
		}
		if len(at) > 1 && !c.Loose {
			l.d.line(values, i, at...)
			for k := range at[1:] {
				l.lines = append(l.lines, [2]xy{at[k], at[k+1]})
			}
		}
		radius := 3.6
		if len(c.Points) > 16 {
			radius = 2.2
		}
		if i > 0 {
			radius -= 0.8
		}
		for _, p := range c.Points {
			l.dot(i, p, radius)
		}
	}
}

func (l *layout) dot(series int, p Point, radius float64) {
	if l.f.Curves[series].Steps {
		return
	}
	role, q := values, l.at(p.X, p.Y)
	if p.Hollow {
		role = hollow
	}
	if p.Strong {
		l.d.dot(ring, series, q, radius+4)
		l.dots = append(l.dots, box{q.X, q.Y, q.X, q.Y}.grown(radius+5))
	}
	l.d.dot(role, series, q, radius)
	l.dots = append(l.dots, box{q.X, q.Y, q.X, q.Y}.grown(radius+1))
}

// describe says in words what the figure shows, for those who cannot see it.
func (f *Figure) describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s over %s.", plain(f.Y.Label), plain(f.X.Label))
	if s := plain(f.Subtitle); s != "" {
		fmt.Fprintf(&b, " %s.", strings.TrimRight(s, "."))
	}
	for i := range f.Curves {
		c := &f.Curves[i]
		if c.Steps || len(c.Points) == 0 {
			continue
		}
		fmt.Fprintf(&b, " %s:", plain(c.Name))
		for k, p := range c.Points {
			if k > 0 {
				b.WriteByte(';')
			}
			told := p.Told
			if told == "" {
				told = p.Text
			}
			fmt.Fprintf(&b, " %s", plain(told))
		}
		b.WriteByte('.')
	}
	for _, level := range f.Levels {
		fmt.Fprintf(&b, " %s.", plain(level.Name))
	}
	return b.String()
}
