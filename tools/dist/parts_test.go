package main

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParsePlatform(t *testing.T) {
	t.Parallel()
	for _, text := range platforms {
		if p, err := parsePlatform(text); err != nil || p.String() != text {
			t.Errorf("%s: %v, %v", text, p, err)
		}
	}
	for _, text := range []string{"", "linux", "/amd64", "linux/"} {
		if p, err := parsePlatform(text); err == nil {
			t.Errorf("%q is read as %v", text, p)
		}
	}
}

// Only a tag that is checked out without changes is a release.
func TestTagged(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"v1.2.3": true, "v0.1.0": true, "v1.0.0-rc.1": true,
		"v1.2.3+dirty": false, "(devel)": false, "": false, "v1": false,
		"v0.0.0-20261128115807-894cba233962": false, "v1.2.4-0.20261128115807-894cba233962": false, "v1.2.4-0.20261128115807-894cba233962+dirty": false,
	} {
		p := &program{info: &debug.BuildInfo{Main: debug.Module{Version: version}}}
		if got := p.tagged(); got != want {
			t.Errorf("%q is a release: %v, want %v", version, got, want)
		}
	}
}

func TestInstallPath(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ format, name, want string }{
		{"deb", "dylora", "/usr/bin/dylora"},
		{"deb", "completions/_dylora", "/usr/share/zsh/vendor-completions/_dylora"},
		{"rpm", "completions/_dylora", "/usr/share/zsh/site-functions/_dylora"},
		{"rpm", "completions/dylora.ps1", ""},
		{"deb", "man/man1/dylora-train.1", "/usr/share/man/man1/dylora-train.1.gz"},
		{"deb", "LICENSE", "/usr/share/doc/dylora/copyright"},
		{"rpm", "LICENSE", "/usr/share/doc/dylora/LICENSE"},
		{"deb", "docs/deploy/dylora.service", "/usr/share/doc/dylora/docs/deploy/dylora.service"},
	} {
		if got := installPath(tt.format, tt.name); got != tt.want {
			t.Errorf("%s of a %s goes to %q, want %q", tt.name, tt.format, got, tt.want)
		}
	}
}

// The order in which files are found does not matter, and a name is there once.
func TestWriters(t *testing.T) {
	t.Parallel()
	when, dir := time.Unix(1_700_000_000, 0).UTC(), t.TempDir()
	long := strings.Repeat("long/", 30) + "name"
	files := []file{{name: "b", content: []byte("two"), mode: 0o755}, {name: long, content: []byte("three"), mode: 0o644}, {name: "a", content: []byte{}, mode: 0o644}}
	for name, write := range map[string]func(string, string, []file, time.Time) error{"tar": writeTar, "zip": writeZip} {
		var first []byte
		for range 2 {
			path := filepath.Join(dir, name)
			if err := write(path, "top", files, when); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if first != nil && !slices.Equal(first, b) {
				t.Errorf("%s: another order of files gives other bytes", name)
			}
			first = b
			slices.Reverse(files)
		}
		if err := write(filepath.Join(dir, "twice"), "top", append(files, files[0]), when); err == nil {
			t.Errorf("%s: a name is there twice", name)
		}
	}
}

func TestIdentify(t *testing.T) {
	t.Parallel()
	own, err := os.ReadFile("../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	pointer := file{name: "LICENSE", content: []byte("See the folder licenses.")}
	below := file{name: "licenses/apache.txt", content: own}
	for _, tt := range []struct {
		texts []file
		want  string
	}{
		{[]file{{name: "LICENSE", content: own}}, "Apache-2.0"},
		{[]file{{name: "LICENSE", content: own}, {name: "NOTICE", content: own}}, "Apache-2.0"},
		{[]file{pointer, below}, "Apache-2.0"},
		{[]file{pointer}, ""},
		{nil, ""},
	} {
		if got := strings.Join(identifyModule(tt.texts), " "); got != tt.want {
			t.Errorf("%d texts are %q, want %q", len(tt.texts), got, tt.want)
		}
	}
}
