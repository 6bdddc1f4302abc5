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
	if runtime.GOOS == "darwin" { // which counts bytes
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) << 10
}
