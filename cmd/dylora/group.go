package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/interrupt"
	"github.com/dylora/dylora/internal/mpi"
	"github.com/dylora/dylora/internal/terminal"
	"github.com/dylora/dylora/internal/train"
)

// talkOfFirst is where this process talks: of several that a launcher has started the first alone does.
func talkOfFirst(errOut io.Writer) io.Writer {
	if l := mpi.Launched(os.Getenv); l.Several() && l.Rank != "0" {
		return io.Discard
	}
	return errOut
}

// join makes this process one of those that a launcher has started; of these the first alone tells how it goes.
func (s *streams) join() (err error) {
	if s.world, err = mpi.Start(os.Getenv); s.world != nil && s.world.Rank() > 0 {
		s.out, s.screen().Quiet, s.screen().Mute, s.screen().Mode = io.Discard, true, true, terminal.ModeNone
	}
	return err
}

// alone refuses to be one of several processes for a command that they cannot share.
func (s *streams) alone(command string) error {
	together := []string{"dylora train", "dylora eval", "dylora sweep", "dylora bench"}
	if s.world == nil || slices.Contains(together, command) {
		return nil
	}
	return fault.Usagef("%s is for one process, and there are %d: several share what train learns and what eval, sweep and bench measure", command, s.world.Size())
}

// ownProcesses refuses what starts processes of its own where this one is one of several.
func (s *streams) ownProcesses(flag string) error {
	if s.world == nil {
		return nil
	}
	return fault.Usagef("%s is for one process: each of its trainings can be one of several", flag)
}

// first says whether this process is alone or the one of several that reports.
func (s *streams) first() bool { return s.world == nil || s.world.Rank() == 0 }

// group is the processes that work together; nil: this one is alone.
func (s *streams) group() train.Group {
	if s.world == nil {
		return nil
	}
	return s.world
}

// leave waits for the others where all have come to the end. A process that has failed by itself must not: its launcher ends the others.
func (s *streams) leave(err error) error {
	if s.world == nil || err != nil && !errors.As(err, new(*train.Asked)) && fault.ClassOf(err) != fault.Check {
		return err
	}
	return errors.Join(err, s.world.Close())
}

// ofRank begins the message of an error of one process among several. It tells nothing where another process does: by what they have
// agreed on, or where all find the same, which the first tells and the launcher then ends the others.
func ofRank(ctx context.Context, err error) (prefix string, tell bool) {
	l := mpi.Launched(os.Getenv)
	first := !l.Several() || l.Rank == "0"
	switch {
	case errors.Is(err, train.ErrElsewhere), interrupt.Ended(ctx, err) != nil && !first:
		return "", false
	case first:
		return "dylora:", true
	case errors.Is(err, train.ErrTells):
		return fmt.Sprintf("dylora: rank %s:", l.Rank), true
	}
	select {
	case <-ctx.Done():
		return "", false
	case <-time.After(time.Second):
		return fmt.Sprintf("dylora: rank %s:", l.Rank), l.FirstLives()
	}
}
