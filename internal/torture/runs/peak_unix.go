//go:build unix

package runs

import (
	"os"
	"runtime"
	"syscall"
)

// peakOf is the most memory that a process that has ended had resident, in bytes.
func peakOf(p *os.ProcessState) int64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	unit := 1024.0
	if runtime.GOOS == "darwin" { // which counts bytes
		unit = 1
	}
	return int64(unit * float64(usage.Maxrss)) // of 32 bits on some systems
}
