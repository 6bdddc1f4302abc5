package figure

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// WriteSVG writes d as a file of its own, with its style in it.
func (d *Drawing) WriteSVG(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	d.svg(&b, fmt.Sprintf(` width="%s" height="%s"`, number(d.Width), number(d.Height)), CSS())
	_, err := w.Write(b.Bytes())
	return err
}

// Inline is d as an element of an HTML page that has CSS in its own style.
func (d *Drawing) Inline() string {
	var b bytes.Buffer
	d.svg(&b, "", "")
	return b.String()
}

func (d *Drawing) svg(b *bytes.Buffer, size, style string) {
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" class="fig" role="img"%s viewBox="0 0 %s %s">`+"\n",
		size, number(d.Width), number(d.Height))
	fmt.Fprintf(b, "<title>%s</title>\n<desc>%s</desc>\n", escape(d.Title), escape(d.Description))
	if style != "" {
		fmt.Fprintf(b, "<style>%s</style>\n", style)
		fmt.Fprintf(b, `<rect class="surface" width="%s" height="%s"/>`+"\n", number(d.Width), number(d.Height))
	}
	for i := range d.marks {
		d.marks[i].svg(b)
	}
	b.WriteString("</svg>\n")
}

func (m *mark) svg(b *bytes.Buffer) {
	switch m.shape {
	case aLine:
		fmt.Fprintf(b, `<path class="%s" d="%s"/>`, m.class(), path(m.at))
	case anArea:
		fmt.Fprintf(b, `<path class="%s" d="%sZ"/>`, m.class(), path(m.at))
	case aDot:
		fmt.Fprintf(b, `<circle class="%s" cx="%s" cy="%s" r="%s"/>`, m.class(), number(m.at[0].X), number(m.at[0].Y), number(m.radius))
	case aText:
		fmt.Fprintf(b, `<text class="%s" x="%s" y="%s" font-size="%s">%s</text>`,
			m.class(), number(m.at[0].X), number(m.at[0].Y), number(m.style.size), escape(m.text))
	}
	b.WriteByte('\n')
}

// class are the classes of CSS that theme.rules gives their colours.
func (m *mark) class() string {
	series := strconv.Itoa(m.series % len(light.series))
	switch m.shape {
	case aText:
		class := map[role]string{values: "name" + series, bound: "level", muted: "muted", ink: "ink"}[m.role]
		if m.style.bold {
			class += " bold"
		}
		return class
	case aDot:
		switch m.role {
		case hollow:
			return "hollow hollow" + series
		case ring:
			return "ring line" + series
		}
		return "dot" + series
	case anArea:
		return "band band" + series
	}
	switch m.role {
	case grid:
		return "grid"
	case frame:
		return "frame"
	case bound:
		return "bound"
	case band:
		return "whisker whisker" + series
	}
	if m.series > 0 {
		return "line other line" + series
	}
	return "line line" + series
}

func path(at []xy) string {
	var b strings.Builder
	for i, p := range at {
		b.WriteByte("ML"[min(i, 1)])
		b.WriteString(number(p.X) + " " + number(p.Y))
	}
	return b.String()
}

// number is v in hundredths of a pixel, as short as that can be written.
func number(v float64) string {
	s := strings.TrimRight(strconv.FormatFloat(v, 'f', 2, 64), "0")
	if s = strings.TrimSuffix(s, "."); s == "-0" {
		return "0"
	}
	return s
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
