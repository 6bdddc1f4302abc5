package runs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/torture/row"
)

// within is how far the prediction of a command's memory may be off from the peak that is measured.
const within = 0.15

// under runs a command below a limit of so many bytes.
type under struct {
	name string
	// prepare gives the words before the command, and the environment, and what is to be undone.
	prepare func(bytes int64) (before, env []string, undo func() error, err error)
	least   int64 // limit at which the program starts and does not fit
	varies  int64 // what is left may be so much more or less from one call to the next
	unit    string
}

// task is a command whose memory is limited.
type task struct {
	name string
	args []string
	load func(ctx context.Context, address string) error // of a server, which runs until it is told to end; nil: the command ends by itself
}

// limits runs each command below each kind of limit: with a tenth less (and what varies) than it says that it needs, where it has to stop before it begins; with as much,
// where it has to run to its end; and without, where what it says has to be near what it takes.
func limits(t *row.Trial) (err error) {
	shared, err := os.MkdirTemp("", "torture-limits-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(shared)) }()
	train := []string{"train", "--model", "mini", "--max-train-examples", "640", "--max-eval-examples", "400", "--batch", "64", "--max-length", "64", "--epochs", "1", "--max-steps", "3", "--quiet"}
	if _, err := succeed(t, shared, nil, append(train, "--run", "done")...); err != nil {
		return err
	}
	texts := strings.Repeat("the story of a man who was not very good at anything , and of his dog\n", 300)
	if err := os.WriteFile(filepath.Join(shared, "texts.txt"), []byte(texts), 0o666); err != nil {
		return err
	}
	run := func(command string, more ...string) task {
		return task{command, append([]string{command, filepath.Join(shared, "done"), "--quiet"}, more...), nil}
	}
	tasks := []task{
		{"train", append(train, "--run", "run"), nil}, {"train in parts of i16", append(train, "--run", "run", "--micro-batches", "4", "--precision", "i16"), nil},
		run("eval", "--max-eval-examples", "400"), run("sweep", "--max-eval-examples", "400"), run("predict", "--in", filepath.Join(shared, "texts.txt"), "--out", "answers.txt"),
		run("merge", "--out", "merged"), run("check"),
		{"serve", []string{"serve", filepath.Join(shared, "done"), "--listen", "127.0.0.1:0"}, asked},
	}
	kinds := []under{heapLimit, addressLimit, groupLimit}
	var once sync.Mutex
	peaks := map[string]int64{}
	peak := func(dir string, c task) (int64, error) { // of a run without a limit
		once.Lock()
		defer once.Unlock()
		if peaks[c.name] > 0 {
			return peaks[c.name], nil
		}
		o, err := limited(t, dir, c, nil, nil)
		if err == nil && o.code != 0 {
			err = fmt.Errorf("exit code %d: %s", o.code, o.err)
		}
		peaks[c.name] = o.peak
		return o.peak, err
	}
	missing := map[string]error{}
	for _, k := range kinds {
		_, _, undo, err := k.prepare(1 << 40)
		if err == nil {
			err = undo()
		}
		missing[k.name] = err
	}
	row.Each(runtime.GOMAXPROCS(0), t.Pick(24), func(i int) {
		c, k := tasks[i%8], kinds[i/8]
		if missing[k.name] == nil {
			t.Case(c.name+" under "+k.name, func(dir string) error { return k.try(t, dir, c, peak) })
		}
	})
	for _, err := range missing {
		if err != nil {
			return row.Skipped{Why: err.Error()}
		}
	}
	return nil
}

// sizes is what a command says of the memory that it needs and has.
var sizes = regexp.MustCompile(`dylora: .* needs ([0-9]+) MiB of (memory|heap)( or more)?, and (.+) leaves ([0-9]+) MiB: `)

// try runs a command on both sides of the limit.
func (k *under) try(t *row.Trial, dir string, c task, peak func(string, task) (int64, error)) error {
	need, left, err := k.refusal(t, dir, c, k.least)
	if err != nil {
		return err
	}
	if c.args[0] == "train" { // of the sizes of its sequences
		if need, err = k.predicted(t, dir, c, need); err != nil {
			return err
		}
	}
	of := func(bytes int64) int64 { return k.least + bytes - left } // the limit that leaves so much
	refused, now, err := k.refusal(t, dir, c, of(need*9/10)-k.varies)
	if err != nil {
		return fmt.Errorf("a tenth too little: %w", err)
	}
	if refused > need+2<<20 || now > need*9/10+2<<20 { // two texts of whole MiB
		return fmt.Errorf("a tenth too little: it says that it needs %d bytes and has %d, with %d needed", refused, now, need)
	}
	if err := empty(dir); err != nil {
		return fmt.Errorf("a tenth too little: %w", err)
	}
	before, env, undo, err := k.prepare(of(need + need/50 + 2<<20 + k.varies))
	if err != nil {
		return err
	}
	o, err := limited(t, dir, c, before, env)
	if err = errors.Join(err, undo()); err != nil {
		return err
	}
	if o.code != 0 {
		return fmt.Errorf("with what it needs: exit code %d: %s", o.code, o.err)
	}
	if k.unit == "heap" {
		return nil
	}
	own, err := subfolder(dir, "free")
	if err != nil {
		return err
	}
	took, err := peak(own, c)
	if err != nil {
		return err
	}
	off := float64(need)/float64(took) - 1
	t.Printf("%s: %d MiB predicted, %d MiB taken, %+.0f %%", c.name, need>>20, took>>20, 100*off)
	if math.Abs(off) > within {
		return fmt.Errorf("%d bytes are predicted, and %d taken", need, took)
	}
	return nil
}

// refusal runs a command below a limit that is too low, and gives what it says that it needs and has.
func (k *under) refusal(t *row.Trial, dir string, c task, limit int64) (need, left int64, err error) {
	before, env, undo, err := k.prepare(limit)
	if err != nil {
		return 0, 0, err
	}
	o, err := limited(t, dir, task{c.name, c.args, nil}, before, env)
	if err = errors.Join(err, undo()); err != nil {
		return 0, 0, err
	}
	found := sizes.FindStringSubmatch(o.err)
	if o.code != int(fault.Usage) || found == nil || strings.Count(o.err, "\n") != 2 || !strings.Contains(found[4], k.name) || found[2] != k.unit {
		return 0, 0, fmt.Errorf("exit code %d, want %d and one line that says how much is needed of what %s leaves: %s", o.code, fault.Usage, k.name, o.err)
	}
	n, err := strconv.ParseInt(found[1], 10, 64)
	m, other := strconv.ParseInt(found[5], 10, 64)
	return n << 20, m << 20, errors.Join(err, other)
}

// predicted is what a training says that it needs before it begins.
func (k *under) predicted(t *row.Trial, dir string, c task, least int64) (int64, error) {
	o, err := succeed(t, dir, nil, append(c.args, "--dry-run", "--json")...)
	if err != nil {
		return 0, err
	}
	var said struct {
		Memory int64 `json:"memory_bytes"`
		Heap   int64 `json:"heap_bytes"`
	}
	if err := json.Unmarshal([]byte(o.out), &said); err != nil {
		return 0, err
	}
	need := said.Memory
	if k.unit == "heap" {
		need = said.Heap
	}
	if need < least-1<<20 {
		return 0, fmt.Errorf("a dry run says that %d bytes are needed, and %d at least", need, least)
	}
	return need, empty(dir)
}

// empty refuses a folder that something was written to.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%v are left", entries)
	}
	return err
}
