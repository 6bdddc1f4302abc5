package main

import (
	"context"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/session"
)

// adapterCommands are the commands that take an adapter, with the flags that they need, and
// what a run of one puts where it is told.
func adapterCommands(got *adapterArg) map[string]*cobra.Command {
	take := func(a adapterArg) error { *got = a; return nil }
	s := &streams{}
	return map[string]*cobra.Command{
		"eval":    newEvalCmd(s, func(_ context.Context, o *evalOptions) error { return take(o.adapterArg) }),
		"sweep":   newSweepCmd(s, func(_ context.Context, o *sweepOptions) error { return take(o.adapterArg) }),
		"predict": newPredictCmd(s, func(_ context.Context, o *predictOptions) error { return take(o.adapterArg) }),
		"slice":   newSliceCmd(s, func(_ context.Context, o *sliceOptions) error { return take(o.adapterArg) }),
		"merge":   newMergeCmd(s, func(_ context.Context, o *mergeOptions) error { return take(o.adapterArg) }),
		"inspect": newInspectCmd(s, func(_ context.Context, o *inspectOptions) error { return take(o.adapterArg) }),
		"check":   newCheckCmd(s, func(_ context.Context, o *checkOptions) error { return take(o.adapterArg) }),
	}
}

// The adapter is the first argument or --adapter, in every command that takes one.
func TestAdapterArg(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		line, path, wantErr string
		read                adapter.Options
	}{
		{line: "", path: session.LatestRun},
		{line: "x", path: "x"},
		{line: "--adapter x", path: "x"},
		{line: "-a x", path: "x"},
		{line: "x --allow-pickle --lora-alpha 8", path: "x", read: adapter.Options{AllowPickle: true, Alpha: 8}},
		{line: "x --adapter x", wantErr: `the adapter is given twice: as "x" and by --adapter`},
		{line: "x y", wantErr: `unexpected argument "y": one adapter at a time`},
		{line: "x y -a z", wantErr: `unexpected argument "y"`},
	} {
		var got adapterArg
		for name, cmd := range adapterCommands(&got) {
			got = adapterArg{}
			line := tt.line
			if name == "slice" {
				line += " --rank 1"
			}
			err := execute(cmd, line)
			switch {
			case tt.wantErr == "" && (err != nil || got.path != tt.path || got.read != tt.read):
				t.Errorf("%s %s: %+v, %v", name, line, got, err)
			case tt.wantErr != "" && (err == nil || !strings.Contains(err.Error(), tt.wantErr) || fault.ClassOf(err) != fault.Usage):
				t.Errorf("%s %s: %v, want %q", name, line, err, tt.wantErr)
			}
			if want := map[bool]string{true: "[ADAPTER...] [flags]", false: "[ADAPTER] [flags]"}[name == "sweep"]; !strings.HasSuffix(cmd.UseLine(), want) {
				t.Errorf("%s: usage line %q", name, cmd.UseLine())
			}
		}
	}
}

// Every command of ranks reads --rank and --ranks alike, and neither passes for the setting
// of training.
func TestRanksOfEveryCommand(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"eval", "sweep", "predict", "slice", "merge", "check"} {
		for _, flag := range []string{"--rank", "--ranks", "-r"} {
			var got adapterArg
			if err := execute(adapterCommands(&got)[name], flag+" 1,2"); err != nil || got.path == "" {
				t.Errorf("%s %s: %v", name, flag, err)
			}
		}
		var got adapterArg
		if err := execute(adapterCommands(&got)[name], "--rank 1 --ranks 1"); err == nil || fault.ClassOf(err) != fault.Usage {
			t.Errorf("%s with both: %v", name, err)
		}
		cmd := adapterCommands(&got)[name]
		if err := execute(cmd, "--rank 1"); err != nil || len(flagset.Layer(cmd.Flags()).Keys()) > 0 {
			t.Errorf("%s: --rank passes for the setting: %v", name, err)
		}
	}
}
