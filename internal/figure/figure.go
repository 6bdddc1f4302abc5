// Package figure draws a sweep: the metric by rank and the metric by cost, as SVG, as PNG and
// for a terminal. A Figure says what is shown, Layout places it on a page of a size, and a
// Drawing is written in one of the formats; the same figure gives the same bytes.
package figure

import "math"

// Figure is what is shown: curves over a common horizontal axis. Numbers are in the units
// that the axes are labelled with.
type Figure struct {
	Title    string // one line, for people
	Subtitle string // what the figure cannot show: examples, seeds, what the bands are
	Unit     string // after a value in the description, such as " %"; it may be empty
	X, Y     Axis
	Curves   []Curve // the first is drawn last, above the others, and its points are labelled
	Levels   []Level // horizontal lines across the figure

	// Least is the smallest span of the vertical axis, so that noise looks like noise.
	Least float64
	// Floor and Ceiling are values that the metric cannot leave; the axis ends there.
	Floor, Ceiling float64
}

// Axis is one of the two axes.
type Axis struct {
	Label  string
	Ticks  []Tick                  // those wanted most first; nil: round numbers
	Format func(v float64) string  // of a round number; nil: a decimal number
	Place  func(v float64) float64 // strictly increasing: where a value is along the axis; nil: evenly
}

// Tick is a marked value of an axis.
type Tick struct {
	At   float64
	Text string
}

// Curve is one named series of points, ascending in X.
type Curve struct {
	Name   string // at the end of the line
	Points []Point
	Steps  bool // the points are a front: a line of steps joins them
	Loose  bool // no line joins the points
	Quiet  bool // the name is not written
}

// Point is one value of a curve. Low and High are the interval around it, NaN for none.
type Point struct {
	X, Y      float64
	Low, High float64
	Text      string // its label; empty: none
	Told      string // its text in the description; empty: Text
	Strong    bool   // the point that the figure is about
	Hollow    bool   // a point that another one makes needless
}

// Level is a horizontal line, such as the metric of an answer that is always the same. Where
// it lies far from all curves it is named at the edge instead, with an arrow.
type Level struct {
	Name string
	Y    float64
}

// At is a point without an interval.
func At(x, y float64, text string) Point {
	return Point{X: x, Y: y, Low: math.NaN(), High: math.NaN(), Text: text}
}

// hasBand says whether some point of the curve has an interval.
func (c *Curve) hasBand() bool {
	for _, p := range c.Points {
		if p.Low <= p.High {
			return true
		}
	}
	return false
}

// empty says whether there is no point at all.
func (f *Figure) empty() bool {
	for i := range f.Curves {
		if len(f.Curves[i].Points) > 0 {
			return false
		}
	}
	return true
}

// place is where v is along the axis.
func (a *Axis) place(v float64) float64 {
	if a.Place == nil {
		return v
	}
	return a.Place(v)
}
