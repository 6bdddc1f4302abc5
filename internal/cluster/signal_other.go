//go:build !unix

package cluster

import "syscall"

// SaveSignal asks a training to save and stop. Where there is no SIGUSR1 it is SIGTERM, which asks for that anyway.
const SaveSignal = syscall.SIGTERM
