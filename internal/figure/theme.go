package figure

import (
	"fmt"
	"strings"
)

// theme is the colours of a figure, as #rrggbb.
type theme struct {
	surface, ink, muted, grid, frame, bound string
	series                                  []string // of curves; the first is the adapter's
	band                                    float64  // opacity
}

// Colours of curves differ in lightness and hue for readers who confuse red and green, and
// have a contrast of at least 4.5 to the surface, since names are written in them (WCAG 2.2, 1.4.3).
var (
	light = theme{
		surface: "#ffffff", ink: "#1b1f24", muted: "#57606a", grid: "#e5e8ec", frame: "#8c959f", bound: "#57606a",
		series: []string{"#0b5cad", "#a8480f", "#0f766e", "#7b3fa0", "#b0275f", "#5c6400", "#4a5568"}, band: 0.14,
	}
	dark = theme{
		surface: "#15191e", ink: "#e6e9ed", muted: "#a4adb8", grid: "#2a3038", frame: "#6b7480", bound: "#a4adb8",
		series: []string{"#79b8ff", "#f2a05f", "#4fd1c0", "#cf9df0", "#f490b4", "#c9c75a", "#b6c0cc"}, band: 0.22,
	}
)

// colour is the series' own; there are as many as a figure may need, and then they repeat.
func (t *theme) colour(series int) string { return t.series[series%len(t.series)] }

// rules are the theme's rules of CSS for the classes of marks.
func (t *theme) rules() string {
	var b strings.Builder
	fmt.Fprintf(&b, ".fig .surface{fill:%s}", t.surface)
	fmt.Fprintf(&b, ".fig .grid{stroke:%s}.fig .frame{stroke:%s}.fig .bound{stroke:%s}", t.grid, t.frame, t.bound)
	fmt.Fprintf(&b, ".fig text{fill:%s;stroke:%s}.fig text.muted,.fig text.level{fill:%s}", t.ink, t.surface, t.muted)
	for i, c := range t.series {
		fmt.Fprintf(&b, ".fig .line%d{stroke:%s}.fig .dot%d,.fig .band%d,.fig text.name%d{fill:%s}.fig .hollow%d{stroke:%s;fill:%s}.fig .whisker%d{stroke:%s}",
			i, c, i, i, i, c, i, c, t.surface, i, c)
	}
	fmt.Fprintf(&b, ".fig .band{fill-opacity:%g}", t.band)
	return b.String()
}

// CSS is the style of figures: light, and dark on screens whose user prefers that.
func CSS() string {
	return ".fig{font-family:" + Family + "}" +
		".fig .line,.fig .grid,.fig .frame,.fig .bound,.fig .whisker{fill:none}" +
		".fig .line{stroke-width:2;stroke-linejoin:round}.fig .other{stroke-width:1.6;stroke-dasharray:5 3}" +
		".fig .whisker{stroke-width:6;stroke-opacity:.3}.fig .hollow{stroke-width:1.5}.fig .ring{fill:none;stroke-width:1.6}" +
		".fig .grid{stroke-width:1}.fig .frame{stroke-width:1}.fig .bound{stroke-width:1.2;stroke-dasharray:2 3}" +
		".fig text{stroke-width:3;stroke-linejoin:round;paint-order:stroke}.fig .bold{font-weight:bold}" +
		light.rules() + "@media screen and (prefers-color-scheme:dark){" + dark.rules() + "}"
}
