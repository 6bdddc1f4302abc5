package session

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// MemoryLimit is how many bytes this process may use: what the machine has, or the limit of
// its control group where that is lower. It is 0 where the system does not say, as on others
// than Linux. root is "/", but for tests.
func MemoryLimit(root string) int64 {
	limit := int64(0)
	if b, err := os.ReadFile(filepath.Join(root, "proc/meminfo")); err == nil {
		for line := range bytes.Lines(b) {
			f := bytes.Fields(line)
			if len(f) == 3 && string(f[0]) == "MemTotal:" {
				if kB, err := strconv.ParseInt(string(f[1]), 10, 64); err == nil && kB > 0 {
					limit = kB << 10
				}
			}
		}
	}
	for _, name := range []string{"sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"} { // of version 2 and 1
		b, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(b)), 10, 64)
		if err == nil && n > 0 && (limit == 0 || n < limit) {
			limit = n
		}
	}
	return limit
}
