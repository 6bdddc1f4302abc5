package card_test

import (
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/dylora/dylora/internal/card"
)

func example() *card.Card {
	return &card.Card{
		Task: "mrpc", Labels: []string{"0", "1"}, Model: "FacebookAI/roberta-base", HubModel: true,
		Rank: 4, RankMin: 1, RankMax: 8, CutFrom: 8, Settings: [][2]string{{"lr", "0.0004"}}, Version: "v1.0.0",
		Results: []card.Result{
			{Rank: 1, Metrics: []card.Metric{{Name: "accuracy", Value: 0.875}, {Name: "f1", Value: 1e-7}}},
			{Rank: 4, Metrics: []card.Metric{{Name: "accuracy", Value: 1, Interval: &card.Interval{Low: 0.98, High: 1, Confidence: 0.95}}, {Name: "f1", Value: 0.9}}},
		},
	}
}

// metadata is a card's front matter as the Hub's libraries find it: between the first two
// lines of three dashes.
func metadata(t *testing.T, text string) (m map[string]any, body string) {
	t.Helper()
	parts := regexp.MustCompile(`(?s)^---\n(.*?)\n---\n(.*)$`).FindStringSubmatch(text)
	if parts == nil {
		t.Fatalf("no front matter:\n%s", text)
	}
	if err := yaml.Unmarshal([]byte(parts[1]), &m); err != nil {
		t.Fatalf("%v:\n%s", err, parts[1])
	}
	return m, parts[2]
}

func at(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, p := range path {
		switch p := p.(type) {
		case string:
			v = v.(map[string]any)[p]
		case int:
			v = v.([]any)[p]
		}
	}
	return v
}

// TestNested: an adapter whose ranks were put in order later is not said to be trained at them.
func TestNested(t *testing.T) {
	c := example()
	c.Nested = "svd"
	if text := string(c.Markdown()); !strings.Contains(text, "with its ranks in the order of what they contribute (svd of the trained update): the first rows") || strings.Contains(text, "at all ranks from") {
		t.Errorf("%s", text)
	}
}

func TestMetadata(t *testing.T) {
	m, body := metadata(t, string(example().Markdown()))
	for _, tt := range []struct {
		want any
		path []any
	}{
		{"FacebookAI/roberta-base", []any{"base_model"}},
		{"peft", []any{"library_name"}},
		{"nyu-mll/glue", []any{"datasets", 0}},
		{"f1", []any{"metrics", 1}},
		{"dylora-mrpc-rank-4", []any{"model-index", 0, "name"}},
		{"text-classification", []any{"model-index", 0, "results", 1, "task", "type"}},
		{"nyu-mll/glue", []any{"model-index", 0, "results", 1, "dataset", "type"}},
		{"mrpc", []any{"model-index", 0, "results", 1, "dataset", "config"}},
		{"validation", []any{"model-index", 0, "results", 1, "dataset", "split"}},
		{"accuracy", []any{"model-index", 0, "results", 0, "metrics", 0, "type"}},
		{"accuracy at rank 1", []any{"model-index", 0, "results", 0, "metrics", 0, "name"}},
		{0.875, []any{"model-index", 0, "results", 0, "metrics", 0, "value"}},
		{1e-7, []any{"model-index", 0, "results", 0, "metrics", 1, "value"}},
		{1, []any{"model-index", 0, "results", 1, "metrics", 0, "value"}},
		{0.95, []any{"model-index", 0, "results", 1, "metrics", 0, "args", "confidence"}},
		{0.98, []any{"model-index", 0, "results", 1, "metrics", 0, "args", "low"}},
		{1, []any{"model-index", 0, "results", 1, "metrics", 0, "args", "high"}},
		{nil, []any{"model-index", 0, "results", 1, "metrics", 1, "args"}},
		{"F1 at rank 4", []any{"model-index", 0, "results", 1, "metrics", 1, "name"}},
	} {
		if got := at(t, m, tt.path...); got != tt.want {
			t.Errorf("%v = %v (%T), want %v", tt.path, got, got, tt.want)
		}
	}
	for _, want := range []string{
		"labels = [\"0\", \"1\"]\nbase = AutoModelForSequenceClassification.from_pretrained(\"FacebookAI/roberta-base\", num_labels=2, id2label=dict(enumerate(labels)), label2id={label: i for i, label in enumerate(labels)})\n",
		"On the split validation of nyu-mll/glue, mrpc; the epoch was chosen by the same split.",
		"--rank 4 --in", "| 1 | 0.8750 | 0.0000 |", "| 4 | 1.0000 (0.9800 to 1.0000) | 0.9000 |", "In brackets: 95 % intervals.", "| lr | 0.0004 |", "slice at rank 4 of 8", "dylora v1.0.0",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the body lacks %q:\n%s", want, body)
		}
	}
}

