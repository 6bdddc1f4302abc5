//go:build unix

package interrupt

import "syscall"

// cpuLimit says that the process has used the time of processors that it may use (ulimit -t): it comes every second, until SIGKILL
// does at the hard limit.
const cpuLimit = syscall.SIGXCPU
