package runs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/torture/row"
)

// resumed interrupts a run after a random step, resumes it on another number of threads, and compares it with one that nobody interrupted.
func resumed(t *row.Trial, dir, model string, p kernel.Precision, seed uint64) error {
	args := short(encoder(t, model), 24, "--seed", fmt.Sprint(seed), "--precision", p.String(), "--checkpoint-every", "5")
	whole, err := subfolder(dir, "whole")
	if err != nil {
		return err
	}
	if _, err := succeed(t, whole, nil, append(args, "--threads", "1")...); err != nil {
		return err
	}
	want, err := files(whole)
	if err != nil {
		return err
	}
	parted, err := subfolder(dir, "parted")
	if err != nil {
		return err
	}
	if err := interrupted(t, parted, 1+t.Random.IntN(15), append(args, "--threads", "2")); err != nil {
		return err
	}
	if _, err := succeed(t, parted, nil, append(args, "--threads", "1", "--resume")...); err != nil {
		return err
	}
	got, err := files(parted)
	if err != nil {
		return err
	}
	return same(want, got)
}

// interrupted runs a training and sends it SIGINT once its log has so many lines.
func interrupted(t *row.Trial, dir string, lines int, args []string) error {
	ctx, cancel := context.WithTimeout(t, time.Minute)
	defer cancel()
	c := command(ctx, t, dir, nil, args...)
	var talk strings.Builder
	c.Stderr = &talk
	if err := c.Start(); err != nil {
		return err
	}
	for ctx.Err() == nil {
		b, err := os.ReadFile(filepath.Join(dir, "run", "metrics.jsonl"))
		if err == nil && strings.Count(string(b), "\n") >= lines {
			break
		}
		time.Sleep(time.Millisecond)
	}
	signalled := c.Process.Signal(syscall.SIGINT)
	_ = c.Wait()
	switch code := c.ProcessState.ExitCode(); {
	case signalled != nil:
		return fmt.Errorf("the run had ended before it could be interrupted: %w: %s", signalled, talk.String())
	case code == 0: // the last step was over; there is nothing to resume, and the bits have to be the same all the same
		return nil
	case code != 130:
		return fmt.Errorf("exit code %d, want 130: %s", code, talk.String())
	}
	return nil
}
