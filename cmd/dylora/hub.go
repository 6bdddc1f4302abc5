package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/schollz/progressbar/v3"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/hub"
)

// builtIn is the name of the model that the binary holds.
const builtIn = "mini"

// newHub is a client of the Hugging Face Hub as HF_* variables set it up, which tells on
// io.err what it does.
func newHub(io *streams) (*hub.Client, error) {
	c, err := hub.New(os.Getenv)
	if err != nil {
		return nil, err
	}
	show := &downloadProgress{io: io}
	c.Progress = show.at
	c.Note = func(text string) { fmt.Fprintln(io.err, text) }
	return c, nil
}

// hubModel finds a model by its name on the Hub in the cache, or downloads it.
func hubModel(ctx context.Context, io *streams, d dataConfig) (*hub.Snapshot, error) {
	if looksLikePath(d.Model) {
		return nil, fault.Usagef("model %q: no such folder", d.Model)
	}
	repo, err := hub.ParseRepo(hub.Model, d.Model, d.Revision)
	if err != nil {
		return nil, fault.Usagef("model %q is no folder here: %w", d.Model, err)
	}
	c, err := newHub(io)
	if err != nil {
		return nil, err
	}
	return c.Snapshot(ctx, repo, hub.ModelFiles(d.AllowPickle))
}

// looksLikePath says whether a name can only mean a place on this machine.
func looksLikePath(name string) bool {
	return filepath.IsAbs(name) || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~") || strings.HasSuffix(name, "/") ||
		strings.ContainsRune(name, '\\') || strings.Count(name, "/") > 1 && !strings.Contains(name, "@")
}

// downloadProgress shows downloads: a bar on a terminal, elsewhere a line per large file.
type downloadProgress struct {
	io   *streams
	file string
	bar  *progressbar.ProgressBar
}

// worthALine is the size from which a file is worth a line.
const worthALine = 10 << 20

func (p *downloadProgress) at(file string, done, total int64) {
	if file != p.file {
		p.file, p.bar = file, nil
		switch {
		case isTerminal(p.io.err):
			p.bar = progressbar.NewOptions64(total,
				progressbar.OptionSetWriter(p.io.err),
				progressbar.OptionSetDescription(file),
				progressbar.OptionShowBytes(true),
				progressbar.OptionClearOnFinish(),
				progressbar.OptionSetPredictTime(true),
			)
		case total >= worthALine:
			fmt.Fprintf(p.io.err, "downloading %s, %s\n", file, evaluate.Size(total))
		}
	}
	if p.bar != nil {
		_ = p.bar.Set64(done) // a bar that cannot be drawn is no reason to stop
	}
}
