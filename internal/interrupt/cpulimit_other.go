//go:build !unix

package interrupt

import "syscall"

// cpuLimit is no signal: there is no such limit.
const cpuLimit = syscall.Signal(0)
