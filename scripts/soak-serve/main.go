// Command soak-serve runs dylora serve under load, broken requests and adapters that come and go, ends it by SIGTERM, and says
// whether an answer was wrong, a request lost or memory grew.
//
//	go run ./scripts/soak-serve --duration 10m
//	CGO_ENABLED=1 go build -race -o dylora-race ./cmd/dylora && go run ./scripts/soak-serve --dylora ./dylora-race
//
// Adapters with random weights are written for the base model, which is the built-in one of models/mini unless --model names another
// folder. Exit code 1: something was wrong.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"github.com/dylora/dylora/internal/data/demo"
	"github.com/dylora/dylora/scripts/serving/soak"
)

func main() {
	o := soak.Options{}
	dylora := flag.String("dylora", "", "`program` to run; default: it is built from the sources here")
	flag.StringVar(&o.Model, "model", "models/mini", "`folder` of the base model")
	flag.DurationVar(&o.Duration, "duration", 10*time.Minute, "until SIGTERM")
	flag.IntVar(&o.Clients, "clients", 8, "that compare their answers")
	flag.Uint64Var(&o.Seed, "seed", 42, "of adapters and of what is asked")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o, *dylora, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "soak-serve:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o soak.Options, dylora string, w io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "soak-serve-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if dylora == "" {
		dylora = filepath.Join(dir, "dylora")
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", dylora, "./cmd/dylora").CombinedOutput(); err != nil { //nolint:gosec // no shell reads the name
			return fmt.Errorf("go build: %w: %s", err, out)
		}
	}
	if o.Model, err = filepath.Abs(o.Model); err != nil {
		return err
	}
	o.Dir = filepath.Join(dir, "adapters")
	o.Dylora, o.Environment = []string{dylora}, []string{"XDG_CACHE_HOME=" + filepath.Join(dir, "cache"), "HF_HUB_OFFLINE=1"}
	for _, r := range demo.Everyday(40, o.Seed) {
		o.Texts = append(o.Texts, r.Text)
	}
	r, err := soak.Run(ctx, o)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%v, %d clients: %d answers, %d of them to several texts; wrong %d, lost %d, odd %d\n", o.Duration, o.Clients, r.Answers, r.Batches, len(r.Wrong), len(r.Lost), len(r.Odd))
	fmt.Fprintf(w, "told that an adapter is not loaded %d, busy %d, refused after SIGTERM %d; adapters loaded and unloaded %d times\n", r.Absent, r.Busy, r.AtTheEnd, r.Loads)
	first, last, firstPeak, lastPeak := r.Memory()
	mib := func(n int64) float64 { return float64(n) / (1 << 20) }
	fmt.Fprintf(w, "resident memory, medians of the first and the last third: %.1f and %.1f MiB, at the most %.1f and %.1f MiB; exit: %v\n", mib(first), mib(last), mib(firstPeak), mib(lastPeak), r.Exit)
	sent := 0
	for _, n := range r.Faults {
		sent += n
	}
	fmt.Fprintf(w, "%d broken requests of %d kinds:\n", sent, len(r.Faults))
	for _, name := range slices.Sorted(maps.Keys(r.Faults)) {
		fmt.Fprintf(w, "%8d  %s\n", r.Faults[name], name)
	}
	return r.Sound()
}
