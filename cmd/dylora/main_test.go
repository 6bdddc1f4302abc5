package main

import (
	"bytes"
	"runtime/debug"
	"strings"
	"testing"

	"encoding/json"

	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/release"
)

func TestExitCode(t *testing.T) {
	empty := t.TempDir()
	for args, want := range map[string]int{
		"":                                   0,
		"--help":                             0,
		"train --help":                       0,
		"config":                             0,
		"config show":                        0,
		"version":                            0,
		"completion bash":                    0,
		"nosuch":                             2,
		"config nosuch":                      2,
		"slice":                              2,
		"slice --rank 4 --quick":             2,
		"train --rank 0":                     2,
		"train --task nosuch":                2,
		"train --config /nonexistent":        2,
		"inspect --adapter /nonexistent":     3,
		"eval --adapter " + empty:            3,
		"slice --rank 1 --adapter " + empty:  3,
		"train --task sst2":                  4,
		"fetch sst2":                         4,
		"fetch demo mini":                    0,
		"train --model FacebookAI/roberta-x": 4,
		"train --model ./nosuch":             2,
		"train --model a/../b":               2,
		"fetch":                              2,
		"fetch FacebookAI/roberta-x":         4,
		"fetch mini":                         0,
	} {
		var out, talk bytes.Buffer
		if got := run(strings.Fields(args), strings.NewReader(""), &out, &talk); got != want {
			t.Errorf("dylora %s: exit %d, want %d: %s", args, got, want, talk.String())
		}
		if want != 0 && !strings.HasPrefix(talk.String(), "dylora: ") {
			t.Errorf("dylora %s: stderr %q", args, talk.String())
		}
		if hint := strings.Contains(talk.String(), "--help' for usage."); hint != (want == 2) {
			t.Errorf("dylora %s: stderr %q: hint %v", args, talk.String(), hint)
		}
		if want != 0 && out.Len() > 0 {
			t.Errorf("dylora %s: fails but prints %q on stdout", args, out.String())
		}
	}
}

func TestVersion(t *testing.T) {
	info := &debug.BuildInfo{Main: debug.Module{Version: "v0.1.0"}, Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}}}
	if f := release.Of(info, kerneltest.New(t)); f.Version != "v0.1.0" || f.Commit != "abc" || f.Kernel == "" || len(f.Kernels) == 0 || f.Threads < 1 {
		t.Errorf("facts %+v", f)
	}
	if f := release.Of(nil, kerneltest.New(t)); f.Version != "(devel)" || !strings.HasPrefix(f.Go, "go") {
		t.Errorf("facts without build info %+v", f)
	}
	var out bytes.Buffer
	if err := runVersion(&versionOptions{io: &streams{out: &out}, kernel: "portable", json: true}); err != nil {
		t.Fatal(err)
	}
	var f release.Facts
	if err := json.Unmarshal(out.Bytes(), &f); err != nil || f.Kernel != "portable" {
		t.Errorf("--json prints %q: %v", out.String(), err)
	}
	if err := runVersion(&versionOptions{io: &streams{out: &out}, kernel: "abacus"}); err == nil || !strings.Contains(err.Error(), "DYLORA_KERNEL: ") {
		t.Errorf("unknown kernel: %v", err)
	}
}
