package figure

import "math"

// Drawing is a Figure laid out: marks on a page, the first one lowest. Lengths are in pixels
// of CSS, y grows downwards.
type Drawing struct {
	Width, Height float64
	Title         string // for those who cannot see it
	Description   string

	marks []mark
}

// mark is one thing that is drawn.
type mark struct {
	shape  shape
	role   role
	series int  // of a curve; its colour
	at     []xy // corners of a line or an area; the centre of a dot; where a text's baseline begins
	radius float64
	text   string
	style  style
	width  float64 // of the text
}

// xy is a place on the page.
type xy struct{ X, Y float64 }

// shape is the form of a mark.
type shape int

const (
	aLine shape = iota
	anArea
	aDot
	aText
)

// role is what a mark is for; it decides colour and stroke.
type role int

const (
	grid   role = iota
	frame       // the axis and leaders from a line's end to its name
	band        // an interval
	values      // a curve, its dots and its name
	hollow      // a dot that is needless
	ring        // around the point that the figure is about
	bound       // a level
	ink         // a title, a label
	muted       // the other texts
)

// box is a rectangle on the page.
type box struct{ left, top, right, bottom float64 }

// box is the space that a text takes: from the height of a capital letter to the depth of a g.
func (m *mark) box() box {
	p := m.at[0]
	return box{p.X, p.Y - 0.74*m.style.size, p.X + m.width, p.Y + 0.22*m.style.size}
}

func (a box) grown(by float64) box {
	return box{a.left - by, a.top - by, a.right + by, a.bottom + by}
}

func (a box) within(b box) bool {
	return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom
}

func (a box) meets(b box) bool {
	return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

// crossed says whether the line from p to q has a point in a, by clipping the line against
// the four sides (Liang and Barsky 1984).
func (a box) crossed(p, q xy) bool {
	from, to := 0.0, 1.0
	for _, side := range [][2]float64{
		{p.X - q.X, p.X - a.left}, {q.X - p.X, a.right - p.X},
		{p.Y - q.Y, p.Y - a.top}, {q.Y - p.Y, a.bottom - p.Y},
	} {
		speed, room := side[0], side[1]
		switch {
		case speed == 0 && room < 0:
			return false
		case speed < 0:
			from = math.Max(from, room/speed)
		case speed > 0:
			to = math.Min(to, room/speed)
		}
	}
	return from <= to
}

func (d *Drawing) line(role role, series int, at ...xy) {
	d.marks = append(d.marks, mark{shape: aLine, role: role, series: series, at: at})
}

func (d *Drawing) dot(role role, series int, at xy, radius float64) {
	d.marks = append(d.marks, mark{shape: aDot, role: role, series: series, at: []xy{at}, radius: radius})
}

// text places a text; along is where at is in it: 0 its beginning, 0.5 its middle, 1 its end.
func (d *Drawing) text(role role, at xy, along float64, f style, s string) {
	d.marks = append(d.marks, newText(role, at, along, f, s))
}

func newText(role role, at xy, along float64, f style, s string) mark {
	w := f.width(s)
	at.X -= along * w
	return mark{shape: aText, role: role, at: []xy{at}, text: s, style: f, width: w}
}
