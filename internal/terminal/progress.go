// Package terminal is what a person sees of the program on a terminal: bars of long tasks, tables, and
// lines of text.
package terminal

import (
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// Progress is a bar on a terminal; elsewhere it shows nothing.
type Progress struct{ bar *progressbar.ProgressBar }

// NewProgress shows how much of total is done.
func NewProgress(talk io.Writer, what string, total int) *Progress {
	if !Is(talk) {
		return &Progress{}
	}
	return &Progress{progressbar.NewOptions(total,
		progressbar.OptionSetWriter(talk), // its own choice is stdout
		progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(),
		progressbar.OptionShowIts(),
		progressbar.OptionSetItsString("examples"),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetPredictTime(true),
	)}
}

// At says that n of total are done.
func (p *Progress) At(n int) {
	if p.bar != nil {
		_ = p.bar.Set(n) // a bar that cannot be drawn is no reason to stop
	}
}

// End takes the bar off the screen.
func (p *Progress) End() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}

// Is says whether w is a terminal.
func Is(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Columns are how many characters a line of w holds; 80 where it is no terminal.
func Columns(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}
