package main

import (
	"cmp"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/mpi"
	"github.com/dylora/dylora/internal/release"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/terminal"
)

// streams are the program's three: out takes the result and nothing else, err the talk.
type streams struct {
	in       io.Reader
	out, err io.Writer

	talk    *terminal.Screen // see screen
	verbose bool             // show hashes, too
	world   *mpi.World       // nil: this process is alone
}

// screen is err for a person.
func (s *streams) screen() *terminal.Screen {
	if s.talk == nil {
		s.talk = terminal.NewScreen(s.err, os.Getenv)
	}
	return s.talk
}

// page is out for a person: tables and sentences, but nothing that programs read.
func (s *streams) page() *terminal.Page { return terminal.NewPage(s.out, os.Getenv) }

// env is the application's view of this process: it talks on err.
func (s *streams) env() *session.Env {
	info, _ := debug.ReadBuildInfo()
	version, _ := release.Version(info)
	return &session.Env{
		Note:     s.screen().Say,
		Warning:  s.screen().Warn,
		Progress: func(what string, total int) session.Progress { return s.screen().Progress(what, unitOf(what), total) },
		Download: s.screen().Downloads().At,
		Getenv:   os.Getenv,
		Now:      time.Now,
		Version:  version,
		Memory:   session.MemoryLimits("/"),
		Group:    s.group(),
	}
}

// next tells which commands a person may want now.
func (s *streams) next(commands ...string) { s.screen().Say("next: " + strings.Join(commands, "; ")) }

// unitOf names the things that a long task counts.
func unitOf(what string) string {
	units := map[string]string{"merge": "steps", "pack": "layers", "predict": "texts"}
	return cmp.Or(units[what], "examples")
}

// watch shows how a training goes; the result ends the display.
func (s *streams) watch(job *finetune.Job) func() {
	show := s.screen().Training(job.Loop.Steps(), job.Config.Epochs)
	job.Loop.On(show.Hook())
	return show.End
}
