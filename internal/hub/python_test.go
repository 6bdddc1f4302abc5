package hub

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/hub/hubtest"
)

// TestPythonSharesTheCache holds the layout against Python's huggingface_hub, both ways:
// it finds what is downloaded here, and the other way round.
func TestPythonSharesTheCache(t *testing.T) {
	python := os.Getenv("TEST_PYTHON")
	if python == "" {
		python = "python3"
	}
	if err := exec.Command(python, "-c", "import huggingface_hub").Run(); err != nil {
		t.Skipf("%s has no huggingface_hub (TEST_PYTHON names another interpreter): %v", python, err)
	}
	s := hubtest.New(t)
	s.Add("models/org/name", roberta())
	s.Add("datasets/org/set", map[string][]byte{"sst2/train-00000-of-00001.parquet": blob(3000), "README.md": blob(20)})
	run := func(c *Client, offline, script string) string {
		cmd := exec.Command(python, "-c", script)
		cmd.Env = append(os.Environ(), "HF_ENDPOINT="+s.URL, "HF_HOME="+filepath.Dir(c.Cache()), "HF_HUB_OFFLINE="+offline, "HF_HUB_DISABLE_TELEMETRY=1", "HF_HUB_DISABLE_XET=1", "HF_TOKEN=")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}

	ours := client(t, s)
	if _, err := ours.Snapshot(t.Context(), repo(t, Model, "org/name", ""), ModelFiles(false)); err != nil {
		t.Fatal(err)
	}
	set, err := ours.Snapshot(t.Context(), repo(t, Dataset, "org/set", ""), These("sst2/train-00000-of-00001.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	out := run(ours, "1", `
from huggingface_hub import scan_cache_dir, snapshot_download, try_to_load_from_cache
i = scan_cache_dir()
print("warnings", i.warnings, len(i.incomplete_files), sorted((r.repo_type, r.repo_id, r.nb_files, r.size_on_disk, [sorted(v.refs) for v in r.revisions]) for r in i.repos))
print(snapshot_download("org/name", local_files_only=True))
print(try_to_load_from_cache("org/set", "sst2/train-00000-of-00001.parquet", repo_type="dataset"))
`)
	for _, want := range []string{
		"warnings [] 0 [('dataset', 'org/set', 1, 3000, [['main']]), ('model', 'org/name', 5, 105524, [['main']])]",
		filepath.Join(ours.Cache(), "models--org--name", "snapshots", hubtest.Commit),
		filepath.Join(set.Dir, "sst2/train-00000-of-00001.parquet"),
	} {
		if !strings.Contains(out, want) {
			t.Errorf("Python prints %q, without %q", out, want)
		}
	}
	before := s.Requests("GET /models/")
	run(ours, "0", "from huggingface_hub import hf_hub_download; hf_hub_download('org/name', 'model.safetensors')")
	if s.Requests("GET /models/") != before || s.Requests("HEAD /org/name/resolve/main/model.safetensors") != 1 {
		t.Error("Python downloaded what is in the cache")
	}

	theirs := client(t, s)
	run(theirs, "0", `
from huggingface_hub import snapshot_download
snapshot_download("org/name", allow_patterns=["*.json", "*.txt", "*.safetensors"])
snapshot_download("org/set", repo_type="dataset")
`)
	theirs.Offline = true
	before = s.Requests("")
	got, err := theirs.Snapshot(t.Context(), repo(t, Model, "org/name", ""), ModelFiles(false))
	if err != nil || len(got.Files) != 5 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := theirs.Snapshot(t.Context(), repo(t, Dataset, "org/set", ""), These("sst2/train-00000-of-00001.parquet")); err != nil {
		t.Error(err)
	}
	if s.Requests("") != before {
		t.Error("the Hub was asked")
	}
	mine, other := tree(t, ours.Cache()), tree(t, theirs.Cache())
	for name, content := range mine {
		if !strings.HasPrefix(name, ".locks/") && name != "CACHEDIR.TAG" && other[name] != content {
			t.Errorf("%s is %.60q here and %.60q in Python's cache", name, content, other[name])
		}
	}
}
