package session

import (
	"golang.org/x/sys/unix"
)

// reserve is the address space that Go's runtime takes beside what it uses: memory is reserved in pieces of 64 MiB.
const reserve = 64 << 20

// resourceLimits are what 'ulimit -v' and 'ulimit -d' leave. They count address space, of which a process has far more than memory in
// use: what it has already and does not use is taken off.
func resourceLimits() (all Limits) {
	resident := statusBytes("/proc/self/status", "VmRSS:")
	for _, r := range []struct {
		resource int
		used, of string
	}{{unix.RLIMIT_AS, "VmSize:", "ulimit -v"}, {unix.RLIMIT_DATA, "VmData:", "ulimit -d"}} {
		var limit unix.Rlimit
		used := statusBytes("/proc/self/status", r.used)
		if err := unix.Getrlimit(r.resource, &limit); err != nil || limit.Cur >= 1<<60 || used == 0 {
			continue
		}
		all = append(all, Limit{Bytes: max(int64(limit.Cur)-used+resident-reserve, 1), Of: r.of})
	}
	return all
}