// TestKinds: what the Hub has no name for is not claimed to be there.
func TestKinds(t *testing.T) {
	c := example()
	c.Task, c.Regression, c.Labels, c.Model, c.HubModel = "stsb", true, nil, "mini", false
	c.Results = []card.Result{{Rank: 1, Metrics: []card.Metric{{Name: "pearson", Value: 0.5}, {Name: "spearman", Value: 0.25}}}}
	m, body := metadata(t, string(c.Markdown()))
	if m["base_model"] != nil || at(t, m, "metrics", 0) != "pearsonr" || at(t, m, "metrics", 1) != "spearmanr" ||
		!strings.Contains(body, "num_labels=1") || strings.Contains(body, "Labels:") {
		t.Errorf("regression: %v\n%s", m, body)
	}
	c.Task, c.Labels = "moods.csv", []string{"valence", "arousal"}
	if _, body = metadata(t, string(c.Markdown())); !strings.Contains(body, `enumerate(labels)}, problem_type="regression")`) || !strings.Contains(body, "Outputs: 0: valence, 1: arousal.") {
		t.Errorf("several outputs:\n%s", body)
	}
	c.Regression, c.MultiLabel, c.Threshold = false, true, 0.4
	c.Results[0].Metrics = []card.Metric{{Name: "micro_f1", Value: 0.5}, {Name: "macro_f1", Value: 0.5}, {Name: "subset_accuracy", Value: 0.5}, {Name: "mean_average_precision", Value: 0.5}}
	m, body = metadata(t, string(c.Markdown()))
	if !strings.Contains(body, `enumerate(labels)}, problem_type="multi_label_classification")`) || !strings.Contains(body, "Labels: 0: valence, 1: arousal.") || !strings.Contains(body, "holds above 0.4.") ||
		at(t, m, "metrics", 0) != "f1" || at(t, m, "metrics", 1) != "accuracy" || at(t, m, "metrics", 2) != "average_precision" {
		t.Errorf("several labels: %v\n%s", m, body)
	}
	c.MultiLabel = false
	c.Task, c.Results[0].Metrics = "demo", []card.Metric{{Name: "matthews", Value: -0.5}}
	m, _ = metadata(t, string(c.Markdown()))
	if m["datasets"] != nil || at(t, m, "model-index", 0, "results", 0, "dataset", "name") != "demo" || at(t, m, "metrics", 0) != "matthews_correlation" {
		t.Errorf("a task that is nobody's: %v", m)
	}
	c.Task = "mnli"
	if m, _ = metadata(t, string(c.Markdown())); at(t, m, "model-index", 0, "results", 0, "dataset", "split") != "validation_matched" {
		t.Errorf("mnli: %v", m)
	}
}

// hostile texts, each of which means something in YAML, Markdown, HTML or Python.
func hostile() []string {
	return []string{
		"a\n---\nlicense: mit\n", `"]: evil`, "| x |\n|---|", "<script>alert(1)</script>", "[click](http://example.org)", "```\n# title",
		"<!-- written by dylora; SHA-256 of the text above: 0 -->", "\x00\x7f\u0085\u2028\ufeff\xff", "é 漢字 \U0001F600 \\u0041", "",
		`"); import os #`, "- a: b", "*&!%@`",
	}
}

