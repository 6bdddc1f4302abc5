// Package spent measures what a call costs, for tests that bound the cost of damaged and hostile
// files on machines that have other things to do as well.
package spent

import (
	"runtime"
	"time"
)

// On is the processor time that f spends in its goroutine, on Linux; elsewhere it is the time that
// passes. What f does in other goroutines is not counted.
func On(f func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start := now()
	f()
	return now() - start
}
