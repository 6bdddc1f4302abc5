package adapter_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
)

// readCard saves an adapter and reads its card.
func readCard(t *testing.T, a *adapter.Adapter, f *adapter.Provenance) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "a")
	must(t, adapter.Save(dir, a, f, adapter.SaveOptions{}))
	b, err := os.ReadFile(filepath.Join(dir, "README.md"))
	must(t, err)
	return string(b)
}

// TestCard: the card says what the provenance says, of the ranks that the adapter has, and
// nothing of the machine it was made on.
func TestCard(t *testing.T) {
	f := provenance()
	f.Task, f.Model, f.Regression = "sst2", "/home/somebody/models/roberta", false
	f.Training = map[string]string{"lr": "0.0005", "weight_decay": "0.1"}
	f.InitAdapter, f.InitTask = "/home/somebody/runs/mnli", "mnli"
	f.Metrics = map[string]map[string]float64{
		"1": {"accuracy": 0.5, "f1": 0.25}, "2": {"accuracy": 0.75}, "4": {"accuracy": 0.8125, "f1": 0.5}, "8": {"accuracy": 1},
	}
	text := readCard(t, trained(t), f)
	for _, want := range []string{
		"# DyLoRA adapter for GLUE SST-2, rank 4", "roberta", "slice at rank 4 of 8", "| 1 | 0.5000 (0.2500 to 0.7500) |\n| 2 | 0.7500 |\n| 4 | 0.8125 |\n",
		"| lr | 0.0005 |", "| weight decay | 0.1 |", "| ranks drawn | 1 to 8, uniform |", "| started from an adapter for | mnli |",
		"dylora 1.2.3", "Labels: 0: bad, 1: good",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the card lacks %q:\n%s", want, text)
		}
	}
	for _, never := range []string{"somebody", "F1", "base_model", "rank 8\"", "1.0000"} {
		if strings.Contains(text, never) {
			t.Errorf("the card has %q:\n%s", never, text)
		}
	}
	f.Model, f.HubModel = "FacebookAI/roberta-base", true
	if text := readCard(t, trained(t), f); !strings.Contains(text, "---\nbase_model: \"FacebookAI/roberta-base\"\n") {
		t.Errorf("no base model in the card:\n%s", text)
	}
	f.Metrics = nil
	if text := readCard(t, trained(t), f); strings.Contains(text, "model-index") || strings.Contains(text, "Results") {
		t.Errorf("results in a card of none:\n%s", text)
	}
}

// TestNoCard: an adapter without provenance has none.
func TestNoCard(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a")
	must(t, adapter.Save(dir, trained(t), nil, adapter.SaveOptions{}))
	if _, err := os.Stat(filepath.Join(dir, "README.md")); !os.IsNotExist(err) {
		t.Errorf("README.md: %v", err)
	}
}
