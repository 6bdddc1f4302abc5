package terminal

import "github.com/dylora/dylora/internal/evaluate"

// Downloads shows downloads: a bar on a terminal, elsewhere a line per large file, and one now and then while it comes.
type Downloads struct {
	screen *Screen
	file   string
	work   *Progress // nil for a small file off a terminal
}

// Downloads begins to show what is downloaded.
func (s *Screen) Downloads() *Downloads { return &Downloads{screen: s} }

// worthALine is the size from which a file is worth a line.
const worthALine = 10 << 20

// At says that done of total bytes of a file are there.
func (p *Downloads) At(file string, done, total int64) {
	if file != p.file {
		if p.work != nil {
			p.work.End()
		}
		p.file, p.work = file, nil
		if p.screen.bars() || total >= worthALine {
			p.work = p.screen.Progress(file, "", int(total))
			p.work.amount = func(n int) string { return evaluate.Size(int64(n)) }
			p.work.from = int(done)
		}
		if total >= worthALine && p.screen.lines() {
			p.screen.Say("downloading " + file + ", " + evaluate.Size(total))
		}
	}
	if p.work != nil {
		p.work.At(int(done))
		if done >= total {
			p.work.End()
		}
	}
}
