package format

import (
	"os"
	"regexp"
	"testing"
)

// TestDocument: docs/formats.md has the versions of this package.
func TestDocument(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../docs/formats.md")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^\| ([^|]+) \| ([^|]+) \|`).FindAllStringSubmatch(string(b), -1) {
		said[m[1]] = m[2]
	}
	for file, version := range map[string]int{
		"`dylora.json`": Adapter, "`config.yaml`": Settings, "`checkpoints/step-…/manifest.json`": Checkpoint, "`data.json`": RunData, "`decision.json`": Decision, "`plan.json`": PlanRecord,
		"`tracking.json`": Tracking, "a split of GLUE, `manifest.json` and `rows.jsonl`": Split,
	} {
		if want := string(rune('0' + version)); said[file] != want {
			t.Errorf("docs/formats.md says format %q of %s, want %s", said[file], file, want)
		}
	}
}
