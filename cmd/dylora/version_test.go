package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/release"
)

func TestPrecisionText(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]release.Precision{
		"float32  for training and evaluation":                                    {Name: "float32", Trains: true},
		"int8     for evaluation":                                                 {Name: "int8"},
		"bf16     for evaluation; slower here: this kernel has no dot product":    {Name: "bf16", Lacks: "this kernel has no dot product"},
		"i16      for training and evaluation; slower here: there are no vectors": {Name: "i16", Trains: true, Lacks: "there are no vectors"},
	} {
		if got := p.Text(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// version says a line of the program, of Go, of the kernel, and one for each precision; JSON
// has the same.
func TestVersionText(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := runVersion(&versionOptions{io: &streams{out: &out}, kernel: "portable"}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	want := []string{`^dylora \S+( \([0-9a-f]+\))?$`, `^go\S+ \S+/\S+$`, `^kernel portable of \[.*portable.*\], [0-9]+ threads$`}
	for _, p := range kernel.Precisions() {
		want = append(want, `^precision `+p.String()+` +for (training and )?evaluation(; slower here: .+)?$`)
	}
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want), out.String())
	}
	for i, pattern := range want {
		if !regexp.MustCompile(pattern).MatchString(lines[i]) {
			t.Errorf("line %d is %q, want %s", i+1, lines[i], pattern)
		}
	}
	out.Reset()
	if err := runVersion(&versionOptions{io: &streams{out: &out}, kernel: "portable", json: true}); err != nil {
		t.Fatal(err)
	}
	var f release.Facts
	if err := json.Unmarshal(out.Bytes(), &f); err != nil || len(f.Precisions) != len(kernel.Precisions()) {
		t.Fatalf("%s: %v", out.String(), err)
	}
	for i, p := range f.Precisions {
		if "precision "+p.Text() != lines[3+i] {
			t.Errorf("JSON says %+v, the listing %q", p, lines[3+i])
		}
	}
	if err := runVersion(&versionOptions{io: &streams{out: failing{}}, kernel: "portable"}); err == nil {
		t.Error("a full disk is no error")
	}
}
