package bench

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
)

// PeakRSS is the most memory that this process has had resident so far, in bytes: VmHWM on
// Linux, elsewhere what Go has taken from the system.
func PeakRSS() int64 {
	if b, err := os.ReadFile("/proc/self/status"); err == nil {
		for line := range bytes.Lines(b) {
			f := bytes.Fields(line)
			if len(f) == 3 && string(f[0]) == "VmHWM:" {
				if kB, err := strconv.ParseInt(string(f[1]), 10, 64); err == nil {
					return kB << 10
				}
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}

// CPU is the processor's name; "" where the system does not say it.
func CPU() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range bytes.Lines(b) {
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && string(bytes.TrimSpace(name)) == "model name" {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}
