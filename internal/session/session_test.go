package session

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/settings"
)

// env is an Env whose user hears everything in the test's log, without caches and a network.
func env(t *testing.T) *Env {
	t.Helper()
	variables := map[string]string{"HF_HUB_OFFLINE": "1", "HF_HOME": t.TempDir(), "XDG_CACHE_HOME": t.TempDir(), "DYLORA_CACHE": "off", "HOME": os.Getenv("HOME")}
	return &Env{
		Note:    func(line string) { t.Log(line) },
		Getenv:  func(name string) string { return variables[name] },
		Now:     time.Now,
		Version: "test",
	}
}

// settled are the settings of lines of YAML, over the defaults.
func settled(t *testing.T, yaml string) *settings.Resolved {
	t.Helper()
	r, err := settings.Resolve(settings.YAMLLayer(settings.File, "test.yaml", []byte(strings.ReplaceAll(yaml, "; ", "\n"))))
	if err != nil {
		t.Fatal(err)
	}
	return r
}
