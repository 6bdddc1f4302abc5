package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dylora/dylora/internal/kernel"
)

// runAsProgram is the variable that makes the test binary be dylora. It is none of
// DYLORA_*, which dylora reads.
const runAsProgram = "TEST_RUN_AS_DYLORA"

func TestMain(m *testing.M) {
	// No test asks the Hub or sees the caches of whoever runs it.
	for key, value := range isolation() {
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
	scripts, err := filepath.Abs("../../scripts")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("SCRIPTS", scripts)
			for key, value := range isolation() {
				e.Setenv(key, value)
			}
			return nil
		},
		Cmds:      map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
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
