//go:build mpi

package mpi

import (
	"syscall"
	"unsafe"
)

// signals are the kernel's records of what signals do, read and written back as they are (struct sigaction of 64-bit Linux). Some
// libraries put handlers of their own in the place of those that Go's runtime needs.
type signals [65][4]uint64

// saveSignals reads them.
func saveSignals() *signals {
	s := new(signals)
	for n := 1; n < len(s); n++ {
		_, _, _ = syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(n), 0, uintptr(unsafe.Pointer(&s[n])), 8, 0, 0)
	}
	return s
}

// restore puts those back that have changed.
func (s *signals) restore() {
	now := saveSignals()
	for n := 1; n < len(s); n++ {
		if now[n] != s[n] {
			_, _, _ = syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(n), uintptr(unsafe.Pointer(&s[n])), 0, 8, 0, 0)
		}
	}
}
