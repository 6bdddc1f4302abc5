package main

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
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

// rankArgs runs a command line with --rank and --ranks alone.
func rankArgs(line, spec string) (*ranksArg, error) {
	r := &ranksArg{}
	cmd := &cobra.Command{Use: "test", RunE: func(cmd *cobra.Command, _ []string) error { return r.check(cmd) }}
	addRanks(cmd, r, spec, "ranks")
	return r, execute(cmd, line)
}

// --rank and --ranks are the same flag, and messages name the one that was given. What no
// adapter has is refused before one is opened, the rest against the adapter's rank.
func TestRanksArg(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		list     string
		want     []int  // of an adapter of rank 8
		early    string // refused before the adapter is known
		wantErr  string // refused then
		fallback string
	}{
		{list: "4", want: []int{4}},
		{list: "1,2,4-8", want: []int{1, 2, 4, 5, 6, 7, 8}},
		{list: "8,1,8", want: []int{1, 8}},
		{list: "all", want: []int{1, 2, 3, 4, 5, 6, 7, 8}},
		{list: "9", wantErr: "rank 9 is above the adapter's rank: choose 1 to 8"},
		{list: "1-9", wantErr: "rank 9 is above the adapter's rank: choose 1 to 8"},
		{list: "0", early: "rank 0: ranks count from 1"},
		{list: "65537", early: "rank 65537 is above"},
		{list: "4-2", early: "runs downwards"},
		{list: "x", early: `"x" is not a rank`},
		{list: "1,,2", early: "empty item"},
		{list: "", early: "empty item"},
	} {
		for _, flag := range []string{"--rank", "--ranks"} {
			for _, spec := range []string{"", "all"} {
				r, err := rankArgs(flag+"="+tt.list, spec)
				want := tt.early
				var ranks []int
				if err == nil {
					ranks, err = r.of(8, "")
					want = tt.wantErr
				}
				switch {
				case want == "" && (err != nil || !slices.Equal(ranks, tt.want)):
					t.Errorf("%s %s: %v, %v", flag, tt.list, ranks, err)
				case want != "" && (err == nil || !strings.HasPrefix(err.Error(), flag+": ") || !strings.Contains(err.Error(), want) || fault.ClassOf(err) != fault.Usage):
					t.Errorf("%s %s: %v, want %q", flag, tt.list, err, want)
				}
			}
		}
	}
	if r, err := rankArgs("-r 2", ""); err != nil || r.spec != "2" || r.flag != "--rank" {
		t.Errorf("-r: %+v, %v", r, err)
	}
	for _, line := range []string{"--rank 2 --ranks 2", "--ranks 2 -r 3"} {
		if _, err := rankArgs(line, ""); err == nil || fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), "--rank and --ranks are the same: give one of them") {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// Where no list is given, each command has its own.
func TestRanksFallback(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		spec, fallback string
		want           []int
	}{
		{"", "3", []int{3}},
		{"", "all", []int{1, 2, 3}},
		{"all", "2", []int{1, 2, 3}},
	} {
		r, err := rankArgs("", tt.spec)
		if err != nil {
			t.Fatal(err)
		}
		if ranks, err := r.of(3, tt.fallback); err != nil || !slices.Equal(ranks, tt.want) {
			t.Errorf("%+v: %v, %v", tt, ranks, err)
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
		if err := execute(cmd, "--rank 1"); err != nil || len(flagLayer(cmd.Flags()).Keys()) > 0 {
			t.Errorf("%s: --rank passes for the setting: %v", name, err)
		}
	}
}
