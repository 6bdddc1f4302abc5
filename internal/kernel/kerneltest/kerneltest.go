// Package kerneltest makes the machines that tests compute on.
package kerneltest

import (
	"os"
	"testing"

	"github.com/dylora/dylora/internal/kernel"
)

// New is a machine on all processors, with the instruction set that the environment variable
// DYLORA_KERNEL names, the best one if it is empty.
func New(t testing.TB) *kernel.Machine {
	t.Helper()
	return Named(t, os.Getenv("DYLORA_KERNEL"))
}

// Named is a machine on all processors with the instruction set of a name, as kernel.New
// reads it.
func Named(t testing.TB, name string) *kernel.Machine {
	t.Helper()
	mc, err := kernel.New(name, 0)
	if err != nil {
		t.Fatal(err)
	}
	return mc
}

// OnEveryLevel runs f on a machine of each level that this processor has, as subtests.
func OnEveryLevel(t *testing.T, f func(t *testing.T, mc *kernel.Machine)) {
	t.Helper()
	for _, l := range kernel.Levels() {
		t.Run(l.String(), func(t *testing.T) { f(t, kernel.At(l, 0)) })
	}
}
