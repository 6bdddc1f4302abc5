// Package session does what every command after training does, and what training begins
// with: it loads an encoder by name, folder or from the Hub, reads splits, opens an adapter
// and holds it against its base model, measures it, slices it and merges it. It takes
// settings and an Env and knows neither a terminal nor flags: an error that a user can do
// something about carries a reason (see package fault), and the caller adds the remedy.
package session

import (
	"path/filepath"
	"sync"
	"time"

	"github.com/dylora/dylora/internal/hub"
	"github.com/dylora/dylora/internal/packed"
	"github.com/dylora/dylora/internal/train"
)

// RunsRoot is the folder of runs, and LatestRun the name that stands for the newest of them.
const (
	RunsRoot  = "runs"
	LatestRun = RunsRoot + "/latest"
)

// Env is the application's access to its surroundings. Note, Warning, Progress and Download may be
// nil: then nobody is told.
type Env struct {
	Note     func(line string)                     // something that a user should be told
	Warning  func(line string)                     // something that a user must be told, who wants no notes, too
	Progress func(what string, total int) Progress // a long task of so many items begins
	Download func(file string, done, total int64)  // bytes of a file that is being downloaded
	Getenv   func(name string) string              // environment variables: of the Hub, of caches
	Now      func() time.Time                      // the clock
	Version  string                                // of the program, for what an adapter remembers
	Memory   Limits                                // that bound the process
	Group    train.Group                           // of the processes that do all of it together; nil: this one alone
}

// Progress shows how much of a long task is done.
type Progress interface {
	At(done int) // items
	End()
}

// nothing is a Progress that nobody sees.
type nothing struct{}

func (nothing) At(int) {}
func (nothing) End()   {}

// Say tells the user something, a line each.
func (e *Env) Say(lines ...string) {
	for _, line := range lines {
		if e.Note != nil {
			e.Note(line)
		}
	}
}

// Warn tells the user something, a line each, that changes what later commands do.
func (e *Env) Warn(lines ...string) {
	for _, line := range lines {
		if e.Warning != nil {
			e.Warning(line)
		}
	}
}

// Begin shows a long task of so many items.
func (e *Env) Begin(what string, total int) Progress {
	if e.Progress == nil {
		return nothing{}
	}
	return e.Progress(what, total)
}

// packing shows how weights are packed, once the first layer is.
func (e *Env) packing() func(layers, of int) {
	var lock sync.Mutex
	var show Progress
	return func(layers, of int) {
		lock.Lock()
		defer lock.Unlock()
		if show == nil {
			show = e.Begin("pack", of)
		}
		if show.At(layers); layers == of {
			show.End()
		}
	}
}

// Hub is a client of the Hugging Face Hub as the HF_* variables set it up. Without insecure it asks
// no other machine in plain text.
func (e *Env) Hub(insecure bool) (*hub.Client, error) {
	c, err := hub.New(e.Getenv)
	if err != nil {
		return nil, err
	}
	c.Insecure, c.Progress, c.Note = insecure, e.Download, func(text string) { e.Say(text) }
	return c, nil
}

// cacheFolder is a folder of dylora's own in the user's caches.
func (e *Env) cacheFolder(name string) string {
	return filepath.Join(hub.CacheHome(e.Getenv), "dylora", name)
}

// maxPacked bounds the cache of packed weights; the least recently used go.
const maxPacked = 8 << 30

// worthKeeping is the size of weights from which a file of them, packed, saves time.
const worthKeeping = 64 << 20

// packedWeights is the cache of packed weights: the folder that DYLORA_CACHE names, by
// default dylora/packed in the folder of caches, and none if it is "off".
func (e *Env) packedWeights() *packed.Cache {
	dir := e.Getenv("DYLORA_CACHE")
	switch dir {
	case "off":
		return nil
	case "":
		dir = e.cacheFolder("packed")
	}
	return &packed.Cache{Dir: dir, Limit: maxPacked, Least: worthKeeping}
}
