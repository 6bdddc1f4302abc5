package main

import (
	"context"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

// execute runs one command with the words of line as its arguments.
func execute(cmd *cobra.Command, line string) error {
	cmd.SetArgs(strings.Fields(line))
	cmd.SetOut(io.Discard)
	cmd.SetErr(io.Discard)
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	return cmd.Execute()
}

// checkParse holds err against what a table wants; it says whether options are to be compared.
func checkParse(t *testing.T, err error, want string) bool {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Fatal(err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Fatalf("error = %v, want %q", err, want)
	}
	return want == ""
}

func TestTrainFlags(t *testing.T) {
	tests := []struct {
		args    string
		place   finetune.Place
		seeds   string
		json    bool
		wantErr string
	}{
		{args: ""},
		{args: "--run runs/a --json", place: finetune.Place{Run: "runs/a"}, json: true},
		{args: "--resume", place: finetune.Place{Resume: true}},
		{args: "--run a --overwrite --lora", place: finetune.Place{Run: "a", Overwrite: true, LoRA: "--lora"}},
		{args: "--seeds 1-3 --run a", place: finetune.Place{Run: "a"}, seeds: "1-3"},
		{args: "--overwrite", wantErr: "--overwrite is for a folder with a name"},
		{args: "--overwrite --resume --run a", wantErr: "exclude each other"},
		{args: "--seeds 1 --overwrite --run a", wantErr: "--seeds needs neither"},
		{args: "--run=", wantErr: "--run is empty"},
		{args: "sst2", wantErr: `unexpected argument "sst2"`},
		{args: "--rank eight", wantErr: "invalid argument"},
		{args: "--config nosuch.yaml", wantErr: "nosuch.yaml"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			var got *trainOptions
			cmd := newTrainCmd(&streams{}, func(_ context.Context, o *trainOptions) error { got = o; return nil })
			if !checkParse(t, execute(cmd, tt.args), tt.wantErr) {
				return
			}
			if got.place != tt.place || got.seeds != tt.seeds || got.json != tt.json {
				t.Errorf("options = %+v", got)
			}
		})
	}
}

func TestEvalFlags(t *testing.T) {
	tests := []struct {
		args    string
		want    evalOptions
		wantErr string
	}{
		{args: "", want: evalOptions{baseArgs: baseArgs{adapterArg: adapterArg{path: session.LatestRun}}, split: "dev"}},
		{args: "-a x --rank 3 --split train --predictions p --at-least 50% --force-base --json",
			want: evalOptions{baseArgs: baseArgs{adapterArg: adapterArg{path: "x"}, forceBase: true}, ranks: flagset.Ranks{Spec: "3"}, split: "train", predictions: "p", gate: evaluate.Gate{AtLeast: "50%"}, json: true}},
		{args: "--rank 0", wantErr: "--rank: rank 0: ranks count from 1"},
		{args: "--rank -2", wantErr: `--rank: "-2"`},
		{args: "--split test", wantErr: `--split: "test" is none of`},
		{args: "--at-least nan", wantErr: `bound: "nan" is not a number such as 0.85`},
		{args: "--alpha 3", wantErr: "unknown flag: --alpha"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			var got *evalOptions
			cmd := newEvalCmd(&streams{}, func(_ context.Context, o *evalOptions) error { got = o; return nil })
			if !checkParse(t, execute(cmd, tt.args), tt.wantErr) {
				return
			}
			if got.gate != tt.want.gate || got.path != tt.want.path || got.forceBase != tt.want.forceBase || got.ranks.Spec != tt.want.ranks.Spec || got.split != tt.want.split ||
				got.predictions != tt.want.predictions || got.json != tt.want.json {
				t.Errorf("options = %+v, want %+v", *got, tt.want)
			}
		})
	}
}

// --rank of eval picks a rank of an adapter; it must not pass for the setting that
// training has under this name.
func TestEvalRankIsNoSetting(t *testing.T) {
	var got *evalOptions
	cmd := newEvalCmd(&streams{}, func(_ context.Context, o *evalOptions) error { got = o; return nil })
	if err := execute(cmd, "--rank 3 --task sst2"); err != nil {
		t.Fatal(err)
	}
	r, err := settings.Resolve(got.layers...)
	if err != nil {
		t.Fatal(err)
	}
	if r.Origin("rank") != settings.Default || r.Origin("task") != settings.Flag {
		t.Errorf("rank by %s, task by %s", r.Origin("rank"), r.Origin("task"))
	}
}

func TestSweepFlags(t *testing.T) {
	tests := []struct {
		args, ranks string
		plots       int
		csv         bool
		wantErr     string
	}{
		{args: "", ranks: "all"},
		{args: "--ranks 1,2,4-8 --csv", ranks: "1,2,4-8", csv: true},
		{args: "--plot a.svg --plot b.PNG", ranks: "all", plots: 2},
		{args: "--plot a.gif", wantErr: "neither .svg nor .png"},
		{args: "--csv --json", wantErr: "exclude each other"},
		{args: "--ranks 0", wantErr: "--ranks: "},
		{args: "--ranks 4-2", wantErr: "downwards"},
		{args: "--ranks a", wantErr: "is not a rank"},
		{args: "--split no", wantErr: "--split"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			var got *sweepOptions
			cmd := newSweepCmd(&streams{}, func(_ context.Context, o *sweepOptions) error { got = o; return nil })
			if !checkParse(t, execute(cmd, tt.args), tt.wantErr) {
				return
			}
			if got.ranks.Spec != tt.ranks || got.csv != tt.csv || len(got.plots) != tt.plots {
				t.Errorf("options = %+v", got)
			}
		})
	}
}

