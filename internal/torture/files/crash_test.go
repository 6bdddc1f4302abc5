//go:build linux

package files

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/dylora/dylora/internal/torture/filetrace"
)

// found are the states in which a disk may be found after operations, each as names and contents of files.
func found(t *testing.T, ops []filetrace.Op) (states []map[string]string) {
	t.Helper()
	root := t.TempDir()
	for seed := range uint64(150) {
		v := newVolatile("/disk")
		for _, o := range ops {
			if err := v.apply(o); err != nil {
				t.Fatal(err)
			}
		}
		dir := filepath.Join(root, fmt.Sprint(seed))
		if err := v.crash(rand.New(rand.NewPCG(seed, 1)), dir); err != nil {
			t.Fatal(err)
		}
		state := map[string]string{}
		names, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range names {
			b, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if e.IsDir() {
				b, err = []byte("folder"), nil
			}
			if err != nil {
				t.Fatal(err)
			}
			state[e.Name()] = string(b)
		}
		if !slices.ContainsFunc(states, func(m map[string]string) bool { return maps.Equal(m, state) }) {
			states = append(states, state)
		}
	}
	return states
}

func open(path string) filetrace.Op { return filetrace.Op{Kind: filetrace.Open, Path: path} }

func write(path, text string, at int64) filetrace.Op {
	return filetrace.Op{Kind: filetrace.Write, Path: path, Data: []byte(text), Offset: at, Result: int64(len(text))}
}

func sync(path string) filetrace.Op { return filetrace.Op{Kind: filetrace.Sync, Path: path} }

// TestVolatile: what is found after the power was lost is what was flushed, and any part of the rest that
// could have reached the disk.
func TestVolatile(t *testing.T) {
	const a, b = "/disk/a", "/disk/b"
	renamed := filetrace.Op{Kind: filetrace.Rename, Path: a, To: b}
	one := func(name, text string) map[string]string { return map[string]string{name: text} }
	for name, tt := range map[string]struct {
		ops  []filetrace.Op
		want []map[string]string
	}{
		"nothing flushed":                        {[]filetrace.Op{open(a), write(a, "xy", 0)}, []map[string]string{{}, one("a", ""), one("a", "x"), one("a", "xy"), one("a", "\x00"), one("a", "\x00\x00")}},
		"the folder":                             {[]filetrace.Op{open(a), sync("/disk"), write(a, "x", 0)}, []map[string]string{one("a", ""), one("a", "x"), one("a", "\x00")}},
		"the file":                               {[]filetrace.Op{open(a), write(a, "xy", 0), sync(a)}, []map[string]string{{}, one("a", "xy")}},
		"both":                                   {[]filetrace.Op{open(a), write(a, "xy", 0), sync(a), sync("/disk")}, []map[string]string{one("a", "xy")}},
		"a rename":                               {[]filetrace.Op{open(a), write(a, "xy", 0), sync(a), sync("/disk"), renamed}, []map[string]string{one("a", "xy"), one("b", "xy")}},
		"a rename of a file that nobody flushed": {[]filetrace.Op{open(a), write(a, "x", 0), renamed, sync("/disk")}, []map[string]string{one("b", ""), one("b", "x"), one("b", "\x00")}},
		"an exchange": {[]filetrace.Op{open(a), open(b), write(a, "x", 0), sync(a), sync("/disk"), {Kind: filetrace.Rename, Path: a, To: b, Flags: unix.RENAME_EXCHANGE}},
			[]map[string]string{{"a": "x", "b": ""}, {"a": "", "b": "x"}}},
		"what failed":       {[]filetrace.Op{open(a), sync("/disk"), {Kind: filetrace.Unlink, Path: a, Result: -1}}, []map[string]string{one("a", "")}},
		"a removal":         {[]filetrace.Op{open(a), sync("/disk"), {Kind: filetrace.Unlink, Path: a}}, []map[string]string{one("a", ""), {}}},
		"a removed folder":  {[]filetrace.Op{{Kind: filetrace.Mkdir, Path: a}, sync("/disk"), {Kind: filetrace.Rmdir, Path: a}, sync("/disk")}, []map[string]string{{}}},
		"a file cut short":  {[]filetrace.Op{open(a), write(a, "xyz", 0), sync(a), sync("/disk"), {Kind: filetrace.Truncate, Path: a, Offset: 1}}, []map[string]string{one("a", "xyz"), one("a", "x")}},
		"an appended write": {[]filetrace.Op{open(a), write(a, "x", 0), sync(a), sync("/disk"), write(a, "y", 1)}, []map[string]string{one("a", "x"), one("a", "xy"), one("a", "x\x00")}},
	} {
		got := found(t, tt.ops)
		for _, state := range got {
			if !slices.ContainsFunc(tt.want, func(m map[string]string) bool { return maps.Equal(m, state) }) {
				t.Errorf("%s: found %q, which cannot be", name, state)
			}
		}
		for _, state := range tt.want {
			if !slices.ContainsFunc(got, func(m map[string]string) bool { return maps.Equal(m, state) }) {
				t.Errorf("%s: never found %q", name, state)
			}
		}
	}
}

// TestVolatileRefuses: operations that cannot have been are no state of a disk.
func TestVolatileRefuses(t *testing.T) {
	for _, o := range []filetrace.Op{write("/disk/none", "x", 0), {Kind: filetrace.Mkdir, Path: "/disk/none/below"}, {Kind: filetrace.Rename, Path: "/disk/none", To: "/disk/a"}, open("/elsewhere/x")} {
		if err := newVolatile("/disk").apply(o); err == nil {
			t.Errorf("%v is taken", o)
		}
	}
}
