// Package kernel is the arithmetic on float32 slices that training and evaluation spend
// their time in: products with frozen weights, the small products of adapters and
// attention, activations, normalisation, the optimizer. Matrices are row-major; callers
// have checked shapes. Every function has a portable form, and forms for AVX2 with FMA
// and for AVX-512 where they pay. No result depends on the number of threads.
package kernel

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
)

// Level is an instruction set that the kernels are written for.
type Level int

// The levels, in rising order.
const (
	Portable Level = iota // plain Go
	AVX2                  // AVX2 and FMA, 8 lanes
	AVX512                // AVX-512 F, VL, BW and DQ, 16 lanes
)

// String is the name that DYLORA_KERNEL takes.
func (l Level) String() string {
	switch l {
	case AVX512:
		return "avx512"
	case AVX2:
		return "avx2"
	}
	return "portable"
}

// active is the level in use plus one; 0 until the first use.
var active atomic.Int32

// Levels are the levels that this machine can run, Portable first.
func Levels() []Level { return append([]Level{Portable}, vectorLevels()...) }

// Active is the level in use: the best one, or the one that DYLORA_KERNEL names. A name
// that Configure would refuse is ignored here.
func Active() Level {
	if l := active.Load(); l != 0 {
		return Level(l - 1)
	}
	if err := Configure(os.Getenv("DYLORA_KERNEL")); err != nil {
		_ = Configure("")
	}
	return Level(active.Load() - 1)
}

// Configure selects the level by name; "" is the best. A name that is unknown, or that
// this machine cannot run, is an error that lists what it can.
func Configure(name string) error {
	levels := Levels()
	if name == "" {
		active.Store(int32(levels[len(levels)-1]) + 1)
		return nil
	}
	var names []string
	for _, l := range levels {
		if l.String() == name {
			active.Store(int32(l) + 1)
			return nil
		}
		names = append(names, l.String())
	}
	return fmt.Errorf("kernel %q is not available here: want one of %s", name, strings.Join(names, ", "))
}

// Use selects a level until restore is called. For tests; not safe while kernels run.
func Use(l Level) (restore func()) {
	before := active.Swap(int32(l) + 1)
	return func() { active.Store(before) }
}
