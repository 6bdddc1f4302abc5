package main

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/session"
)

// streams are the program's three: out takes the result and nothing else, err the talk.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// env is the application's view of this process: it talks on err.
func (s *streams) env() *session.Env {
	info, _ := debug.ReadBuildInfo()
	version, _ := buildOf(info)
	return &session.Env{
		Note:     func(line string) { fmt.Fprintln(s.err, line) },
		Progress: func(what string, total int) session.Progress { return newProgress(s.err, what, total) },
		Download: (&downloadProgress{talk: s.err}).at,
		Getenv:   os.Getenv,
		Now:      time.Now,
		Version:  version,
		Memory:   memoryLimit("/"),
	}
}

// downloadProgress shows downloads: a bar on a terminal, elsewhere a line per large file.
type downloadProgress struct {
	talk io.Writer
	file string
	bar  *progressbar.ProgressBar
}

// worthALine is the size from which a file is worth a line.
const worthALine = 10 << 20

func (p *downloadProgress) at(file string, done, total int64) {
	if file != p.file {
		p.file, p.bar = file, nil
		switch {
		case isTerminal(p.talk):
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
