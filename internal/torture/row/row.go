// Package row is the frame of the reliability rows: a promise, the number of times that it is
// tried, and the check. What is tried is counted, so that a check which tries nothing fails.
package row

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
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

	row   Row
	dir   string // of the files of the cases; removed afterwards
	out   io.Writer
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
// printed with the case's name, counts against the row, and does not end it.
func (t *Trial) Case(name string, try func(dir string) error) {
	if t.Err() != nil {
		return
	}
	t.tried++
	dir := filepath.Join(t.dir, fmt.Sprintf("%s-%d", t.row.Name, t.tried))
	err := os.Mkdir(dir, 0o777)
	if err == nil {
		err = try(dir)
	}
	if err != nil {
		fmt.Fprintf(t.out, "%s, %s: %v (files: %s)\n", t.row.Name, name, err, dir)
		return
	}
	t.kept++
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintf(t.out, "%s, %s: %v\n", t.row.Name, name, err)
	}
}

// Printf prints a measured figure of the row.
func (t *Trial) Printf(format string, a ...any) {
	fmt.Fprintf(t.out, t.row.Name+": "+format+"\n", a...)
}

// Config is what the rows of one run share.
type Config struct {
	Binary, Root string
	Dir          string // of the files of cases; a case that fails leaves its folder there
	Share        float64
	Seed         uint64
	Out          io.Writer
}

// Run tries a row and prints its outcome on one last line. It is kept if every case was, and at
// least one was tried, as many as the row's count.
func Run(ctx context.Context, r Row, c Config) (kept bool) {
	t := &Trial{Context: ctx, Binary: c.Binary, Root: c.Root, Share: c.Share, row: r, dir: c.Dir, out: c.Out,
		Random: rand.New(rand.NewPCG(c.Seed, hash(r.Name)))}
	start := time.Now()
	err := r.Check(t)
	whole := t.tried
	if r.Count > 0 {
		whole = t.Cases(r.Count)
	}
	head := fmt.Sprintf("%s %d of %d", r.Name, t.kept, whole)
	if skipped, is := err.(Skipped); is {
		fmt.Fprintf(c.Out, "%s: skipped, %s\n", head, skipped.Why)
		return os.Geteuid() != 0
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
