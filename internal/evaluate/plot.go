package evaluate

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

const (
	plotWidth, plotHeight = 6.4 * vg.Inch, 4 * vg.Inch
	plotDPI               = 150
)

// WriteSVG draws the headline metric by rank. The same sweep gives the same bytes.
func (s *Sweep) WriteSVG(w io.Writer) error {
	c := vgsvg.New(plotWidth, plotHeight)
	if err := s.drawTo(draw.New(c)); err != nil {
		return err
	}
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return err
	}
	// the font is named, not embedded: say what may stand in for it
	_, err := w.Write(bytes.ReplaceAll(b.Bytes(),
		[]byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;")))
	return err
}

// WritePNG draws what WriteSVG draws, 960 × 600 pixels.
func (s *Sweep) WritePNG(w io.Writer) error {
	c := vgimg.NewWith(vgimg.UseWH(plotWidth, plotHeight), vgimg.UseDPI(plotDPI))
	if err := s.drawTo(draw.New(c)); err != nil {
		return err
	}
	_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(w)
	return err
}

func (s *Sweep) drawTo(c draw.Canvas) error {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	c = draw.Crop(c, vg.Points(8), -vg.Points(12), vg.Points(8), -vg.Points(10))
	p := s.figure()
	points, scale := s.points(), s.scale()
	if len(points) == 0 {
		p.Title.Text += ": undefined at every rank"
		p.Draw(c)
		return nil
	}
	at := make(plotter.XYs, len(points))
	labels := make([]string, len(points))
	for i, q := range points {
		at[i] = plotter.XY{X: scale(q.rank), Y: q.value}
		labels[i] = q.text
	}
	if err := s.addReference(p, at); err != nil {
		return err
	}
	if err := addCurve(p, at); err != nil {
		return err
	}
	if len(points) <= 16 { // more would run into each other
		if err := addLabels(p, at, labels); err != nil {
			return err
		}
	}
	p.Draw(c)
	return nil
}

// figure is the empty plot: titles, fonts, axes, ticks and grid.
func (s *Sweep) figure() *plot.Plot {
	p := plot.New()
	p.Title.Text = fmt.Sprintf("%s %s: %s by rank", s.Task, s.Split, Name(s.Metric))
	p.Title.Padding = vg.Points(8)
	p.X.Label.Text, p.Y.Label.Text = "adapter rank", Heading(s.Metric)
	p.X.Tick.Marker = plot.ConstantTicks(rankTicks(s.ranks(), s.scale()))
	low, high, step := s.bounds()
	p.Y.Min, p.Y.Max = low, high
	p.Y.Tick.Marker = plot.ConstantTicks(valueTicks(low, high, step))
	for _, style := range []*font.Font{
		&p.Title.TextStyle.Font, &p.X.Label.TextStyle.Font, &p.Y.Label.TextStyle.Font,
		&p.X.Tick.Label.Font, &p.Y.Tick.Label.Font, &p.Legend.TextStyle.Font,
	} {
		style.Variant, style.Size = "Sans", vg.Points(10)
	}
	p.Title.TextStyle.Font.Size = vg.Points(12.5)
	p.Legend.TextStyle.Color = gray(0x55)
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.Padding, axis.Padding = vg.Points(4), vg.Points(6)
		axis.LineStyle.Color, axis.Tick.LineStyle.Color = gray(0x88), gray(0x88)
		axis.Label.TextStyle.Color, axis.Tick.Label.Color = gray(0x33), gray(0x33)
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color = nil
	grid.Horizontal = draw.LineStyle{Color: gray(0xe6), Width: vg.Points(0.6)}
	p.Add(grid)
	return p
}

// addReference draws the full rank's value across the plot: what a smaller rank gives up.
func (s *Sweep) addReference(p *plot.Plot, at plotter.XYs) error {
	full := s.Full()
	f, ok := full.Value.Float()
	if !ok || len(at) < 2 {
		return nil
	}
	y := s.unit() * f
	line, err := plotter.NewLine(plotter.XYs{{X: at[0].X, Y: y}, {X: at[len(at)-1].X, Y: y}})
	if err != nil {
		return err
	}
	line.LineStyle = draw.LineStyle{
		Color: gray(0xaa), Width: vg.Points(1), Dashes: []vg.Length{vg.Points(5), vg.Points(4)},
	}
	p.Add(line)
	p.Legend.Add(fmt.Sprintf("rank %d", full.Rank), line)
	p.Legend.Top, p.Legend.Left = false, false
	p.Legend.XOffs, p.Legend.YOffs = -vg.Points(8), vg.Points(8)
	return nil
}

func addCurve(p *plot.Plot, at plotter.XYs) error {
	line, dots, err := plotter.NewLinePoints(at)
	if err != nil {
		return err
	}
	blue := color.RGBA{R: 0x1f, G: 0x5f, B: 0xa8, A: 0xff}
	line.LineStyle = draw.LineStyle{Color: blue, Width: vg.Points(1.8)}
	dots.GlyphStyle = draw.GlyphStyle{Color: blue, Radius: vg.Points(3.2), Shape: draw.CircleGlyph{}}
	if len(at) > 16 {
		dots.GlyphStyle.Radius = vg.Points(1.8)
	}
	p.Add(line, dots)
	return nil
}

func addLabels(p *plot.Plot, at plotter.XYs, text []string) error {
	labels, err := plotter.NewLabels(plotter.XYLabels{XYs: at, Labels: text})
	if err != nil {
		return err
	}
	for i := range labels.TextStyle {
		labels.TextStyle[i].Font.Variant, labels.TextStyle[i].Font.Size = "Sans", vg.Points(8.5)
		labels.TextStyle[i].Color = gray(0x33)
		labels.TextStyle[i].XAlign = -0.7 // to the left, away from a rising curve
	}
	labels.Offset = vg.Point{Y: vg.Points(5)}
	p.Add(labels)
	return nil
}

func gray(v uint8) color.Gray { return color.Gray{Y: v} }

func valueTicks(low, high, step float64) []plot.Tick {
	var ticks []plot.Tick
	digits := max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
	for i := math.Ceil(low / step); i*step <= high+step/1e6; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: strconv.FormatFloat(i*step, 'f', digits, 64)})
	}
	return ticks
}

// rankTicks marks the ranks that have room for their number.
func rankTicks(ranks []int, scale func(int) float64) []plot.Tick {
	if len(ranks) == 0 {
		return nil
	}
	room := (scale(ranks[len(ranks)-1]) - scale(ranks[0])) / 20
	var ticks []plot.Tick
	for _, r := range thin(ranks, func(a, b int) bool { return math.Abs(scale(a)-scale(b)) >= room }) {
		ticks = append(ticks, plot.Tick{Value: scale(r), Label: strconv.Itoa(r)})
	}
	return ticks
}
