// Command torture shows that the promises of docs/reliability.md are kept: it kills, starves and
// misleads the real program, row by row, and counts what survives.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/dylora/dylora/internal/torture/files"
	"github.com/dylora/dylora/internal/torture/filetrace"
	"github.com/dylora/dylora/internal/torture/inputs"
	"github.com/dylora/dylora/internal/torture/row"
	"github.com/dylora/dylora/internal/torture/runs"
)

// rows are all rows, in the order of their numbers.
func rows() []row.Row {
	all := slices.Concat(files.Rows(), inputs.Rows(), runs.Rows())
	slices.SortFunc(all, func(a, b row.Row) int {
		return cmp.Or(cmp.Compare(len(a.Name), len(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	return all
}

func main() {
	filetrace.Trampoline()
	if len(os.Args) > 1 && os.Args[1] == inputs.Argument {
		os.Exit(inputs.Child(os.Stdin, os.Stdout))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if signal.Ignored(syscall.SIGHUP) { // as by nohup, which the programs under test would inherit; what is caught they do not
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	kept, err := run(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
	}
	if err != nil || !kept {
		stop()
		os.Exit(1)
	}
}

// run tries the rows that the command line names, or all, and tells whether all were kept.
func run(ctx context.Context) (kept bool, err error) {
	share := flag.Float64("share", 1, "part of each row's cases, above 0 and at most 1")
	seed := flag.Uint64("seed", 0, "seed of what is drawn; 0: another one every time, printed")
	maySkip := flag.Bool("may-skip", false, "a row that this machine cannot try is no failure, for root neither")
	list := flag.Bool("list", false, "print the rows and try none")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: torture [--share S] [--seed N] [--may-skip] [--list] [ROW…]\nDYLORA_BIN is the program to try; without it, it is built.")
		flag.PrintDefaults()
	}
	flag.Parse()
	if *share <= 0 || *share > 1 {
		return false, fmt.Errorf("--share %g: want above 0 and at most 1", *share)
	}
	chosen, err := choose(rows(), flag.Args())
	if err != nil {
		return false, err
	}
	if *list {
		for _, r := range chosen {
			fmt.Printf("%-4s %6d  %s\n", r.Name, r.Count, r.Promise)
		}
		return true, nil
	}
	if *seed == 0 {
		*seed = rand.Uint64N(1e6) + 1
		fmt.Printf("seed %d\n", *seed)
	}
	dir, err := os.MkdirTemp("", "torture-")
	if err != nil {
		return false, err
	}
	c := row.Config{Dir: dir, Share: *share, Seed: *seed, MaySkip: *maySkip, Out: os.Stdout}
	if c.Root, c.Binary, err = build(ctx, dir); err != nil {
		return false, err
	}
	if len(chosen) == 1 {
		kept = row.Run(ctx, chosen[0], c)
	} else if kept, err = apart(ctx, chosen, c); err != nil {
		return false, err
	}
	if kept { // what failed keeps its files
		err = os.RemoveAll(dir)
	}
	return kept, err
}

// apart tries each row in a process of its own: what a process has taken at most, its children seem to have taken, too.
func apart(ctx context.Context, rows []row.Row, c row.Config) (kept bool, err error) {
	self, err := os.Executable()
	if err != nil {
		return false, err
	}
	kept = true
	for _, r := range rows {
		one := exec.CommandContext(ctx, self, "--share", fmt.Sprint(c.Share), "--seed", fmt.Sprint(c.Seed), fmt.Sprintf("--may-skip=%t", c.MaySkip), r.Name)
		one.Dir, one.Env = c.Root, append(os.Environ(), "DYLORA_BIN="+c.Binary)
		one.Stdout, one.Stderr = c.Out, os.Stderr
		one.Cancel, one.WaitDelay = func() error { return one.Process.Signal(syscall.SIGTERM) }, time.Minute
		err := one.Run()
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			return false, err
		}
		kept = kept && err == nil
	}
	return kept, nil
}

// choose gives the rows of some names, all for none.
func choose(all []row.Row, names []string) ([]row.Row, error) {
	if len(names) == 0 {
		return all, nil
	}
	var chosen []row.Row
	for _, name := range names {
		i := slices.IndexFunc(all, func(r row.Row) bool { return strings.EqualFold(r.Name, name) })
		if i < 0 {
			return nil, fmt.Errorf("%q is no row; --list prints them", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// build gives the module's folder, and the program under test: DYLORA_BIN, or one built into dir.
func build(ctx context.Context, dir string) (root, binary string, err error) {
	mod, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", "", err
	}
	root = filepath.Dir(strings.TrimSpace(string(mod)))
	if binary = os.Getenv("DYLORA_BIN"); binary != "" {
		binary, err = filepath.Abs(binary)
		return root, binary, err
	}
	binary = filepath.Join(dir, "dylora")
	c := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/dylora")
	c.Dir, c.Env, c.Stderr = root, append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
	return root, binary, c.Run()
}
