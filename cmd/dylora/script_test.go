package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/train"
)

// runAsProgram is the variable that makes the test binary be dylora. It is none of
// DYLORA_*, which dylora reads.
const runAsProgram = "TEST_RUN_AS_DYLORA"

func TestMain(m *testing.M) {
	// No test asks the Hub or sees the caches of whoever runs it.
	for key, value := range isolation() {
		if os.Getenv(realCaches) != "" { // of a test that makes its own
			break
		}
		if err := os.Setenv(key, value); err != nil {
			panic(err)
		}
	}
	if os.Getenv(runAsProgram) != "" {
		main()
	}
	testscript.Main(m, map[string]func(){"dylora": main})
}

// isolation keeps the program off the network and the user's own files.
func isolation() map[string]string {
	return map[string]string{"HF_HUB_OFFLINE": "1", "HF_HOME": "/nonexistent", "HF_TOKEN": "", "HF_ENDPOINT": "", "XDG_CACHE_HOME": "/nonexistent"}
}

// TestScripts runs the whole program from outside: arguments in, streams, files and exit
// codes out.
func TestScripts(t *testing.T) {
	folders := map[string]string{"SCRIPTS": "../../scripts", "MINI": "../../models/mini", "TINY": "../../internal/reftest/testdata/bert/model"}
	for name, folder := range folders {
		var err error
		if folders[name], err = filepath.Abs(folder); err != nil {
			t.Fatal(err)
		}
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			for _, set := range []map[string]string{folders, isolation()} {
				for key, value := range set {
					e.Setenv(key, value)
				}
			}
			e.Values[trackerKey] = new(trackerOf)
			return nil
		},
		Cmds:      map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "listing": listing, "hold": hold, "tracker": tracker},
		Condition: hasKernel,
	})
}

// hasKernel is a script's [kernel:NAME]: whether this machine has the kernel.
func hasKernel(condition string) (bool, error) {
	name, ok := strings.CutPrefix(condition, "kernel:")
	if !ok {
		return false, fmt.Errorf("condition %q is unknown", condition)
	}
	return slices.Contains(kernel.Names(), name), nil
}

// exits is a script's "exits CODE program [args]": the program's exit code, exactly.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code program [args]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	got := 0
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// listing is a script's "listing FILE": every file and folder of the script's own, with its
// size and time, and where links lead, is written to a file in $TMPDIR.
func listing(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: listing file")
	}
	var all strings.Builder
	root := ts.Getenv("WORK")
	ts.Check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == ts.Getenv("TMPDIR") {
			return fs.SkipDir
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		target, _ := os.Readlink(path) // "" of what is no link
		fmt.Fprintln(&all, strings.TrimPrefix(path, root), info.Mode(), target)
		if d.Type().IsRegular() && d.Name() != ".lock" { // whoever looks at a run takes its lock
			fmt.Fprintln(&all, info.Size(), info.ModTime())
		}
		return nil
	}))
	ts.Check(os.WriteFile(filepath.Join(ts.Getenv("TMPDIR"), args[0]), []byte(all.String()), 0o666))
}

// hold is a script's "hold FOLDER": until the script ends another process, this one, is about
// to train in the folder.
func hold(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hold folder")
	}
	run, err := train.OpenRun(train.RunOptions{Dir: ts.MkAbs(args[0]), Task: "demo", Now: time.Now})
	ts.Check(err)
	ts.Defer(func() { ts.Check(run.Close()) })
}