func TestSliceFlags(t *testing.T) {
	tests := []struct {
		args    string
		want    sliceOptions
		wantErr string
	}{
		{args: "--rank 4", want: sliceOptions{adapterArg: adapterArg{path: session.LatestRun}, ranks: flagset.Ranks{Flag: "--rank", Spec: "4"}, form: session.Form{DType: "F32"}}},
		{args: "-a x.bin --rank 4 --allow-pickle --lora-alpha 16",
			want: sliceOptions{adapterArg: adapterArg{path: "x.bin", read: adapter.Options{AllowPickle: true, Alpha: 16}}, ranks: flagset.Ranks{Flag: "--rank", Spec: "4"}, form: session.Form{DType: "F32"}}},
		{args: "-a x -r 1,2 -o y --force --json", want: sliceOptions{adapterArg: adapterArg{path: "x"}, ranks: flagset.Ranks{Flag: "--rank", Spec: "1,2"}, out: "y", force: true, json: true, form: session.Form{DType: "F32"}}},
		{args: "--ranks-per-module query=4,layer.0.value=2 --compat --dtype bf16 --format peft",
			want: sliceOptions{adapterArg: adapterArg{path: session.LatestRun}, ranks: flagset.Ranks{Flag: "--rank"}, form: session.Form{DType: "BF16", Compat: true, ModuleRanks: map[string]int{"query": 4, "layer.0.value": 2}}}},
		{args: "--rank 4 --ranks-per-module {\"query\":3} --dtype f16",
			want: sliceOptions{adapterArg: adapterArg{path: session.LatestRun}, ranks: flagset.Ranks{Flag: "--rank", Spec: "4"}, form: session.Form{DType: "F16", ModuleRanks: map[string]int{"query": 3}}}},
		{args: "--rank 4 --dtype f64", wantErr: `--dtype: "f64" is none of`},
		{args: "--rank 4 --format gguf", wantErr: `--format: "gguf" is not peft`},
		{args: "--ranks-per-module query", wantErr: "--ranks-per-module: "},
		{args: "--ranks-per-module @none.json", wantErr: "none.json"},
		{args: "--ranks-per-module query=1 --rank=", wantErr: "--rank is required"},
		{args: "", wantErr: "--rank is required"},
		{args: "--rank 0", wantErr: "--rank: "},
		{args: "--rank 2.5", wantErr: "--rank: "},
		{args: "--rank 2 --out=", wantErr: "--out is empty"},
		{args: "x y --rank 2", wantErr: "unexpected argument"},
		{args: "x -a y --rank 2", wantErr: "given twice"},
		{args: "--rank 2 --ranks 2", wantErr: "are the same"},
		{args: "x --ranks 2", want: sliceOptions{adapterArg: adapterArg{path: "x"}, ranks: flagset.Ranks{Flag: "--ranks", Spec: "2"}, form: session.Form{DType: "F32"}}},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			var got *sliceOptions
			cmd := newSliceCmd(&streams{}, func(_ context.Context, o *sliceOptions) error { got = o; return nil })
			if !checkParse(t, execute(cmd, tt.args), tt.wantErr) {
				return
			}
			got.io = nil
			tt.want.decision = decisionArgs{points: 0.5, question: evaluate.Question{Confidence: 0.95}} // the defaults
			if !reflect.DeepEqual(*got, tt.want) {
				t.Errorf("options = %+v, want %+v", *got, tt.want)
			}
		})
	}
}

func TestMergeAndInspectFlags(t *testing.T) {
	var merged *mergeOptions
	cmd := newMergeCmd(&streams{}, func(_ context.Context, o *mergeOptions) error { merged = o; return nil })
	if err := execute(cmd, "--rank 4 -o m --json"); err != nil || merged.ranks.Spec != "4" || merged.out != "m" || !merged.json {
		t.Errorf("merge: %+v, %v", merged, err)
	}
	for args, want := range map[string]string{"--rank 0": "--rank: ", "--out=": "--out is empty", "x y": "unexpected"} {
		cmd := newMergeCmd(&streams{}, func(context.Context, *mergeOptions) error { return nil })
		if err := execute(cmd, args); err == nil || fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("merge %s: %v, want %q", args, err, want)
		}
	}
	var inspected *inspectOptions
	cmd = newInspectCmd(&streams{}, func(_ context.Context, o *inspectOptions) error { inspected = o; return nil })
	if err := execute(cmd, "--adapter x --json"); err != nil || inspected.path != "x" || !inspected.json {
		t.Errorf("inspect: %+v, %v", inspected, err)
	}
}
