package figure

import (
	"strings"
	"sync"
	"unicode"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
)

// Family is the font of texts: Liberation Sans, whose letters are as wide as Arial's and
// Helvetica's, so that a text takes the room that was measured on most machines.
const Family = "'Liberation Sans',Arial,Helvetica,sans-serif"

// faces are the fonts that texts are measured and drawn with, read when the first is.
var faces = sync.OnceValue(func() *font.Cache { return font.NewCache(liberation.Collection()) })

// style is a font of a size.
type style struct {
	size float64
	bold bool
}

// The styles of texts.
var (
	titleStyle  = style{15, true}
	noteStyle   = style{12, false}
	tickStyle   = style{11.5, false}
	labelStyle  = style{11.5, false}
	strongStyle = style{12, true}
)

func (s style) face() font.Face {
	f := font.Font{Typeface: "Liberation", Variant: "Sans"}
	if s.bold {
		f.Weight = xfont.WeightBold
	}
	return faces().Lookup(f, vg.Length(s.size))
}

// width is how wide a text is, with a little more for fonts that are not quite the same.
func (s style) width(text string) float64 {
	f := s.face()
	return 1.03 * float64(f.Width(text))
}

// fit is text, shortened to a width with an ellipsis.
func (s style) fit(text string, width float64) string {
	if s.width(text) <= width {
		return text
	}
	r := []rune(text)
	n := 0
	for low, high := 0, len(r); low <= high; {
		mid := (low + high) / 2
		if s.width(string(r[:mid])+"…") <= width {
			n, low = mid, mid+1
		} else {
			high = mid - 1
		}
	}
	return strings.TrimRight(string(r[:n]), " ") + "…"
}

// wrap breaks text into at most so many lines of a width; what is left over is cut.
func (s style) wrap(text string, width float64, most int) []string {
	var lines []string
	words := strings.Fields(text)
	for len(words) > 0 && len(lines) < most {
		n := 1
		for n < len(words) && s.width(strings.Join(words[:n+1], " ")) <= width {
			n++
		}
		if len(lines) == most-1 {
			n = len(words)
		}
		lines = append(lines, s.fit(strings.Join(words[:n], " "), width))
		words = words[n:]
	}
	return lines
}

// plain is anybody's text as one line of at most 200 characters without what cannot be seen:
// control characters, marks that turn the direction of what follows.
func plain(text string) string {
	r := []rune(strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))), " "))
	if len(r) > 200 {
		return string(r[:199]) + "…"
	}
	return string(r)
}
