package session

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/parquet"
	"github.com/dylora/dylora/internal/settings"
)

// TestMain reads parquet files where the test binary is started as the process for that.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == parquet.Argument {
		os.Exit(parquet.Child(os.Args[2:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// surroundings are an Env that records what a user would see.
type surroundings struct {
	*Env
	variables map[string]string
	notes     []string
	tasks     []string         // "evaluate 6", then "at 2" for each report and "end"
	downloads map[string]int64 // bytes, by file
}

// surround makes surroundings with empty caches, without packed weights and a network.
func surround(t *testing.T) *surroundings {
	t.Helper()
	s := &surroundings{
		variables: map[string]string{"HF_HUB_OFFLINE": "1", "HF_HOME": t.TempDir(), "XDG_CACHE_HOME": t.TempDir(), "DYLORA_CACHE": "off", "HOME": t.TempDir()},
		downloads: map[string]int64{},
	}
	s.Env = &Env{
		Note: func(line string) {
			t.Log(line)
			s.notes = append(s.notes, line)
		},
		Progress: func(what string, total int) Progress {
			s.tasks = append(s.tasks, fmt.Sprintf("%s %d", what, total))
			return s
		},
		Download: func(file string, done, _ int64) { s.downloads[file] = done },
		Getenv:   func(name string) string { return s.variables[name] },
		Now:      time.Now,
		Version:  "test",
	}
	return s
}

// At and End are those of a Progress.
func (s *surroundings) At(done int) { s.tasks = append(s.tasks, fmt.Sprintf("at %d", done)) }
func (s *surroundings) End()        { s.tasks = append(s.tasks, "end") }

// env is an Env whose user hears everything in the test's log, without caches and a network.
func env(t *testing.T) *Env {
	t.Helper()
	return surround(t).Env
}

// layer is what a user says: lines of YAML, which may be separated by "; ".
func layer(yaml string) *settings.Layer {
	return settings.YAMLLayer(settings.File, "test.yaml", []byte(strings.ReplaceAll(yaml, "; ", "\n")))
}

// settled are the settings of lines of YAML, over the defaults.
func settled(t *testing.T, yaml string) *settings.Resolved {
	t.Helper()
	r, err := settings.Resolve(layer(yaml))
	must(t, err)
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused checks an error's class, its reason and parts of its text.
func refused(t *testing.T, err error, class fault.Class, reason fault.Reason, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	if fault.ClassOf(err) != class || fault.ReasonOf(err) != reason {
		t.Errorf("class %d and reason %q, want %d and %q: %v", fault.ClassOf(err), fault.ReasonOf(err), class, reason, err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q, without %q", err, part)
		}
	}
}

// write makes a file, and the folders above it, and gives its path.
func write(t *testing.T, content string, elem ...string) string {
	t.Helper()
	path := filepath.Join(elem...)
	must(t, os.MkdirAll(filepath.Dir(path), 0o777))
	must(t, os.WriteFile(path, []byte(content), 0o666))
	return path
}

func read(t *testing.T, elem ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(elem...))
	must(t, err)
	return string(b)
}

// names are what a folder holds, sorted, hidden files too; nil where there is none.
func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return nil
	}
	must(t, err)
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// copyOf is a copy of a folder of files in which some have another content; "" is without it.
func copyOf(t *testing.T, dir string, changed map[string]string) string {
	t.Helper()
	to := t.TempDir()
	for _, name := range names(t, dir) {
		if _, other := changed[name]; !other {
			write(t, read(t, dir, name), to, name)
		}
	}
	for name, content := range changed {
		if content != "" {
			write(t, content, to, name)
		}
	}
	return to
}

// garbled is a copy of a model folder whose weights are no weights: what has loaded it fails.
func garbled(t *testing.T, dir string) string {
	t.Helper()
	return copyOf(t, dir, map[string]string{"model.safetensors": "garbage"})
}
