package runs

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// heapLimit is GOMEMLIMIT.
var heapLimit = under{name: "GOMEMLIMIT", unit: "heap", least: 8 << 20, prepare: func(bytes int64) (before, env []string, undo func() error, err error) {
	return nil, []string{fmt.Sprint("GOMEMLIMIT=", bytes)}, func() error { return nil }, nil
}}

// addressLimit is RLIMIT_AS, which a shell sets. Go reserves more than a gigabyte of addresses before it begins, and then pieces of 64 MiB.
var addressLimit = under{name: "ulimit -v", unit: "memory", least: 1400 << 20, varies: 64 << 20, prepare: func(bytes int64) (before, env []string, undo func() error, err error) {
	return []string{"/bin/sh", "-c", fmt.Sprintf(`ulimit -v %d; exec "$0" "$@"`, bytes>>10)}, nil, func() error { return nil }, nil
}}

// groupLimit is a control group of version 1 or 2, which root can make.
var groupLimit = under{name: "the control group", unit: "memory", least: 44 << 20, prepare: func(bytes int64) (before, env []string, undo func() error, err error) {
	parent, file, err := memoryGroup()
	if err != nil {
		return nil, nil, nil, err
	}
	dir, err := os.MkdirTemp(parent, "torture-")
	if err != nil {
		return nil, nil, nil, fmt.Errorf("no control group can be made: %w", err)
	}
	undo = func() error { return os.Remove(dir) }
	if err := os.WriteFile(filepath.Join(dir, file), []byte(strconv.FormatInt(bytes, 10)), 0o666); err != nil {
		return nil, nil, nil, errors.Join(fmt.Errorf("a control group has no limit of memory: %w", err), undo())
	}
	return []string{"/bin/sh", "-c", fmt.Sprintf(`echo $$ >%s/cgroup.procs; exec "$0" "$@"`, dir)}, nil, undo, nil
}}

// memoryGroup is where groups are made, and the file of their limit.
func memoryGroup() (parent, file string, err error) {
	const version1, version2 = "/sys/fs/cgroup/memory", "/sys/fs/cgroup"
	if _, err := os.Stat(filepath.Join(version1, "memory.limit_in_bytes")); err == nil {
		return version1, "memory.limit_in_bytes", nil
	}
	b, err := os.ReadFile(filepath.Join(version2, "cgroup.controllers"))
	if err != nil || !strings.Contains(string(b), "memory") {
		return "", "", errors.New("no control groups of memory are mounted")
	}
	if err := os.WriteFile(filepath.Join(version2, "cgroup.subtree_control"), []byte("+memory"), 0o666); err != nil {
		return "", "", fmt.Errorf("control groups cannot be made: %w", err)
	}
	return version2, "memory.max", nil
}

// where is how a server says that it listens.
var where = regexp.MustCompile(`http://[0-9.]+:[0-9]+`)

// listening reads what a server says until it says where it listens; "" if it ends before.
func listening(from io.Reader) (address, said string) {
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadString('\n')
		said += line
		if found := where.FindString(line); found != "" {
			return found, said
		}
		if err != nil {
			return "", said
		}
	}
}

// readAll is what is left to be read.
func readAll(from io.Reader) string {
	b, _ := io.ReadAll(from)
	return string(b)
}
