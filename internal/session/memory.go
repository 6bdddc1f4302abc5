package session

import (
	"bytes"
	"math"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
)

// Limit is a bound on the memory of this process.
type Limit struct {
	Bytes int64  // that may be in use at a time
	Of    string // what sets it, for a message: it ends "… and … leaves 2.0 GiB"
	Heap  bool   // it counts what Go's runtime manages alone: neither the program nor mapped files
}

// Limits are all that bound it; none where the system says nothing.
type Limits []Limit

// MemoryLimits are the bounds that hold for this process: the machine's memory, its control group's and those of the groups
// above (version 1 and 2), the address space of RLIMIT_AS and the data of RLIMIT_DATA as far as they are not used yet, and
// GOMEMLIMIT. root is "/", but for tests.
func MemoryLimits(root string) (all Limits) {
	if n := machineMemory(root); n > 0 {
		all = append(all, Limit{Bytes: n, Of: "this machine"})
	}
	if n, group := groupMemory(root); n > 0 {
		all = append(all, Limit{Bytes: n, Of: "the control group " + group})
	}
	all = append(all, resourceLimits()...)
	if n := debug.SetMemoryLimit(-1); n < math.MaxInt64 {
		all = append(all, Limit{Bytes: n, Of: "GOMEMLIMIT", Heap: true})
	}
	return all
}

// machineMemory is how much there is; 0 where the system does not say it, as on others than Linux.
func machineMemory(root string) int64 {
	return statusBytes(filepath.Join(root, "proc/meminfo"), "MemTotal:")
}

// statusBytes is a line of kilobytes in a file of /proc; 0 where there is none.
func statusBytes(name, key string) int64 {
	b, err := os.ReadFile(name)
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(b) {
		f := bytes.Fields(line)
		if len(f) == 3 && string(f[0]) == key {
			if kB, err := strconv.ParseInt(string(f[1]), 10, 64); err == nil && kB > 0 && kB < math.MaxInt64>>10 {
				return kB << 10
			}
		}
	}
	return 0
}

// hierarchy is a tree of control groups that is mounted.
type hierarchy struct {
	mount string // where
	root  string // the group that is at the mount
	group string // of this process
	file  string // that has the limit of a group
}

// groupMemory is the lowest limit of this process's control group and of those above it, and that group; 0 for none.
func groupMemory(root string) (least int64, group string) {
	for _, h := range hierarchies(root) {
		rest, inside := strings.CutPrefix(h.group, strings.TrimSuffix(h.root, "/"))
		if !inside {
			rest = "/" // of a namespace that does not show where it is: the mount is the process's own group
		}
		for at := path.Clean("/" + rest); ; at = path.Dir(at) {
			b, err := os.ReadFile(filepath.Join(root, h.mount, at, h.file))
			if n, bad := strconv.ParseInt(string(bytes.TrimSpace(b)), 10, 64); err == nil && bad == nil && n > 0 && n < 1<<60 && (least == 0 || n < least) {
				least, group = n, path.Join(h.mount, at)
			}
			if at == "/" {
				break
			}
		}
	}
	return least, group
}

const (
	groupFile2 = "memory.max"            // of version 2
	groupFile1 = "memory.limit_in_bytes" // of version 1
)

// hierarchies are those of both versions that know memory, where the system mounts them; where it does not say, at their usual places.
func hierarchies(root string) []hierarchy {
	group2, group1 := "/", "/"
	if b, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup")); err == nil {
		for line := range strings.Lines(string(b)) {
			f := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
			switch {
			case len(f) < 3:
			case f[0] == "0" && f[1] == "":
				group2 = f[2]
			case strings.Contains(","+f[1]+",", ",memory,"):
				group1 = f[2]
			}
		}
	}
	var all []hierarchy
	b, _ := os.ReadFile(filepath.Join(root, "proc/self/mountinfo"))
	for line := range strings.Lines(string(b)) {
		before, after, _ := strings.Cut(line, " - ")
		mount, system := strings.Fields(before), strings.Fields(after)
		switch {
		case len(mount) < 5 || len(system) < 3:
		case system[0] == "cgroup2":
			all = append(all, hierarchy{plainPath(mount[4]), plainPath(mount[3]), group2, groupFile2})
		case system[0] == "cgroup" && strings.Contains(","+system[2]+",", ",memory,"):
			all = append(all, hierarchy{plainPath(mount[4]), plainPath(mount[3]), group1, groupFile1})
		}
	}
	if len(all) == 0 {
		all = []hierarchy{{"/sys/fs/cgroup", "/", group2, groupFile2}, {"/sys/fs/cgroup/memory", "/", group1, groupFile1}}
	}
	return all
}

// plainPath is a path of mountinfo, which writes spaces as \040.
func plainPath(s string) string { return strings.ReplaceAll(s, `\040`, " ") }
