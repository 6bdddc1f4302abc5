// Package terminal is what a person sees of the program: how long work goes on, tables, lines of text, in the width and the
// letters of the terminal.
package terminal

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/dylora/dylora/internal/enum"
)

// Mode is how long work shows how far it is.
type Mode string

// ModeAuto is ModeBar on a terminal and ModeLines, a line every 30 seconds, elsewhere.
const (
	ModeAuto  Mode = "auto"
	ModeBar   Mode = "bar"
	ModeLines Mode = "lines"
	ModeNone  Mode = "none"
)

var modes = enum.Strings[Mode]{ModeAuto, ModeBar, ModeLines, ModeNone}

// String, Set and Type make a Mode the value of a flag.
func (m *Mode) String() string { return string(cmp.Or(*m, ModeAuto)) }

// Set takes a mode by its name.
func (m *Mode) Set(name string) (err error) {
	*m, err = modes.Parse(name)
	return err
}

// Type is what help calls a value.
func (m *Mode) Type() string { return "mode" }

// Screen is stderr, where a person is told how work goes. The zero Mode is ModeAuto.
type Screen struct {
	Mode  Mode
	Quiet bool // only errors and warnings are told
	Mute  bool // nor warnings: another process gives them

	w       io.Writer
	page    *Page
	getenv  func(string) string
	now     func() time.Time
	every   time.Duration // between lines of a task
	lock    sync.Mutex
	current *Progress // whose bar is on the screen
}

// NewScreen is the screen that w is; getenv tells the locale, TERM and NO_COLOR.
func NewScreen(w io.Writer, getenv func(string) string) *Screen {
	return &Screen{w: w, page: NewPage(w, getenv), getenv: getenv, now: time.Now, every: 30 * time.Second}
}

// Say tells a line, unless the screen is quiet.
func (s *Screen) Say(line string) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.say(line)
}

func (s *Screen) say(line string) {
	if !s.Quiet {
		s.clear()
		fmt.Fprintln(s.page, line)
	}
}

// Warn tells a line that a person needs even where the screen is quiet.
func (s *Screen) Warn(line string) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if !s.Mute {
		s.clear()
		fmt.Fprintln(s.page, line)
	}
}

// Fail tells a line of an error, quiet or not, behind the program's name, which is red where that helps.
func (s *Screen) Fail(name, line string) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.clear()
	if Is(s.w) && s.getenv("NO_COLOR") == "" && !s.dumb() {
		name = "\x1b[1;31m" + name + "\x1b[0m"
	}
	fmt.Fprintln(s.page, name, line)
}

// clear takes the bar off the screen; the next step of its task draws it again.
func (s *Screen) clear() {
	if s.current != nil {
		_ = s.current.bar.Clear()
		s.current = nil
	}
}

// bars says whether tasks have bars, lines whether they have lines.
func (s *Screen) bars() bool {
	auto := s.Mode == ModeAuto || s.Mode == ""
	return !s.Quiet && (s.Mode == ModeBar || auto && Is(s.w) && !s.dumb())
}

func (s *Screen) lines() bool { return !s.Quiet && s.Mode != ModeNone && !s.bars() }

// dumb says that the terminal only prints one line after the other.
func (s *Screen) dumb() bool { return s.getenv("TERM") == "dumb" }

// theme is what bars are drawn with.
func (s *Screen) theme() progressbar.Theme {
	if s.page.ascii {
		return progressbar.Theme{Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]"}
	}
	return progressbar.Theme{Saucer: "█", SaucerPadding: " ", BarStart: "|", BarEnd: "|"}
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
