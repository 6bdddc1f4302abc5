package adapter_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
)

func TestParseTargets(t *testing.T) {
	all := []string{"query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense", "pooler.dense"}
	tests := []struct {
		name string
		in   []string
		want []string // nil: refused
	}{
		{"the default", []string{"query", "value"}, []string{"query", "value"}},
		{"order is canonical", []string{"output.dense", "value", "query"}, []string{"query", "value", "output.dense"}},
		{"repeats", []string{"key", "key"}, []string{"key"}},
		{"all by name", all, all},
		{"all-linear", []string{"all-linear"}, all},
		{"all-linear beside a name", []string{"key", "all-linear"}, all},
		{"none", nil, nil},
		{"empty", []string{""}, nil},
		{"unknown", []string{"query", "dense"}, nil},
		{"a path", []string{"attention.self.query"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := adapter.ParseTargets(tt.in)
			if tt.want == nil {
				if fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), strings.Join(all, ", ")) {
					t.Errorf("error %v does not list the targets", err)
				}
				return
			}
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("error %v, (-want +got):\n%s", err, diff)
			}
		})
	}
	if diff := cmp.Diff(all, adapter.Targets()); diff != "" {
		t.Errorf("Targets (-want +got):\n%s", diff)
	}
}
