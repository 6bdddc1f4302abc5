//go:build unix

package secret

import "golang.org/x/sys/unix"

// NoCore has the system write no image of this process's memory to a file when it is ended by a
// fault: the environment, and with it tokens, would be in it. Processes that it starts inherit this.
func NoCore() {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_CORE, &limit) == nil {
		limit.Cur = 0
		_ = unix.Setrlimit(unix.RLIMIT_CORE, &limit) // to lower it is always allowed
	}
}
