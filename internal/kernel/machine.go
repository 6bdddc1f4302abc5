// Package kernel is the arithmetic on float32 slices that training and evaluation spend
// their time in: products with frozen weights, the small products of adapters and
// attention, activations, normalisation, the optimizer. Matrices are row-major; callers
// have checked shapes. Every function has a portable form, and forms for AVX2 with FMA
// and for AVX-512 where they pay. All of it is methods of a [Machine], which says what to
// compute with; the package has no state of its own. No result depends on the number of
// threads.
package kernel

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Machine is an arithmetic unit: an instruction set and a number of threads, neither of
// which changes, and a pool of worker threads of its own. Machines are independent of each
// other: programs on different ones run at the same time, each with its own bits. A Machine
// may be used by several goroutines; one of them at a time has the workers, and what the
// others call runs on their own thread meanwhile. The workers end when the Machine is no
// longer used.
type Machine struct {
	level     Level
	extension Extension
	form      *form // what products in reduced precision are made of
	pool      *pool
	scratch   *scratch
	precise   bool
	of        *Machine // whose workers it has, where it is another's Precise; it must not end before this one
}

// Precise is mc with the softmax and all sums of products but MulNT's in float64 where it has no vector kernels, whose
// fused multiply-adds round once where plain Go may round twice. It is for encoders whose bias
// on the scores can make attention so sharp that the difference shows in the fifth digit of the
// logits. It has the workers of mc.
func (mc *Machine) Precise() *Machine {
	c := *mc
	c.precise, c.of = true, mc
	return &c
}

// New is a machine with the instruction set of a name, one of Names, on that many threads.
// "" is the best instruction set, and a number of threads below 1 is GOMAXPROCS at the time
// of the call. A name that is unknown, or that this processor cannot run, is an error that
// lists what it can.
func New(name string, threads int) (*Machine, error) {
	names := Names()
	if name == "" {
		name = names[len(names)-1]
	}
	for _, l := range Levels() {
		for _, e := range append([]Extension{0}, vectorExtensions(l)...) {
			if nameOf(l, e) == name {
				return newMachine(l, e, threads, new(mappings)), nil
			}
		}
	}
	return nil, fmt.Errorf("kernel %q is not available here: want one of %s", name, strings.Join(names, ", "))
}

// At is a machine of one of Levels, without extensions; for tests.
func At(l Level, threads int) *Machine { return newMachine(l, 0, threads, new(mappings)) }

func newMachine(l Level, e Extension, threads int, m *mappings) *Machine {
	if threads < 1 {
		threads = runtime.GOMAXPROCS(0)
	}
	mc := &Machine{level: l, extension: e, form: formOf(l, e), pool: &pool{threads: threads, mappings: m}, scratch: newScratch()}
	runtime.AddCleanup(mc, func(p *pool) { p.close() }, mc.pool)
	return mc
}

// WithThreads is another machine with the same instruction set.
func (mc *Machine) WithThreads(threads int) *Machine {
	c := newMachine(mc.level, mc.extension, threads, mc.pool.mappings)
	c.precise = mc.precise
	return c
}

// Name is the level and its extensions, as New reads it.
func (mc *Machine) Name() string { return nameOf(mc.level, mc.extension) }

// Level is the level of the instruction set.
func (mc *Machine) Level() Level { return mc.level }

// Threads is how many threads Parallel uses.
func (mc *Machine) Threads() int { return mc.pool.threads }

// Waited is how long callers of Parallel have waited, since the machine was made, for
// chunks that other threads were still in.
func (mc *Machine) Waited() time.Duration { return time.Duration(mc.pool.waited.Load()) }

// Parallel calls body over [0, n) in contiguous chunks of at least grain, on all threads.
// body must compute each index independently of where chunks begin. A call from within
// body runs inline.
func (mc *Machine) Parallel(n, grain int, body func(lo, hi int)) {
	mc.parallel(n, min(mc.pool.threads*chunksPerThread, n/max(grain, 1)), body)
}

// ParallelTasks is Parallel for tasks that differ in cost: in more and smaller chunks.
func (mc *Machine) ParallelTasks(n int, body func(lo, hi int)) {
	mc.parallel(n, min(8*mc.pool.threads, n), body)
}

// parallel is Parallel in a given number of chunks. The workers must not end before the
// call does, even if the machine is not used after it.
func (mc *Machine) parallel(n, chunks int, body func(lo, hi int)) {
	mc.pool.parallel(n, chunks, body)
	runtime.KeepAlive(mc)
}

// scratch is the memory that a machine's products work in. It is used again: a product in
// the steady state allocates nothing.
type scratch struct {
	gemms, workspaces                  sync.Pool // *gemm, *workspace
	reducedProducts, reducedWorkspaces sync.Pool // *reducedProduct, *reducedWorkspace
}

func newScratch() *scratch {
	s := new(scratch)
	s.gemms.New = func() any { return newGemm(s) }
	s.workspaces.New = func() any { return new(workspace) }
	s.reducedProducts.New = func() any { return newReducedProduct(s) }
	s.reducedWorkspaces.New = func() any { return newReducedWorkspace() }
	return s
}