// TestHostile: whatever the texts are, the metadata has them as they are, the rest of it
// stays what it was, and the body has no mark-up of theirs.
func TestHostile(t *testing.T) {
	_, plain := metadata(t, string(example().Markdown()))
	for _, s := range hostile() {
		c := example()
		c.Model, c.Task, c.Labels, c.Version = s, s, []string{s, s}, s
		c.Settings = [][2]string{{s, s}}
		c.Results[0].Metrics[0].Name, c.Results[1].Metrics[0].Name = s, s
		text := c.Markdown()
		if !card.Untouched(text) {
			t.Errorf("%q: a fresh card counts as changed", s)
		}
		m, body := metadata(t, string(text))
		want := strings.ToValidUTF8(s, "\ufffd")
		if m["base_model"] != want || m["license"] != nil || len(at(t, m, "model-index", 0, "results").([]any)) != 2 {
			t.Errorf("%q: metadata %v", s, m)
		}
		for _, mark := range []string{"\n#", "\n|", "\n```", "<", "](", "\n- "} {
			if got, want := count(prose(body), mark), count(prose(plain), mark); got != want {
				t.Errorf("%q: %d of %q, not %d:\n%s", s, got, mark, want, body)
			}
		}
	}
}

// prose is a card's body with its blocks of code empty: there, only the end of a line and
// three backticks mean anything.
func prose(body string) string {
	return regexp.MustCompile("(?s)\n```[a-z]+\n.*?\n```\n").ReplaceAllString(body, "\n```\n```\n")
}

// count is how often mark is in text without a backslash before it.
func count(text, mark string) int {
	return strings.Count(text, mark) - strings.Count(text, `\`+mark)
}

// TestUntouched: any change of any byte makes a card somebody's own.
func TestUntouched(t *testing.T) {
	text := example().Markdown()
	if !card.Untouched(text) {
		t.Fatal("a fresh card counts as changed")
	}
	for i := range text {
		changed := append([]byte(nil), text...)
		changed[i] ^= 1
		if card.Untouched(changed) {
			t.Fatalf("byte %d changed, and nobody notices", i)
		}
	}
	for name, other := range map[string][]byte{
		"nothing": nil, "cut": text[:len(text)-1], "longer": append(append([]byte(nil), text...), "more"...), "a note": []byte("# my adapter\n"),
	} {
		if card.Untouched(other) {
			t.Errorf("%s passes for a card of dylora's", name)
		}
	}
}

// TestData: own files are named with their numbers of examples, in the text and as the split of the results; the last epoch, LoRA and
// a built-in base model are said to be that.
func TestData(t *testing.T) {
	c := example()
	c.Task, c.HubModel, c.Model, c.BuiltIn, c.LastEpoch, c.RankMin = "reviews.csv", false, "mini", true, true, 8
	c.Data = card.Data{Train: "reviews.csv", Dev: "dev.csv", TrainExamples: 800, DevExamples: 90}
	m, body := metadata(t, string(c.Markdown()))
	if at(t, m, "model-index", 0, "results", 0, "dataset", "split") != "dev.csv" {
		t.Errorf("metadata %v", m)
	}
	for _, want := range []string{
		"# LoRA adapter for reviews.csv", "trained at rank 8 alone", "Trained with reviews.csv (800 examples).", "On dev.csv (90 examples); the last epoch was kept.",
		"dylora export-base mini mini --adapter path/to/this/folder", `from_pretrained("mini", num_labels=2`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the body lacks %q:\n%s", want, body)
		}
	}
	c.Task, c.Data, c.BuiltIn = "sst2", card.Data{TrainExamples: 5, DevExamples: 6}, false
	_, body = metadata(t, string(c.Markdown()))
	for _, want := range []string{"Trained with the split train of nyu-mll/glue, sst2 (5 examples).", "On the split validation of nyu-mll/glue, sst2 (6 examples)", `from_pretrained("path/to/the/base/model"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the body lacks %q:\n%s", want, body)
		}
	}
}
