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

// Extension is a set of instructions on top of a level, which some precisions gain from.
type Extension int

const (
	// VNNI is VPDPWSSD and VPDPBUSD, dot products of integers of 16 and 8 bits: AVX-VNNI on
	// top of AVX2, AVX-512 VNNI on top of AVX-512.
	VNNI Extension = 1 << iota
	// BF16Dot is VDPBF16PS, on top of AVX-512 and VNNI.
	BF16Dot
)

// String is "vnni" or "vnni+bf16"; "" for none.
func (e Extension) String() string {
	switch e {
	case VNNI | BF16Dot:
		return "vnni+bf16"
	case VNNI:
		return "vnni"
	}
	return ""
}

// extensionShift is where the extensions begin in active.
const extensionShift = 8

// active is the level and the extensions in use plus one; 0 until the first use.
var active atomic.Int32

func activate(l Level, e Extension) { active.Store(int32(e)<<extensionShift + int32(l) + 1) }

// Levels are the levels that this machine can run, Portable first.
func Levels() []Level { return append([]Level{Portable}, vectorLevels()...) }

// Names are what Configure takes here: each level that this machine can run, and each with
// its extensions, such as avx512+vnni; the best is the last.
func Names() []string {
	var names []string
	for _, l := range Levels() {
		names = append(names, l.String())
		for _, e := range vectorExtensions(l) {
			names = append(names, l.String()+"+"+e.String())
		}
	}
	return names
}

// Known says whether some machine may have the kernel of that name; "" stands for the best.
func Known(name string) bool {
	level, extension, _ := strings.Cut(name, "+")
	if level == "" {
		return name == ""
	}
	for _, l := range []Level{Portable, AVX2, AVX512} {
		if l.String() == level {
			return name == level || extension == VNNI.String() && l != Portable || extension == (VNNI|BF16Dot).String() && l == AVX512
		}
	}
	return false
}

// Active is the level in use: the best one, or the one that DYLORA_KERNEL names. A name
// that Configure would refuse is ignored here.
func Active() Level {
	l, _ := inUse()
	return l
}

// ActiveName is the level in use and its extensions, as Configure reads it.
func ActiveName() string {
	l, e := inUse()
	if e == 0 {
		return l.String()
	}
	return l.String() + "+" + e.String()
}

func inUse() (Level, Extension) {
	if active.Load() == 0 {
		if err := Configure(os.Getenv("DYLORA_KERNEL")); err != nil {
			_ = Configure("")
		}
	}
	a := active.Load() - 1
	return Level(a & (1<<extensionShift - 1)), Extension(a >> extensionShift)
}

// activeForm is the instructions that products of integers use.
func activeForm() *form { return formOf(inUse()) }

// Configure selects the level and its extensions by name; "" is the best. A name that is
// unknown, or that this machine cannot run, is an error that lists what it can.
func Configure(name string) error {
	names := Names()
	if name == "" {
		name = names[len(names)-1]
	}
	for _, l := range Levels() {
		if l.String() == name {
			activate(l, 0)
			return nil
		}
		for _, e := range vectorExtensions(l) {
			if l.String()+"+"+e.String() == name {
				activate(l, e)
				return nil
			}
		}
	}
	return fmt.Errorf("kernel %q is not available here: want one of %s", name, strings.Join(names, ", "))
}

// Use selects a level, without extensions, until restore is called. For tests; not safe
// while kernels run.
func Use(l Level) (restore func()) {
	before := active.Swap(int32(l) + 1)
	return func() { active.Store(before) }
}
