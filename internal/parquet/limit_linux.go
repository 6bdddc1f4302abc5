package parquet

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// limitMemory keeps this process from adding more than so many bytes to its address
// space: an allocation beyond ends it.
func limitMemory(more int64) error {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	pages, err := strconv.ParseInt(string(bytes.Fields(b)[0]), 10, 64)
	if err != nil {
		return err
	}
	limit := uint64(pages*int64(os.Getpagesize()) + more)
	return unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: limit, Max: limit})
}
