package main

import (
	"context"
	"reflect"
	"testing"

	"github.com/dylora/dylora/internal/baseline"
	"github.com/dylora/dylora/internal/nest"
)

func TestNestFlags(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args    string
		want    nestOptions
		wantErr string
	}{
		{args: "", want: nestOptions{baseArgs: newest()}},
		{args: "x --out n --weighted --json", want: nestOptions{baseArgs: adapterAt("x"), nest: nest.Options{Out: "n", Weighted: true}, json: true}},
		{args: "-a x --tune 20 --run r --lr 1e-4 --force -o n", want: nestOptions{baseArgs: adapterAt("x"), nest: nest.Options{Out: "n", Force: true}, tune: 20, run: "r"}},
		{args: "--tune 0", wantErr: "--tune: 0 steps"},
		{args: "--tune many", wantErr: "invalid argument"},
		{args: "--out=", wantErr: "--out is empty"},
		{args: "--tune 1 --run=", wantErr: "--run is empty"},
		{args: "--run r", wantErr: "--run is the folder of --tune"},
		{args: "--max-steps 3", wantErr: "unknown flag"},
		{args: "--alpha 3", wantErr: "unknown flag"},
		{args: "x y", wantErr: "unexpected argument"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			var got *nestOptions
			cmd := newNestCmd(&streams{}, func(_ context.Context, o *nestOptions) error { got = o; return nil })
			if !checkParse(t, execute(cmd, tt.args), tt.wantErr) {
				return
			}
			got.io, got.layers = nil, nil
			if !reflect.DeepEqual(*got, tt.want) {
				t.Errorf("options = %+v, want %+v", *got, tt.want)
			}
		})
	}
}

func TestCompareFlags(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args    string
		want    []baseline.Kind
		wantErr string
	}{
		{args: ""},
		{args: "--baselines svd,lora", want: []baseline.Kind{baseline.SVD, baseline.LoRA}},
		{args: "--baselines=", wantErr: "baselines: "},
		{args: "--baselines pca", wantErr: `"pca"`},
		{args: "a b --as-seeds --baselines lora", wantErr: "exclude each other"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			var got *sweepOptions
			cmd := newSweepCmd(&streams{}, func(_ context.Context, o *sweepOptions) error { got = o; return nil })
			if checkParse(t, execute(cmd, tt.args), tt.wantErr) && !reflect.DeepEqual(got.compare.kinds, tt.want) {
				t.Errorf("kinds = %v, want %v", got.compare.kinds, tt.want)
			}
		})
	}
}
