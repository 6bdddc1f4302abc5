// Package row is the frame of the reliability rows: a promise, the number of times that it is
// tried, and the check. What is tried is counted, so that a check which tries nothing fails.
package row

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// Row is one promise of docs/reliability.md.
type Row struct {
	Name    string // R1, R2, …
	Promise string // a sentence without its full stop
	Count   int    // cases of a whole run; 0: as many as the check finds, for example one for each file operation
	Check   func(*Trial) error
}

// Trial is one run of a row's check.
type Trial struct {
	context.Context
	Binary string     // path of the dylora under test
	Root   string     // folder of the module, whose testdata has the tiny encoders
	Share  float64    // of the whole count, above 0 and at most 1
	Random *rand.Rand // the only source of chance; seeded by the seed that is printed

	row Row
	dir string // of the files of the cases; removed afterwards
	out io.Writer

	busy sync.WaitGroup // cases of Go
	free chan struct{}  // has a place for each that may be tried at once

	mu    sync.Mutex // guards what follows, and out
	tried int
	kept  int
}

// Skipped is the error of a row that cannot be tried on this machine. It fails the run when
// that is root's, whose machine can be made to.
type Skipped struct{ Why string }

func (s Skipped) Error() string { return s.Why }

// Cases is the number of cases to try of whole, which is Row.Count or what the check counted
// itself: the trial's share of it, at least one.
func (t *Trial) Cases(whole int) int {
	return max(1, int(math.Round(t.Share*float64(whole))))
}

// Pick gives the trial's share of the numbers 0 to whole-1, ascending and drawn at random
// without putting back.
func (t *Trial) Pick(whole int) []int {
	if whole <= 0 {
		return nil
	}
	n, left := t.Cases(whole), whole
	var picked []int
	for i := range whole {
		if t.Random.IntN(left) < n-len(picked) {
			picked = append(picked, i)
		}
		left--
	}
	return picked
}

// Case tries one case in an empty folder, which is removed where the case is kept. An error is
// printed with the case's name, counts against the row, and does not end it. It may be called
// by several goroutines; what is drawn at random, they draw before.
func (t *Trial) Case(name string, try func(dir string) error) {
	if t.Err() != nil {
		return
	}
	t.mu.Lock()
	t.tried++
	dir := filepath.Join(t.dir, fmt.Sprintf("%s-%d", t.row.Name, t.tried))
	t.mu.Unlock()
	err := os.Mkdir(dir, 0o777)
	if err == nil {
		err = try(dir)
	}
	if err != nil {
		t.Printf("%s: %v (files: %s)", name, err, dir)
		return
	}
	t.mu.Lock()
	t.kept++
	t.mu.Unlock()
	if err := os.RemoveAll(dir); err != nil {
		t.Printf("%s: %v", name, err)
	}
}

// Each calls try with each of the numbers, in several goroutines at a time.
func Each(workers int, numbers []int, try func(n int)) {
	var all sync.WaitGroup
	next := make(chan int)
	for range min(workers, len(numbers)) {
		all.Go(func() {
			for n := range next {
				try(n)
			}
		})
	}
	for _, n := range numbers {
		next <- n
	}
	close(next)
	all.Wait()
}

// Go is Case beside others, as many at once as there are processors: for cases that share nothing. The
// row ends when all have ended. What is drawn at random is drawn before.
func (t *Trial) Go(name string, try func(dir string) error) {
	t.free <- struct{}{}
	t.busy.Go(func() {
		defer func() { <-t.free }()
		t.Case(name, try)
	})
}

// Wait waits for the cases of Go, for a check that takes away what they use.
func (t *Trial) Wait() { t.busy.Wait() }

// Printf prints a measured figure of the row.
func (t *Trial) Printf(format string, a ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, t.row.Name+": "+format+"\n", a...)
}

// Config is what the rows of one run share.
type Config struct {
	Binary, Root string
	Dir          string // of the files of cases; a case that fails leaves its folder there
	Share        float64
	Seed         uint64
	MaySkip      bool // a row that the machine cannot try is no failure, for root neither
	Out          io.Writer
}

// Run tries a row and prints its outcome on one last line. It is kept if every case was, and at
// least one was tried, as many as the row's count.
func Run(ctx context.Context, r Row, c Config) (kept bool) {
	t := &Trial{Context: ctx, Binary: c.Binary, Root: c.Root, Share: c.Share, row: r, dir: c.Dir, out: c.Out,
		free: make(chan struct{}, runtime.GOMAXPROCS(0)), Random: rand.New(rand.NewPCG(c.Seed, hash(r.Name)))}
	start := time.Now()
	err := r.Check(t)
	t.Wait()
	whole := t.tried
	if r.Count > 0 {
		whole = t.Cases(r.Count)
	}
	head := fmt.Sprintf("%s %d of %d", r.Name, t.kept, whole)
	if skipped := (Skipped{}); errors.As(err, &skipped) {
		fmt.Fprintf(c.Out, "%s: skipped, %s\n", head, skipped.Why)
		return (c.MaySkip || os.Geteuid() != 0) && t.kept == t.tried
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		fmt.Fprintf(c.Out, "%s: %v\n", head, err)
		return false
	}
	fmt.Fprintf(c.Out, "%s: %s (%.1f s, seed %d)\n", head, r.Promise, time.Since(start).Seconds(), c.Seed)
	return t.kept == whole && t.kept == t.tried && t.tried > 0
}

// hash gives each row a stream of chance of its own (FNV-1a).
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for _, b := range []byte(s) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return h
}
