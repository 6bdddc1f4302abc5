package terminal

import (
	"io"
	"os"
)

// Page is a stream that people read: it knows how wide it is, and has no signs that the locale cannot show. What programs read,
// such as JSON, does not go through it.
type Page struct {
	w     io.Writer
	ascii bool
}

// NewPage is w for a person in the locale that getenv tells.
func NewPage(w io.Writer, getenv func(string) string) *Page { return &Page{w, !UTF8(getenv)} }

// Write writes text whose signs are whole, as each write of a table or a line is.
func (p *Page) Write(b []byte) (int, error) {
	if !p.ascii {
		return p.w.Write(b)
	}
	if _, err := io.WriteString(p.w, ASCII(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Columns are how many characters a line holds; 0 where the stream is no terminal, and lines may be as long as they like.
func (p *Page) Columns() int {
	if f, ok := p.w.(*os.File); !ok || !Is(f) {
		return 0
	}
	return Columns(p.w)
}
