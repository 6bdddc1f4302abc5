package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

func TestBenchFlags(t *testing.T) {
	tests := []struct {
		args, mode string
		steps      int
		json       bool
		wantErr    string
	}{
		{args: "", mode: "train", steps: 10},
		{args: "--mode eval --steps 3 --json --model random:roberta-large --batch 4", mode: "eval", steps: 3, json: true},
		{args: "--mode both", wantErr: `--mode: "both"`},
		{args: "--steps 0", wantErr: "--steps: 0"},
		{args: "--scaling 1,2 --max-tokens 256 --rounds 2", mode: "train", steps: 10},
		{args: "--scaling 0", wantErr: "--scaling: 0 threads"},
		{args: "--scaling 2 --threads 2", wantErr: "--threads and --scaling"},
		{args: "--scaling 2 --svg x.svg", wantErr: "--svg and --scaling"},
		{args: "--scaling 2 --max-tokens 127", wantErr: "--max-tokens: 127"},
		{args: "--scaling 2 --rounds 0", wantErr: "--rounds: 0"},
		{args: "--rounds 3", wantErr: "are for --scaling"},
		{args: "--cost cost.json --mode eval", wantErr: "are for one process without --cost"},
		{args: "--cost cost.json --rounds 2 --micro-batches 2", mode: "train", steps: 10},
		{args: "sst2", wantErr: "unexpected argument"},
		{args: "--alpha 3", wantErr: "unknown flag: --alpha"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			var got *benchOptions
			cmd := newBenchCmd(&streams{}, func(_ context.Context, o *benchOptions) error { got = o; return nil })
			if !checkParse(t, execute(cmd, tt.args), tt.wantErr) {
				return
			}
			if got.Mode != tt.mode || got.Steps != tt.steps || got.json != tt.json || !got.Products {
				t.Errorf("options = %+v", got)
			}
		})
	}
}

// The keys that scripts rely on are there in both modes, and agree with each other.
func TestBenchJSON(t *testing.T) {
	svg := filepath.Join(t.TempDir(), "step.svg")
	for _, mode := range []string{"train", "eval"} {
		var out bytes.Buffer
		cmd := newBenchCmd(&streams{out: &out, err: &out}, runBench)
		if err := execute(cmd, "--json --steps 2 --batch 4 --max-length 12 --products=false --svg "+svg+" --mode "+mode); err != nil {
			t.Fatal(err)
		}
		var r map[string]any
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatalf("%v: %s", err, out.String())
		}
		number := func(key string) float64 {
			v, ok := r[key].(float64)
			if !ok || !(v > 0) {
				t.Errorf("%s: %s is %v", mode, key, r[key])
			}
			return v
		}
		for _, key := range []string{"examples_per_second", "tokens_per_second", "peak_rss_bytes", "granted_flops_per_second", "share_of_granted"} {
			number(key)
		}
		if share := number("flops_per_second") / number("peak_flops_per_second"); math.Abs(share-number("share_of_peak")) > 1e-9 {
			t.Errorf("%s: share_of_peak %v, want %v", mode, r["share_of_peak"], share)
		}
		ops, _ := r["ops"].(map[string]any)
		if gemm, ok := ops["gemm"].(float64); !ok || !(gemm > 0) {
			t.Errorf("%s: ops %v", mode, r["ops"])
		}
		if b, err := os.ReadFile(svg); err != nil || !bytes.Contains(b, []byte("milliseconds a step")) {
			t.Errorf("the chart: %v", err)
		}
	}
}

// Sizes, costs and an epoch on each number of threads.
func TestBenchScaling(t *testing.T) {
	var out, talk bytes.Buffer
	cmd := newBenchCmd(&streams{out: &out, err: &talk}, runBench)
	if err := execute(cmd, "--scaling 1,2 --max-tokens 128 --rounds 1 --mode eval --steps 2 --batch 4 --max-length 12 --json"); err != nil {
		t.Fatal(err)
	}
	var r struct {
		Threads []struct {
			Threads int
			Points  []struct{ Batch, Length int }
			Cost    map[string]map[string]float64 `json:"cost_seconds"`
			Error   *float64                      `json:"largest_error"`
			Epoch   float64                       `json:"epoch_seconds"`
		}
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	if len(r.Threads) != 2 {
		t.Fatalf("%s", out.String())
	}
	for i, n := range r.Threads {
		if n.Threads != i+1 || len(n.Points) < 8 || n.Error == nil || !(n.Epoch > 0) {
			t.Errorf("%+v", n)
		}
		// Which of the terms a fit of so few steps finds is up to noise: internal/bench has a
		// fit of exact ones. That some are found is not.
		sum := 0.0
		for _, term := range []string{"step", "first_token", "token", "sequence", "pair"} {
			seconds, ok := n.Cost["gemm"][term]
			if !ok || seconds < 0 {
				t.Errorf("gemm costs %v", n.Cost["gemm"])
			}
			sum += seconds
		}
		if !(sum > 0) {
			t.Errorf("products cost nothing: %+v", n.Cost)
		}
	}
}

func TestBenchFaults(t *testing.T) {
	for args, want := range map[string]fault.Class{
		"--model random:gpt2":                             fault.Usage,
		"--model nosuch":                                  fault.Offline,
		"--batch 9223372036854775807":                     fault.Usage,
		"--tokenizer x":                                   fault.Usage,
		"--task sst2":                                     fault.Offline,
		"--task sst2 --data-dir " + t.TempDir():           fault.Invalid,
		"--model random:roberta-base --rank 0":            fault.Usage,
		"--svg " + filepath.Join(t.TempDir(), "no/x.svg"): fault.Failure,
	} {
		var out bytes.Buffer
		cmd := newBenchCmd(&streams{out: &out, err: &out}, runBench)
		if err := execute(cmd, "--steps 1 --batch 2 --max-length 8 --products=false "+args); err == nil || fault.ClassOf(err) != want || out.Len() > 0 {
			t.Errorf("bench %s: %v, prints %q", args, err, out.String())
		}
	}
}
