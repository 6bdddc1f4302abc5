//go:build !linux || !amd64

package filetrace

import (
	"context"
	"runtime"
)

// Trampoline does nothing.
func Trampoline() {}

// Run is *Unavailable.
func Run(context.Context, Command) (*Outcome, error) {
	return nil, &Unavailable{runtime.GOOS + " on " + runtime.GOARCH + "; it takes Linux on amd64"}
}
