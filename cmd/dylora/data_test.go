package main

import (
	"context"
	"testing"

	"github.com/dylora/dylora/internal/settings"
)

// TestDataFlags: the files are arguments, or settings as everywhere else.
func TestDataFlags(t *testing.T) {
	for _, tt := range []struct {
		args, task, dev, wantErr string
	}{
		{args: "a.csv", task: "a.csv"},
		{args: "a.csv b.jsonl.gz --dev-file d.csv --json", task: "a.csv,b.jsonl.gz", dev: "d.csv"},
		{args: "a,b.csv", task: "a,b.csv"},
		{args: "a.csv,b.csv", task: `"a.csv,b.csv"`},
		{args: "--dev-file d.csv", dev: "d.csv"},
		{args: "a.csv --rank 3", wantErr: "unknown flag"},
		{args: "a.csv --config none.yaml", wantErr: "none.yaml"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			var got *dataOptions
			cmd := newDataCmd(&streams{}, func(_ context.Context, o *dataOptions) error { got = o; return nil })
			if !checkParse(t, execute(cmd, tt.args), tt.wantErr) {
				return
			}
			said := map[string]any{}
			for _, l := range got.layers {
				if l.Origin != settings.Flag {
					continue
				}
				for _, key := range l.Keys() {
					said[key], _ = l.Value(key)
				}
			}
			if task, _ := said["task"].(string); task != tt.task {
				t.Errorf("task %q, want %q", task, tt.task)
			}
			if dev, _ := said["dev_file"].(string); dev != tt.dev {
				t.Errorf("dev_file %q, want %q", dev, tt.dev)
			}
		})
	}
}
