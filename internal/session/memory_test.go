package session

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestMemoryLimit(t *testing.T) {
	t.Parallel()
	const meminfo, v2, v1 = "proc/meminfo", "sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"
	const gib = 1 << 30
	machine := "MemFree:         1000000 kB\nMemTotal:       8388608 kB\nSwapTotal:             0 kB\n" // 8 GiB
	for name, tt := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"nothing is known":       {nil, 0},
		"the machine":            {map[string]string{meminfo: machine}, 8 * gib},
		"a group has less":       {map[string]string{meminfo: machine, v2: "2147483648\n"}, 2 * gib},
		"a group has more":       {map[string]string{meminfo: machine, v2: "1099511627776\n"}, 8 * gib},
		"a group without bound":  {map[string]string{meminfo: machine, v2: "max\n"}, 8 * gib},
		"version 1 has less":     {map[string]string{meminfo: machine, v1: "1073741824\n"}, gib},
		"version 1 has no bound": {map[string]string{meminfo: machine, v1: "9223372036854771712\n"}, 8 * gib},
		"the lower of both":      {map[string]string{meminfo: machine, v2: "3221225472\n", v1: "1073741824\n"}, gib},
		"a group alone":          {map[string]string{v2: "2147483648"}, 2 * gib},
		"an unbound group alone": {map[string]string{v2: "max"}, 0},
		"a group of nothing":     {map[string]string{meminfo: machine, v2: "0\n"}, 8 * gib},
		"a negative group":       {map[string]string{meminfo: machine, v2: "-1\n"}, 8 * gib},
		"garbage":                {map[string]string{meminfo: "MemTotal: much kB\n", v2: "\x00\xff", v1: ""}, 0},
		"no unit":                {map[string]string{meminfo: "MemTotal: 8388608\n"}, 0},
		"a negative machine":     {map[string]string{meminfo: "MemTotal: -8 kB\n"}, 0},
		"an empty file":          {map[string]string{meminfo: ""}, 0},
		"more than an integer":   {map[string]string{meminfo: "MemTotal: 99999999999999999999 kB\n", v2: "99999999999999999999"}, 0},
	} {
		root := t.TempDir()
		for path, text := range tt.files {
			path = filepath.Join(root, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if got := MemoryLimit(root); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}

// On Linux this machine says how much there is, and it is more than this test takes.
func TestMemoryHere(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("no /proc/meminfo")
	}
	if got := MemoryLimit("/"); got < 1<<26 || got > 1<<50 {
		t.Errorf("%d bytes", got)
	}
}
