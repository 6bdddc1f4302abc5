package bench

import (
	"bytes"
	"fmt"
	"image/color"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// WriteSVG draws the time of a step by operation as horizontal bars, in the order of the table.
func (r *Report) WriteSVG(w io.Writer) error {
	names, values := r.bars()
	c := vgsvg.New(6.4*vg.Inch, 4*vg.Inch)
	canvas := draw.New(c)
	canvas.SetColor(color.White)
	canvas.Fill(canvas.Rectangle.Path())
	p := plot.New()
	p.Title.Text = fmt.Sprintf("%s, %s, %s: %.1f examples/s, %.0f %% of the peak", r.Model, r.Mode, r.Precision, r.ExamplesPerSecond, 100*r.ShareOfPeak)
	p.X.Label.Text = "milliseconds a step"
	p.X.Min = 0
	bars, err := plotter.NewBarChart(values, vg.Points(14))
	if err != nil {
		return err
	}
	bars.Horizontal, bars.LineStyle.Width = true, 0
	bars.Color = color.RGBA{R: 0x1f, G: 0x5f, B: 0xa8, A: 0xff}
	p.Add(bars)
	p.NominalY(names...)
	for _, f := range []*font.Font{&p.Title.TextStyle.Font, &p.X.Label.TextStyle.Font, &p.X.Tick.Label.Font, &p.Y.Tick.Label.Font} {
		f.Variant, f.Size = "Sans", vg.Points(10)
	}
	p.Title.Padding = vg.Points(8)
	p.Draw(draw.Crop(canvas, vg.Points(8), -vg.Points(12), vg.Points(8), -vg.Points(10)))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return err
	}
	_, err = w.Write(bytes.ReplaceAll(b.Bytes(),
		[]byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;")))
	return err
}

// bars are the operations that take any time, bottom to top.
func (r *Report) bars() (names []string, milliseconds plotter.Values) {
	for i := range Ops() {
		name := Ops()[len(Ops())-1-i]
		if s := r.Ops[name]; s > 0 {
			names, milliseconds = append(names, name), append(milliseconds, 1e3*s)
		}
	}
	return names, milliseconds
}
