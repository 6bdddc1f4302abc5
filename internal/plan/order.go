package plan

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

// Order is how a plan is to be run.
type Order struct {
	Machine []*settings.Layer // settings of MachineKeys; others are refused
	Jobs    int               // trainings at once
	Results string            // file that gets a line per finished training; "": none
	Parent  *Parent           // of a process that trains a line for another one; nil: none
}

// Parent is the process that has started this one to train a line.
type Parent struct {
	Expected string    // ID that the line has to have, or AnyID
	In       io.Reader // whose end stops the training as a signal does
}

// AnyID is a Parent that expects no ID.
const AnyID = "any"

// attend gives a context that ends with the parent's input, too. A line that is another one than
// the parent has read is refused.
func (p *Parent) attend(ctx context.Context, plan *Plan, l *Line) (context.Context, context.CancelFunc, error) {
	if p == nil {
		return ctx, func() {}, nil
	}
	if p.Expected != AnyID && p.Expected != l.ID {
		return nil, nil, fault.Usagef("%s is another training now: run the plan again", plan.Place(l))
	}
	ctx, stop := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, p.In) // however it ends, nobody waits for the result
		stop()
	}()
	return ctx, stop, nil
}

// machine are the resolved settings of the machine. A setting of another kind would be one that the
// plan does not have.
func (o *Order) machine() (*settings.Resolved, error) {
	for _, l := range o.Machine {
		if others := l.Without(MachineKeys()...).Keys(); len(others) > 0 {
			return nil, fault.Usagef("%s is set, and the settings of a plan are its own: unset it", l.Place(others[0]))
		}
	}
	return settings.Resolve(o.Machine...)
}

func (o *Order) append(l *Line) error {
	if o.Results == "" {
		return nil
	}
	return Append(o.Results, l)
}

// Run trains the lines that are not complete, each in a process of this program with the arguments
// that child gives, which have to end in RunOne with a Parent. See Runner.Run.
func (p *Plan) Run(ctx context.Context, env *session.Env, o Order, child func(*Line) []string) error {
	machine, err := o.machine()
	if err != nil {
		return err
	}
	threads := machine.Machine.Threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	r := &Runner{Plan: p, Order: o, Threads: threads, Say: func(line string) { env.Say(line) }, Now: env.Now}
	r.Process = func(l *Line, threads int) *exec.Cmd {
		c := thisProgram(child(l))
		c.Env = withoutSettings(os.Environ())
		for _, f := range machine.With("threads", threads).Fields() {
			if f.Key == "threads" || machine.Explicit(f.Key) {
				c.Env = append(c.Env, fmt.Sprintf("%s=%v", f.Env(), settings.Plain(f.Value)))
			}
		}
		return c
	}
	return r.Run(ctx)
}

// thisProgram is this program once more. On Linux it is the same one even if another version has
// taken its file's place.
func thisProgram(args []string) *exec.Cmd {
	path := "/proc/self/exe"
	if _, err := os.Stat(path); err != nil {
		if path, err = os.Executable(); err != nil {
			path = os.Args[0]
		}
	}
	c := exec.Command(path, args...) //nolint:gosec // this program, with arguments that no shell reads
	c.Args[0] = os.Args[0]
	return c
}

// withoutSettings is an environment without the variables of settings: those of the machine are given to a
// training anew, and all others are in its line.
func withoutSettings(environment []string) (rest []string) {
	own := map[string]bool{}
	for _, f := range settings.Defaults().Fields() {
		own[f.Env()] = true
	}
	for _, v := range environment {
		if name, _, _ := strings.Cut(v, "="); !own[name] {
			rest = append(rest, v)
		}
	}
	return rest
}
