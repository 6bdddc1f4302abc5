package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/mpi"
	"github.com/dylora/dylora/internal/terminal"
	"github.com/dylora/dylora/internal/train"
)

// join makes this process one of those that a launcher has started; of these the first alone tells how it goes.
func (s *streams) join() (err error) {
	if s.world, err = mpi.Start(os.Getenv); s.world != nil && s.world.Rank() > 0 {
		s.out, s.screen().Quiet, s.screen().Mode = io.Discard, true, terminal.ModeNone
	}
	return err
}

// alone refuses to be one of several processes for any command but the one that they have together.
func (s *streams) alone(command string) error {
	if s.world == nil || command == "dylora train" {
		return nil
	}
	return fault.Usagef("%s is for one process, and there are %d: several train together, with dylora train", command, s.world.Size())
}

// group is the processes that train together; nil: this one is alone.
func (s *streams) group() train.Group {
	if s.world == nil {
		return nil
	}
	return s.world
}

// leave waits for the others where all have come to the end. A process that has failed by itself must not: its launcher ends the others.
func (s *streams) leave(err error) error {
	if s.world == nil || err != nil && !errors.Is(err, train.ErrStopped) {
		return err
	}
	return errors.Join(err, s.world.Close())
}

// ofRank begins the message of an error of one process among several. It tells nothing where another process does.
func ofRank(err error) (prefix string, tell bool) {
	switch l := mpi.Launched(os.Getenv); {
	case !l.Several() || l.Rank == "0" && !errors.Is(err, train.ErrElsewhere):
		return "dylora:", true
	case errors.Is(err, train.ErrElsewhere), fault.ClassOf(err) == fault.Usage: // which all processes find
		return "", false
	default:
		return fmt.Sprintf("dylora: rank %s:", l.Rank), true
	}
}
