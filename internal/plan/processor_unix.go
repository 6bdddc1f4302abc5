//go:build unix

package plan

import (
	"syscall"
	"time"
)

// processor is the time that all threads of this process have computed, in user mode and in the
// system; 0 where the system does not tell.
func processor() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
