package figure

import (
	"image/color"
	"io"
	"strconv"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
)

// density is how many pixels of the image there are for one of the drawing.
const density = 2

// WritePNG writes d as an image on a light ground, twice as many pixels each way as it has.
func (d *Drawing) WritePNG(w io.Writer) error {
	c := vgimg.NewWith(vgimg.UseWH(vg.Length(d.Width), vg.Length(d.Height)), vgimg.UseDPI(72*density),
		vgimg.UseBackgroundColor(rgb(light.surface, 1)))
	for i := range d.marks {
		d.marks[i].paint(c, d.Height)
	}
	_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(w)
	return err
}

// paint draws one mark; the canvas counts y from below.
func (m *mark) paint(c vg.Canvas, height float64) {
	at := make([]vg.Point, len(m.at))
	for i, p := range m.at {
		at[i] = vg.Point{X: vg.Length(p.X), Y: vg.Length(height - p.Y)}
	}
	c.SetColor(m.colour())
	switch m.shape {
	case aText:
		c.FillString(m.style.face(), at[0], m.text)
	case aLine:
		width, dashes := m.stroke()
		c.SetLineWidth(width)
		c.SetLineDash(dashes, 0)
		c.Stroke(outline(at, false))
	case anArea:
		c.Fill(outline(at, true))
	case aDot:
		m.circle(c, at[0])
	}
}

func (m *mark) circle(c vg.Canvas, at vg.Point) {
	var p vg.Path
	p.Move(vg.Point{X: at.X + vg.Length(m.radius), Y: at.Y})
	p.Arc(at, vg.Length(m.radius), 0, 6.283185307179586)
	p.Close()
	if m.role == values {
		c.Fill(p)
		return
	}
	if m.role == hollow {
		c.SetColor(rgb(light.surface, 1))
		c.Fill(p)
		c.SetColor(m.colour())
	}
	c.SetLineWidth(1.6)
	c.SetLineDash(nil, 0)
	c.Stroke(p)
}

// stroke is the width and the dashes of a line, as CSS has them.
func (m *mark) stroke() (vg.Length, []vg.Length) {
	switch {
	case m.role == band:
		return 6, nil
	case m.role == bound:
		return 1.2, []vg.Length{2, 3}
	case m.role != values:
		return 1, nil
	case m.series > 0:
		return 1.6, []vg.Length{5, 3}
	}
	return 2, nil
}

func (m *mark) colour() color.Color {
	switch m.role {
	case grid:
		return rgb(light.grid, 1)
	case frame:
		return rgb(light.frame, 1)
	case bound:
		return rgb(light.bound, 1)
	case muted:
		return rgb(light.muted, 1)
	case ink:
		return rgb(light.ink, 1)
	case band:
		return rgb(light.colour(m.series), light.band)
	}
	return rgb(light.colour(m.series), 1)
}

func outline(at []vg.Point, closed bool) vg.Path {
	var p vg.Path
	for i, q := range at {
		if i == 0 {
			p.Move(q)
		} else {
			p.Line(q)
		}
	}
	if closed {
		p.Close()
	}
	return p
}

// rgb reads #rrggbb.
func rgb(s string, opacity float64) color.NRGBA {
	v, _ := strconv.ParseUint(s[1:], 16, 32) // a constant of the theme
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: uint8(255*opacity + 0.5)}
}
