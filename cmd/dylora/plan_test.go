package main

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/cluster"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/plan"
)

func TestPlanFlags(t *testing.T) {
	for _, tt := range []struct {
		args    string
		want    planOptions
		wantErr string
	}{
		{args: "x.yaml", want: planOptions{study: "x.yaml"}},
		{args: "x.yaml --set lr=[1,2] --set seed=3 --arms a,b --arms c",
			want: planOptions{study: "x.yaml", choice: plan.Choice{Set: []string{"lr=[1,2]", "seed=3"}, Arms: []string{"a", "b", "c"}}}},
		{args: "x --predict --cpus 4", want: planOptions{study: "x", on: flagset.Cluster{Predict: true, Array: cluster.Array{CPUs: 4, Margin: 1.5, Image: "dylora:latest", Claim: "dylora"}}}},
		{args: "", wantErr: "name the study"},
		{args: "x --slurm --kubernetes", wantErr: "exclude each other"},
		{args: "x --slurm --cpus -1", wantErr: "cpus: -1"},
		{args: "x y", wantErr: "2 arguments"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			var got *planOptions
			cmd := newPlanCmd(&streams{}, func(_ context.Context, o *planOptions) error { got = o; return nil })
			if !checkParse(t, execute(cmd, tt.args), tt.wantErr) {
				return
			}
			if tt.want.on.Array.Margin == 0 {
				tt.want.on.Array = cluster.Array{Margin: 1.5, Image: "dylora:latest", Claim: "dylora"}
			}
			if got.io = nil; !reflect.DeepEqual(*got, tt.want) {
				t.Errorf("options = %+v, want %+v", *got, tt.want)
			}
		})
	}
}

func TestRunFlags(t *testing.T) {
	for _, tt := range []struct {
		args    string
		want    runOptions
		wantErr string
	}{
		{args: "p", want: runOptions{path: "p", index: -1, order: plan.Order{Jobs: 1}}},
		{args: "p --jobs 3 --results r --json", want: runOptions{path: "p", index: -1, order: plan.Order{Jobs: 3, Results: "r"}, json: true}},
		{args: "p --index 0 --until-eof=abc", want: runOptions{path: "p", order: plan.Order{Jobs: 1}, parent: "abc"}},
		{args: "p --index 0 --until-eof", want: runOptions{path: "p", order: plan.Order{Jobs: 1}, parent: plan.AnyID}},
		{args: "p --index -1", wantErr: "--index: -1 is below 0"},
		{args: "p --index 1 --jobs 1", wantErr: "exclude each other"},
		{args: "p --jobs 0", wantErr: "--jobs: 0 is below 1"},
		{args: "p --lr 1", wantErr: "unknown flag"},
		{args: "p --kernel none", want: runOptions{path: "p", index: -1, order: plan.Order{Jobs: 1}}}, // refused when it is resolved
		{args: "", wantErr: "name the plan"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			var got *runOptions
			cmd := newRunCmd(&streams{}, func(_ context.Context, o *runOptions) error { got = o; return nil })
			if !checkParse(t, execute(cmd, tt.args), tt.wantErr) {
				return
			}
			if got.io, got.order.Machine = nil, nil; !reflect.DeepEqual(*got, tt.want) {
				t.Errorf("options = %+v, want %+v", *got, tt.want)
			}
		})
	}
}

func TestRunsFlags(t *testing.T) {
	for _, tt := range []struct {
		args    string
		want    runsOptions
		wantErr string
	}{
		{args: "", want: runsOptions{of: "runs"}},
		{args: "p --csv", want: runsOptions{of: "p", table: plan.Table{CSV: true}}},
		{args: "p --by task,arm", want: runsOptions{of: "p", table: plan.Table{By: "task,arm"}}},
		{args: "p --mean --last --csv", want: runsOptions{of: "p", table: plan.Table{Means: true, Last: true, CSV: true}}},
		{args: "p --json", want: runsOptions{of: "p", json: true}},
		{args: "p q", wantErr: "2 arguments"},
		{args: "--csv --json", wantErr: "--json has all"},
		{args: "--mean --json", wantErr: "leave the other flags out"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			var got *runsOptions
			cmd := newRunsCmd(&streams{}, func(_ context.Context, o *runsOptions) error { got = o; return nil })
			if !checkParse(t, execute(cmd, tt.args), tt.wantErr) {
				return
			}
			if got.io = nil; !reflect.DeepEqual(*got, tt.want) {
				t.Errorf("options = %+v, want %+v", *got, tt.want)
			}
		})
	}
}

// TestPlans: every shipped study opens with the command that plans it, and is free of faults.
func TestPlans(t *testing.T) {
	files, err := filepath.Glob("../../configs/plans/*.yaml")
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		command, _, _ := strings.Cut(strings.TrimPrefix(string(text), "# "), "\n")
		if err := parseLine(command); err != nil || !strings.HasPrefix(command, "dylora plan configs/plans/"+filepath.Base(file)) || !strings.HasSuffix(command, " > plan.jsonl") {
			t.Errorf("%s opens with %q: %v", file, command, err)
		}
		var got *planOptions
		cmd := newPlanCmd(&streams{}, func(_ context.Context, o *planOptions) error { got = o; return nil })
		line, _, _ := strings.Cut(strings.TrimPrefix(command, "dylora plan "), " > ")
		if err := execute(cmd, line); err != nil {
			t.Fatal(err)
		}
		for _, choice := range []plan.Choice{{}, got.choice} {
			if p, err := plan.ReadStudy(file, choice); err != nil || len(p.Lines) < 2 {
				t.Errorf("%s with %+v: %v", file, choice, err)
			}
		}
	}
}
