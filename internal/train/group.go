package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/dylora/dylora/internal/fault"
)

// Group is the processes that train one run together. Every process has the whole loop and takes the same steps; of a step's parts
// (Config.MicroBatches) it learns its share, and their gradients are put together. Process 0 alone has hooks that write. The methods
// are collective: all processes call them in the same order.
type Group interface {
	Rank() int
	Size() int
	Allgather(mine, all []float32) error // all is Size times as long as mine, which every process has as long, and gets that of process i in place i
	Alltoall(mine, all []float32) error  // both are as long on every process, and have a piece for each: all gets in place i what process i has for this one
	Broadcast(b []byte) ([]byte, error)  // gives all what process 0 has
}

// ErrElsewhere is in the chain of what ends a process because another one has failed.
var ErrElsewhere = errors.New("another process of the group")

// ErrTells is in the chain of what ends a process that all others know to have failed: it has the message.
var ErrTells = errors.New("the process with the message")

// telling is an error with ErrTells in its chain, and nothing of it in its text.
type telling struct{ error }

func (t telling) Unwrap() error      { return t.error }
func (telling) Is(target error) bool { return target == ErrTells }

// Asked is what all processes of a group end with when one of them is asked to stop.
type Asked struct {
	Code int // exit code of the stop
}

// BySignal is Code, for interrupt.Ended.
func (a *Asked) BySignal() int { return a.Code }

func (*Asked) Error() string { return "a process of the group was asked to stop" }

// codeOf is the exit code that the cause of a context asks for; 1 where it asks for none.
func codeOf(cause error) int {
	var c interface{ ExitCode() int }
	if errors.As(cause, &c) {
		return c.ExitCode()
	}
	return 1
}

// Takes refuses a number of processes that is not a power of two dividing the number of parts, for which the sum of the gradients would
// have other bits.
func (l *Loop) Takes(g Group) error {
	if n, parts := g.Size(), max(l.config.MicroBatches, 1); n&(n-1) != 0 || parts%n != 0 {
		return fault.Because(GroupSize, fault.Usagef("micro_batches: %d parts of each batch cannot be shared by %d processes: their number has to be a power of two that divides the number of parts", parts, n))
	}
	return nil
}

// Join makes the loop one of a group's, before it runs: whatever state process 0 has is that of all. It refuses what Takes does.
func (l *Loop) Join(g Group) error {
	if err := l.Takes(g); err != nil {
		return err
	}
	l.group = g
	var b []byte
	if g.Rank() == 0 {
		m, tensors, err := l.capture()
		if err != nil {
			return err
		}
		if b, err = json.Marshal(shared{m, tensors}); err != nil {
			return err
		}
	}
	b, err := g.Broadcast(b)
	if err != nil || g.Rank() == 0 {
		return err
	}
	var s shared
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("train: the state of process 0: %w", err)
	}
	return l.restore(&s.Manifest, s.Tensors)
}

// shared is the state that process 0 gives to all.
type shared struct {
	Manifest manifest
	Tensors  []byte
}

// status is what a process says in every exchange.
type status struct {
	stop  int         // exit code of the stop that it is asked for; 0: none
	class fault.Class // of its error; 0: none
}

// statusWidth is how many numbers a status takes.
const statusWidth = 2

func (s status) put(to []float32) { to[0], to[1] = float32(s.stop), float32(s.class) }

// own is what this process has to say: its error, and whether it is asked to stop.
func (l *Loop) own(err error) status {
	var s status
	if l.asked != nil && l.asked.Err() != nil {
		s.stop = codeOf(context.Cause(l.asked))
	}
	if err != nil {
		s.class = fault.ClassOf(err)
	}
	return s
}

// heard takes the statuses of all, statusWidth numbers at the end of each of size pieces of all: it notes that somebody is asked to
// stop, and gives the error that ends this process, too, if one has failed. own is this process's. ErrElsewhere is in its chain where
// another process has the message, of several that have failed alike the first; else ErrTells is, if this one has failed.
func (l *Loop) heard(all []float32, own error) error {
	width := len(all) / l.group.Size()
	for i := range l.group.Size() {
		s := all[(i+1)*width-statusWidth:]
		l.together = max(l.together, int(s[0]))
		switch class := fault.Class(s[1]); {
		case class == 0:
		case own == nil:
			own = fault.Errorf(class, "%w: process %d has failed, and its message says why", ErrElsewhere, i)
		case i < l.group.Rank() && class == fault.ClassOf(own) && !errors.Is(own, ErrElsewhere):
			own = fault.Errorf(class, "%w: process %d has failed, too: %w", ErrElsewhere, i, own)
		}
	}
	if own != nil && !errors.Is(own, ErrElsewhere) {
		own = telling{own}
	}
	return own
}

// agree makes all processes end together where one has failed.
func (l *Loop) agree(err error) error {
	if l.group == nil {
		return err
	}
	if err == nil {
		err, l.pending = l.pending, nil
	}
	mine, all := make([]float32, statusWidth), make([]float32, statusWidth*l.group.Size())
	l.own(err).put(mine)
	if e := l.group.Allgather(mine, all); e != nil {
		return errors.Join(err, e)
	}
	return l.heard(all, err)
}

// Agree ends what all processes of a group do where one of them has failed: each passes its error, or nil. Who has none gets one of the
// same class. group nil is a process alone.
func Agree(group Group, err error) error { return (&Loop{group: group}).agree(err) }

// AgreeOrStop is Agree, and an *Asked on all processes where none has failed and one is asked to stop: its ctx is done.
func AgreeOrStop(ctx context.Context, group Group, err error) error {
	l := &Loop{group: group, asked: ctx}
	if err = l.agree(err); err == nil && l.together > 0 {
		err = &Asked{l.together}
	}
	return err
}

// stopping says whether the run is to stop: this process is asked to, or one of the group is and all know it.
func (l *Loop) stopping(ctx context.Context) bool {
	if l.group == nil {
		return ctx.Err() != nil
	}
	return l.together > 0
}

// share is the parts that this process learns.
func (l *Loop) share(parts int) (lo, hi int) {
	if l.group == nil {
		return 0, parts
	}
	each := parts / l.group.Size()
	return l.group.Rank() * each, (l.group.Rank() + 1) * each
}
