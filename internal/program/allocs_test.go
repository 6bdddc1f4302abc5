package program_test

import (
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/program"
)

// A step in the steady state starts no goroutine and allocates nothing in operations and
// kernels: their memory and closures are made once. The few allocations of the batch's
// input and embeddings, and those of Gorgonia's machine, are bounded.
func TestSteadyStepAllocates(t *testing.T) {
	if testing.Short() {
		t.Skip("short tests run under the race detector, with which pools drop at random what they hold")
	}
	defer func(r int) { runtime.MemProfileRate = r }(runtime.MemProfileRate)
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection empties the pools
	first, _ := mini(t, program.Options{Dropout: true})
	steadyStepAllocates(t, first)
	first, _, _ = headed(t, first.Machine(), program.Options{Dropout: true})
	steadyStepAllocates(t, first)
}

func steadyStepAllocates(t *testing.T, first *program.Program) {
	t.Helper()
	defer runtime.KeepAlive(first) // else the end of its machine might be counted
	p := first.WithThreads(2)
	b := batch(32)
	learn := func(steps int) {
		for range steps {
			if _, err := p.ForwardBackward(b, program.Pass{Ranks: ranks(32, 4), Weight: 1. / 32, Step: 3}); err != nil {
				t.Fatal(err)
			}
		}
	}
	learn(1)
	before, _ := started(t)
	learn(3)
	if n, all := started(t); n > before {
		t.Errorf("%d goroutines of ours after three steps, %d before:\n%s", n, before, all)
	}
	p = p.WithThreads(1) // a second one takes what it works in when it first gets a turn
	counted := allocations(t)
	runtime.MemProfileRate = 0
	learn(5) // the collections have emptied the pools
	const steps = 20
	runtime.MemProfileRate = 1
	learn(steps)
	runtime.MemProfileRate = 0
	after := allocations(t)
	for _, c := range []struct {
		who  string
		most float64
	}{
		{"internal/kernel", 0.5}, // the system may move the thread, to where no workspace is yet
		{"internal/model/op", 0.5},
		{"internal/model", 5}, // positions of the tokens
		{"internal/program", 5},
		{"gorgonia", 1100}, // of its machine and its loss
	} {
		n := float64(after[c.who]-counted[c.who]) / steps
		t.Logf("%s: %.1f allocations a step", c.who, n)
		if n > c.most {
			t.Errorf("%s allocates %.1f times a step, want at most %v", c.who, n, c.most)
		}
	}
	if after["gorgonia"] == counted["gorgonia"] {
		t.Error("no allocation by Gorgonia: nothing was measured")
	}
}

// started counts the goroutines that packages of this repository have started. Those of the
// runtime, which may be ending what earlier tests left, are none of them.
func started(t *testing.T) (n int, stacks string) {
	b := make([]byte, 1<<20)
	size := runtime.Stack(b, true)
	if size == len(b) {
		t.Fatal("too many goroutines")
	}
	stacks = string(b[:size])
	return strings.Count(stacks, "\ncreated by github.com/dylora/"), stacks
}

// allocations counts what has been allocated so far by who asked for it: the package of
// ours, or Gorgonia, whose function is the innermost.
func allocations(t *testing.T) map[string]int64 {
	runtime.GC()
	runtime.GC()
	records := make([]runtime.MemProfileRecord, 1<<16)
	n, ok := runtime.MemProfile(records, true)
	if !ok {
		t.Fatalf("profile of %d records", n)
	}
	counts := map[string]int64{}
	for _, r := range records[:n] {
		counts[allocator(r.Stack())] += r.AllocObjects
	}
	return counts
}

func allocator(stack []uintptr) string {
	frames := runtime.CallersFrames(stack)
	for {
		f, more := frames.Next()
		if strings.Contains(f.Function, "gorgonia.org/") {
			return "gorgonia"
		}
		if _, path, ok := strings.Cut(f.Function, "dylora/dylora/"); ok {
			end := strings.LastIndex(path, "/")
			return path[:end+strings.Index(path[end:], ".")]
		}
		if !more {
			return "other"
		}
	}
}
