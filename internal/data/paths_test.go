package data

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/fault"
)

func TestPaths(t *testing.T) {
	tests := []struct {
		spec string
		want []string // nil: refused
		name string
	}{
		{"train.csv", []string{"train.csv"}, "train.csv"},
		{"a/TRAIN.TSV", []string{"a/TRAIN.TSV"}, "TRAIN.TSV"},
		{"a.csv, b/c.jsonl.gz", []string{"a.csv", "b/c.jsonl.gz"}, "a.csv+c.jsonl.gz"},
		{"a.csv,b.csv,c.csv", []string{"a.csv", "b.csv", "c.csv"}, "a.csv+b.csv+c.csv"},
		{"a.csv,b.csv,c.csv,d.csv", []string{"a.csv", "b.csv", "c.csv", "d.csv"}, "a.csv+…+d.csv"},
		{"a,b.csv", []string{"a,b.csv"}, "a,b.csv"},
		{`"a.csv,b.csv"`, []string{"a.csv,b.csv"}, "a.csv,b.csv"},
		{`"a.csv,b.csv", c.json.ZST`, []string{"a.csv,b.csv", "c.json.ZST"}, "a.csv,b.csv+c.json.ZST"},
		{"train.gz", nil, ""},
		{"train.csv.bz2", nil, ""},
		{"train", nil, ""},
		{"", nil, ""},
		{",", nil, ""},
		{"a.csv,", nil, ""},
		{`"a.csv`, nil, ""},
		{"sst2", nil, ""},
	}
	for _, tt := range tests {
		got, err := Paths(tt.spec)
		if !slices.Equal(got, tt.want) || (err == nil) != (tt.want != nil) || IsFile(tt.spec) != (tt.want != nil) {
			t.Errorf("%q: %q, %v, a file: %v; want %q", tt.spec, got, err, IsFile(tt.spec), tt.want)
		}
		if err != nil && fault.ClassOf(err) != fault.Usage {
			t.Errorf("%q: class %d: %v", tt.spec, fault.ClassOf(err), err)
		}
		if name := FilesName(tt.spec); tt.want != nil && (name != tt.name || !IsFile(name)) {
			t.Errorf("%q: a task named %q, want %q", tt.spec, name, tt.name)
		}
	}
}

// Paths reads what JoinPaths writes.
func TestJoinPaths(t *testing.T) {
	path := rapid.Map(rapid.StringMatching(`[a-z,/. "]{0,6}`), func(s string) string { return "x" + s + "y" })
	ending := rapid.SampledFrom([]string{".csv", ".tsv", ".json.gz", ".jsonl.zst", ".CSV"})
	rapid.Check(t, func(t *rapid.T) {
		var list []string
		for range rapid.IntRange(1, 4).Draw(t, "files") {
			list = append(list, path.Draw(t, "path")+ending.Draw(t, "ending"))
		}
		got, err := Paths(JoinPaths(list))
		if err != nil || !slices.Equal(got, list) {
			t.Errorf("%q is written as %q and read as %q, %v", list, JoinPaths(list), got, err)
		}
	})
}

func FuzzPaths(f *testing.F) {
	for _, s := range []string{"a.csv", "a.csv,b.tsv.gz", `"a,b.csv",c.json`, `"`, ",,", ".csv", ".gz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		list, err := Paths(spec)
		if err != nil {
			return
		}
		if len(list) == 0 || slices.ContainsFunc(list, func(p string) bool { return !hasEnding(p) }) {
			t.Errorf("%q gives %q", spec, list)
		}
		if FilesName(spec) == "" || strings.Contains(FilesName(spec), "/") {
			t.Errorf("%q is a task named %q", spec, FilesName(spec))
		}
	})
}
