package main

import (
	"maps"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

// Ranks of modules come as a list, as JSON, or as a file of JSON, in bounded memory.
func TestParseModuleRanks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := writeText(path, text); err != nil {
			t.Fatal(err)
		}
		return "@" + path
	}
	want := map[string]int{"query": 4, "layer.0.value": 2}
	for _, good := range []string{"query=4,layer.0.value=2", `{"query":4,"layer.0.value":2}`, at("good", "\n {\"query\": 4,\n \"layer.0.value\": 2}\n")} {
		if got, err := parseModuleRanks(good); err != nil || !maps.Equal(got, want) {
			t.Errorf("%s: %v, %v", good, got, err)
		}
	}
	if got, err := parseModuleRanks(""); err != nil || got != nil {
		t.Errorf("none: %v, %v", got, err)
	}
	bad := map[string]string{
		"query":                                 "query",
		"query=two":                             "two",
		"query=1,query=2":                       "query",
		`{"query":1.5}`:                         "1.5",
		"@" + filepath.Join(dir, "none"):        "none: no such file or directory",
		"@" + dir:                               "is a directory",
		at("list", "query=4"):                   "want a JSON object",
		at("empty", ""):                         "want a JSON object",
		at("large", strings.Repeat(" ", 2<<20)): "more than 1048576 bytes are too much",
	}
	if runtime.GOOS == "linux" {
		bad["@/dev/zero"] = "more than 1048576 bytes are too much"
	}
	for text, want := range bad {
		_, err := parseModuleRanks(text)
		if err == nil || !strings.HasPrefix(err.Error(), "--ranks-per-module: ") || !strings.Contains(err.Error(), want) || fault.ClassOf(err) != fault.Usage {
			t.Errorf("%.80s: %v, want %q", text, err, want)
		}
	}
}
