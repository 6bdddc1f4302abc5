//go:build !unix

package cluster

import "syscall"

// SaveSignal is what asks a training to save and stop where there is no SIGUSR1: nothing that could arrive in its place.
const SaveSignal = syscall.SIGTERM
