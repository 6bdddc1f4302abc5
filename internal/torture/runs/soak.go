package runs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dylora/dylora/internal/torture/row"
)

// The training whose memory is watched, of as many steps as a small model takes in a day.
const (
	soakSteps    = 50_000
	soakLeast    = 6_000 // of a share, for the program to be warm
	soakWarm     = 4_000 // that count for nothing
	soakPerEpoch = 500   // steps between evaluations
	soakEvery    = 250   // steps between checkpoints
	flatWithin   = 0.01
	samplePause  = 20 * time.Millisecond
)

// flat trains the built-in model for very many steps, with evaluations, checkpoints and a log, and samples the memory that is resident, pages of the program's
// own file included. After a tenth of the time to warm up, and 4,000 steps at least, the median of the last tenth may not be above that of the first.
func flat(t *row.Trial) error {
	steps := max(t.Cases(soakSteps), soakLeast)
	t.Case(fmt.Sprintf("%d steps", steps), func(dir string) error {
		args := []string{"train", "--run", "run", "--max-train-examples", fmt.Sprint(2 * soakPerEpoch), "--max-eval-examples", "32", "--batch", "2", "--max-length", "16",
			"--rank", "4", "--epochs", fmt.Sprint((steps + soakPerEpoch - 1) / soakPerEpoch), "--checkpoint-every", fmt.Sprint(soakEvery), "--quiet", "--seed", fmt.Sprint(t.Random.IntN(1e6))}
		samples, err := resident(t, dir, args)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(filepath.Join(dir, "run", "metrics.jsonl"))
		if err != nil {
			return err
		}
		if lines := strings.Count(string(b), "\n"); lines < steps {
			return fmt.Errorf("the log has %d lines, and there were to be %d steps", lines, steps)
		}
		samples = samples[max(len(samples)/10, len(samples)*soakWarm/steps):]
		tenth := len(samples) / 10
		if tenth < 5 {
			return fmt.Errorf("%d samples are too few", len(samples))
		}
		first, last := median(samples[:tenth]), median(samples[len(samples)-tenth:])
		t.Printf("%d steps, %d samples: %.2f MB after a tenth, %.2f MB at the end, %+.2f %%", steps, len(samples), float64(first)/1e6, float64(last)/1e6, 100*(float64(last)/float64(first)-1))
		if float64(last) > (1+flatWithin)*float64(first) {
			return fmt.Errorf("memory grew from %d to %d bytes", first, last)
		}
		return nil
	})
	return nil
}

// resident runs a command to its end and samples its resident memory.
func resident(t *row.Trial, dir string, args []string) (samples []int64, err error) {
	ctx, cancel := context.WithCancel(t)
	defer cancel()
	c := command(ctx, t, dir, nil, args...)
	var talk strings.Builder
	c.Stderr = &talk
	if err := c.Start(); err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	tick := time.NewTicker(samplePause)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			if err != nil {
				return nil, fmt.Errorf("%w: %s", err, talk.String())
			}
			if len(samples) == 0 {
				return nil, errors.New("/proc tells nothing of the process")
			}
			return samples, nil
		case <-tick.C:
			b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", c.Process.Pid))
			if err != nil {
				continue // it has just ended
			}
			if f := strings.Fields(string(b)); len(f) > 1 {
				if pages, err := strconv.ParseInt(f[1], 10, 64); err == nil && pages > 0 {
					samples = append(samples, pages*int64(os.Getpagesize()))
				}
			}
		}
	}
}

// median is the middle one of the samples, which stay in their order.
func median(samples []int64) int64 {
	sorted := slices.Sorted(slices.Values(samples))
	return sorted[len(sorted)/2]
}
