package session

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

// least is the lowest limit that counts all memory, of those that files say.
func least(root string) (n int64) {
	n = machineMemory(root)
	if group, _ := groupMemory(root); group > 0 && (n == 0 || group < n) {
		n = group
	}
	return n
}

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
		"a group of one's own":   {map[string]string{meminfo: machine, "proc/self/cgroup": "0::/job/step\n", "sys/fs/cgroup/job/step/memory.max": "1073741824\n"}, gib},
		"a group above it":       {map[string]string{meminfo: machine, "proc/self/cgroup": "0::/job/step\n", "sys/fs/cgroup/job/memory.max": "2147483648\n", "sys/fs/cgroup/job/step/memory.max": "max\n"}, 2 * gib},
		"another's group":        {map[string]string{meminfo: machine, "proc/self/cgroup": "0::/job\n", "sys/fs/cgroup/other/memory.max": "1073741824\n"}, 8 * gib},
		"version 1 of one's own": {map[string]string{meminfo: machine, "proc/self/cgroup": "5:cpu:/\n4:cpuacct,memory:/a/b\n0::/\n", "sys/fs/cgroup/memory/a/b/memory.limit_in_bytes": "1073741824\n"}, gib},
		"mounted elsewhere": {map[string]string{meminfo: machine, "proc/self/cgroup": "0::/docker/x/job\n", "mnt/groups of all/job/memory.max": "1073741824\n",
			"proc/self/mountinfo": "30 23 0:26 /docker/x /mnt/groups\\040of\\040all rw,nosuid shared:4 - cgroup2 cgroup2 rw\n"}, gib},
		"version 1 mounted elsewhere": {map[string]string{meminfo: machine, "proc/self/cgroup": "4:memory:/x\n", "cg/x/memory.limit_in_bytes": "1073741824\n",
			"proc/self/mountinfo": "31 23 0:27 / /cg rw - cgroup cgroup rw,memory\n32 23 0:28 / /cpu rw - cgroup cgroup rw,cpu\n"}, gib},
		"a namespace that hides the group": {map[string]string{meminfo: machine, "proc/self/cgroup": "0::/../other\n", "sys/fs/cgroup/memory.max": "1073741824\n",
			"proc/self/mountinfo": "30 23 0:26 /docker/x /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"}, gib},
		"garbage of groups":    {map[string]string{meminfo: machine, "proc/self/cgroup": "::\n\x00\n0\n", "proc/self/mountinfo": " - \n- - cgroup2\n"}, 8 * gib},
		"garbage":              {map[string]string{meminfo: "MemTotal: much kB\n", v2: "\x00\xff", v1: ""}, 0},
		"no unit":              {map[string]string{meminfo: "MemTotal: 8388608\n"}, 0},
		"a negative machine":   {map[string]string{meminfo: "MemTotal: -8 kB\n"}, 0},
		"an empty file":        {map[string]string{meminfo: ""}, 0},
		"more than an integer": {map[string]string{meminfo: "MemTotal: 99999999999999999999 kB\n", v2: "99999999999999999999"}, 0},
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
		if got := least(root); got != tt.want {
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
	if got := least("/"); got < 1<<26 || got > 1<<50 {
		t.Errorf("%d bytes", got)
	}
}

// TestHeapLimit: GOMEMLIMIT is one of the limits, and counts the heap alone.
func TestHeapLimit(t *testing.T) {
	old := debug.SetMemoryLimit(123 << 20)
	defer debug.SetMemoryLimit(old)
	e := &Env{}
	for _, l := range MemoryLimits(t.TempDir()) {
		if l.Heap {
			e.Memory = append(e.Memory, l)
		}
	}
	if len(e.Memory) != 1 || e.Memory[0] != (Limit{Bytes: 123 << 20, Of: "GOMEMLIMIT", Heap: true}) {
		t.Fatalf("limits %v", e.Memory)
	}
	must(t, e.Fits(Footprint{Program: 1 << 40, Heap: 123 << 20}, "training", "", "nothing"))
	refused(t, e.Fits(Footprint{Heap: 123<<20 + 1}, "training", " or more", "lower batch"), fault.Usage, "",
		"training needs 124 MiB of heap or more, and GOMEMLIMIT leaves 123 MiB: lower batch")
}

// TestFits: the first limit that is passed is named, with both sizes.
func TestFits(t *testing.T) {
	t.Parallel()
	e := &Env{Memory: Limits{{Bytes: 16 << 30, Of: "this machine"}, {Bytes: 100 << 20, Of: "the control group /x"}}}
	must(t, e.Fits(Footprint{Program: 40 << 20, Heap: 60 << 20}, "training", "", ""))
	refused(t, e.Fits(Footprint{Program: 40 << 20, Heap: 60<<20 + 1}, "training", "", "less"), fault.Usage, "", "training needs 101 MiB of memory, and the control group /x leaves 100 MiB: less")
	refused(t, e.Fits(Footprint{Heap: 17 << 30}, "training", "", "less"), fault.Usage, "", "training needs 17.0 GiB of memory, and this machine leaves 16.0 GiB: less")
	must(t, (&Env{}).Fits(Footprint{Heap: math.MaxInt64 / 2}, "training", "", ""))
}

// TestResourceLimits: what is left under them is less than they are, and more than nothing.
func TestResourceLimits(t *testing.T) {
	t.Parallel()
	for _, l := range resourceLimits() {
		if l.Bytes < 1 || l.Heap || !strings.HasPrefix(l.Of, "ulimit -") {
			t.Errorf("limit %v", l)
		}
	}
}
