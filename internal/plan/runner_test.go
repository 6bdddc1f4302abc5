package plan

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/evaluate"
)

// childMode is the variable that makes the test binary be the process of a line.
const childMode = "TEST_PLAN_CHILD"

// TestMain is also what the processes of TestRunner do: their mode says how they end.
func TestMain(m *testing.M) {
	switch os.Getenv(childMode) {
	case "":
		os.Exit(m.Run())
	case "panic":
		panic("out of luck")
	case "refused":
		fmt.Fprintln(os.Stderr, "a note\ndylora: refused for\ndylora: two reasons")
		os.Exit(2)
	case "quit":
		os.Exit(9)
	case "empty":
		os.Exit(0)
	case "signal":
		os.Exit(143)
	case "wait": // until the standard input ends
		_, _ = os.Stdin.Read(make([]byte, 1))
		os.Exit(1)
	}
	os.Exit(2)
}

// runner trains lines by processes that do nothing but end as said of their index; done and failed
// are noted by the test in their place.
func runner(t *testing.T, p *Plan, modes []string) (*Runner, func() string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var said strings.Builder
	r := &Runner{Plan: p, Order: Order{Jobs: 2, Results: "r.jsonl"}, Threads: 5, Now: time.Now}
	r.Say = func(line string) {
		mu.Lock()
		defer mu.Unlock()
		said.WriteString(line + "\n")
	}
	r.Process = func(l *Line, threads int) *exec.Cmd {
		r.Say(fmt.Sprintf("index %d with %d threads", l.Index, threads))
		mode := modes[l.Index]
		switch mode {
		case "done":
			finish(t, l, 1)
			mode = "empty"
		case "failed":
			if err := writeFailure(l, "it\nsays why"); err != nil {
				t.Error(err)
			}
			mode = "quit"
		case "none":
			return exec.Command("./nosuch")
		}
		c := exec.Command(self)
		c.Env = append(os.Environ(), childMode+"="+mode)
		return c
	}
	return r, func() string {
		mu.Lock()
		defer mu.Unlock()
		return said.String()
	}
}

// TestRunner: lines end in all ways; what failed is listed with why, and tried again.
func TestRunner(t *testing.T) {
	p := planOf(t, "runs: a/{seed}\ngrid: {seed: [0, 1, 2, 3, 4, 5, 6, 7, 8]}")
	finish(t, &p.Lines[0], 1)
	modes := []string{"", "done", "panic", "quit", "empty", "signal", "failed", "none", "refused"}
	r, said := runner(t, p, modes)
	err := r.Run(t.Context())
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"7 of 8 trainings are not complete:\n", "a/2 (index 2): panic: out of luck", "a/3 (index 3): the process ended with exit status 9",
		"a/4 (index 4): the process ended without a result", "a/5 (index 5): stopped", "a/6 (index 6): it; says why", "a/7 (index 7): fork/exec ./nosuch", "a/8 (index 8): refused for; two reasons"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
	for _, want := range []string{"9 trainings: 1 complete, 8 to do\n", "with 3 threads\n", "with 2 threads\n", "a/1 done in ", ", accuracy (%) 50.0 at rank 8", "a/6 failed: it; says why", "; about "} {
		if !strings.Contains(said(), want) {
			t.Errorf("it does not say %q: %s", want, said())
		}
	}
	if b, err := os.ReadFile("r.jsonl"); err != nil || strings.Count(string(b), "\n") != 2 {
		t.Errorf("results: %s, %v", b, err)
	}
	for i := range modes {
		modes[i] = "done"
	}
	if err := r.Run(t.Context()); err != nil {
		t.Error(err)
	}
	if want := "9 trainings: 2 complete, 7 to do, of them 5 failed before\n"; !strings.Contains(said(), want) {
		t.Errorf("it does not say %q: %s", want, said())
	}
	if err := r.Run(t.Context()); err != nil || !strings.Contains(said(), "9 trainings: 9 complete, 0 to do\n") {
		t.Errorf("at last: %v, %s", err, said())
	}
}

// TestRunnerStopped: when the context ends, the processes are told by the end of their input, and
// no other is started.
func TestRunnerStopped(t *testing.T) {
	p := planOf(t, "runs: a/{seed}\ngrid: {seed: [0, 1, 2]}")
	r, said := runner(t, p, []string{"wait", "wait", "wait"})
	ctx, stop := context.WithCancel(t.Context())
	time.AfterFunc(300*time.Millisecond, stop)
	if err := r.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if strings.Contains(said(), "index 2") || !strings.Contains(said(), "a/0 stopped\n") || !strings.Contains(said(), "a/1 stopped\n") {
		t.Errorf("it says %s", said())
	}
	for i := range p.Lines {
		if s := look(t, p, &p.Lines[i]); s.State != Missing {
			t.Errorf("line %d: %+v", i, s)
		}
	}
}

func TestForecast(t *testing.T) {
	lines := []*Line{}
	for _, task := range []string{"cola", "cola", "sst2", "sst2", "mrpc"} {
		lines = append(lines, &Line{Settings: map[string]any{"task": task}})
	}
	f := newForecast(lines, 2)
	if f.rest() != 0 {
		t.Errorf("at first %v", f.rest())
	}
	f.note(outcome{line: lines[0], state: Done, took: 10 * time.Second})
	if got := f.rest(); got != 20*time.Second { // all of the rest as long as the first
		t.Errorf("after one: %v", got)
	}
	f.note(outcome{line: lines[2], state: Done, took: 40 * time.Second})
	if got := f.rest(); got != (10+40+25)*time.Second/2 {
		t.Errorf("after two: %v", got)
	}
	f.note(outcome{line: lines[3], state: Failed, took: time.Second}) // says nothing of the others
	if got := f.rest(); got != (10+25)*time.Second/2 {
		t.Errorf("after three: %v", got)
	}
	for d, want := range map[time.Duration]string{1234 * time.Millisecond: "1.2 s", 59400 * time.Millisecond: "59 s", 192 * time.Second: "3 min 12 s", 7500 * time.Second: "2 h 5 min"} {
		if got := evaluate.Duration(d.Seconds()); got != want {
			t.Errorf("%v is %s, want %s", d, got, want)
		}
	}
}

func TestTail(t *testing.T) {
	var v tail
	for range 100000 {
		fmt.Fprintln(&v, "a line")
	}
	fmt.Fprintln(&v, "the last")
	if s := v.String(); len(s) > 4*maxTail || !strings.HasPrefix(s, "a line\n") || !strings.HasSuffix(s, "the last\n") {
		t.Errorf("%d bytes", len(s))
	}
}
