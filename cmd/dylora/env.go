package main

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/terminal"
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
		Progress: func(what string, total int) session.Progress { return terminal.NewProgress(s.err, what, total) },
		Download: terminal.NewDownloads(s.err).At,
		Getenv:   os.Getenv,
		Now:      time.Now,
		Version:  version,
		Memory:   session.MemoryLimit("/"),
	}
}

// watch shows how a training goes; the result ends the display.
func (s *streams) watch(job *finetune.Job) func() {
	show := terminal.NewTraining(s.err, job.Loop.Steps(), job.Config.Epochs)
	job.Loop.On(show.Hook())
	return show.End
}
