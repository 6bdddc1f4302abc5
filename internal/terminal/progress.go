package terminal

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Progress shows how much of a long task is done: a bar on a terminal, elsewhere a line now and then. Its methods are for one
// goroutine at a time.
type Progress struct {
	screen *Screen
	what   string
	unit   string // of what is counted: "examples"
	total  int    // 0: not known
	done   int
	from   int    // done when it began, as by a run that is resumed
	detail string // more to say, such as a loss
	rate   string // how fast it goes, where that is not a matter of unit and time
	amount func(n int) string

	began, shown time.Time
	bar          *progressbar.ProgressBar // nil where there is none
}

// Progress begins a task of so many of a unit; total 0 is a task of unknown length.
func (s *Screen) Progress(what, unit string, total int) *Progress {
	now := s.now()
	p := &Progress{screen: s, what: what, unit: unit, total: max(total, 0), amount: strconv.Itoa, began: now, shown: now}
	if s.bars() {
		length := p.total
		if length == 0 {
			length = -1 // a bar of unknown length turns
		}
		p.bar = progressbar.NewOptions(length, progressbar.OptionSetWriter(s.w), progressbar.OptionSetTheme(s.theme()),
			progressbar.OptionSetElapsedTime(false), progressbar.OptionSetPredictTime(false), progressbar.OptionClearOnFinish(),
			progressbar.OptionSpinnerType(9), progressbar.OptionSetSpinnerChangeInterval(0))
	}
	return p
}

// At says that n of total are done.
func (p *Progress) At(n int) {
	p.screen.lock.Lock()
	defer p.screen.lock.Unlock()
	p.done = n
	now := p.screen.now()
	switch since := now.Sub(p.shown); {
	case p.bar != nil && now.Sub(p.began) >= worthABar && (since >= redraw || p.screen.current != p):
		p.shown = now
		p.draw(now)
	case p.bar == nil && p.screen.lines() && since >= p.screen.every:
		p.shown = now
		p.screen.say(p.line(now))
	}
}

// End takes the bar off the screen.
func (p *Progress) End() {
	p.screen.lock.Lock()
	defer p.screen.lock.Unlock()
	if p.screen.current == p {
		p.screen.clear()
	}
}

// redraw is the time between two drawings of a bar, worthABar that from which a task has one.
const (
	redraw    = 100 * time.Millisecond
	worthABar = 300 * time.Millisecond
)

// leastBar is the width of the drawn part below which a bar shows nothing, and drawnBeside what stands around it: ` 100% |`, `|` and blanks.
const (
	leastBar    = 8
	drawnBeside = 12
)

// draw shows the bar in one line that is shorter than the terminal is wide, so that nothing scrolls: what is done and how
// long it takes, and of the rest what there is room for.
func (p *Progress) draw(now time.Time) {
	columns := Columns(p.screen.w) - 1
	text := p.fitted(now, columns-leastBar-drawnBeside)
	p.screen.current = p
	progressbar.OptionSetWidth(max(min(columns-drawnBeside-len([]rune(text)), 40), 1))(p.bar)
	progressbar.OptionSetDescription(text)(p.bar)
	if p.total > 0 {
		_ = p.bar.Set(min(p.done, p.total-1)) // a bar that cannot be drawn is no reason to stop; a full one would be cleared
	}
	_ = p.bar.RenderBlank()
}

// fitted says how the task goes in at most room characters.
func (p *Progress) fitted(now time.Time, room int) string {
	count, speed, left := p.facts(now)
	text := p.what
	for _, part := range []string{left, count, speed, p.detail} {
		if part != "" && len([]rune(text))+2+len([]rune(part)) <= room {
			text += ", " + part
		}
	}
	if r := []rune(text); len(r) > room {
		text = string(r[:max(room, 0)])
	}
	return text
}

// line says how the task goes where there is no bar.
func (p *Progress) line(now time.Time) string {
	count, speed, left := p.facts(now)
	parts := []string{count, speed}
	if p.total > 0 {
		parts[0] += fmt.Sprintf(" (%d %%)", 100*p.done/p.total)
	}
	for _, part := range []string{left, p.detail} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return p.what + ": " + strings.Join(parts, ", ")
}

// facts are how much is done, how fast it goes and how long the rest takes; the last is "" where nobody knows.
func (p *Progress) facts(now time.Time) (count, speed, left string) {
	count = strings.TrimSpace(p.amount(p.done) + " " + p.unit)
	if p.total > 0 {
		count = p.amount(p.done) + "/" + p.amount(p.total)
	}
	took, done := now.Sub(p.began), p.done-p.from
	if speed = p.rate; speed == "" {
		speed = strings.TrimSpace(p.amount(int(float64(done)/max(took.Seconds(), 1e-3)))+" "+p.unit) + "/s"
	}
	if p.total > 0 && done > 0 && took >= time.Second {
		left = Duration(time.Duration(float64(took)/float64(done)*float64(p.total-p.done))) + " left"
	}
	return count, speed, left
}

// Duration shows a time in the unit that fits it: 12 s, 3 min 05 s, 2 h 07 min.
func Duration(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%d h %02d min", d/time.Hour, d%time.Hour/time.Minute)
}
