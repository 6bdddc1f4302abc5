package terminal

import (
	"fmt"
	"io"

	"github.com/schollz/progressbar/v3"

	"github.com/dylora/dylora/internal/evaluate"
)

// Downloads shows downloads: a bar on a terminal, elsewhere a line per large file.
type Downloads struct {
	talk io.Writer
	file string
	bar  *progressbar.ProgressBar
}

// NewDownloads shows downloads on talk.
func NewDownloads(talk io.Writer) *Downloads { return &Downloads{talk: talk} }

// worthALine is the size from which a file is worth a line.
const worthALine = 10 << 20

// At says that done of total bytes of a file are there.
func (p *Downloads) At(file string, done, total int64) {
	if file != p.file {
		p.file, p.bar = file, nil
		switch {
		case Is(p.talk):
			p.bar = progressbar.NewOptions64(total,
				progressbar.OptionSetWriter(p.talk),
				progressbar.OptionSetDescription(file),
				progressbar.OptionShowBytes(true),
				progressbar.OptionClearOnFinish(),
				progressbar.OptionSetPredictTime(true),
			)
		case total >= worthALine:
			fmt.Fprintf(p.talk, "downloading %s, %s\n", file, evaluate.Size(total))
		}
	}
	if p.bar != nil {
		_ = p.bar.Set64(done) // a bar that cannot be drawn is no reason to stop
	}
}
