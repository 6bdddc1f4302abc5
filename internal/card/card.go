// Package card writes the model card of an adapter: a README.md whose front matter the
// Hugging Face Hub reads (huggingface.co/docs/hub/model-cards), results by rank included.
package card

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// FileName is what the Hub shows of a folder.
const FileName = "README.md"

// Card is what is told of an adapter. Texts may be anybody's: they are escaped.
type Card struct {
	Task       string   // canonical name
	Labels     []string // by class or output; none for a regression of one
	Regression bool
	MultiLabel bool        // several labels may hold
	Threshold  float64     // of a label's probability, where several labels may hold
	Model      string      // base model's name, for people
	HubModel   bool        // Model is its name on the Hub
	Rank       int         // of this adapter
	RankMin    int         // trained
	RankMax    int         // trained
	CutFrom    int         // rank of the adapter that this is a slice of; 0: none
	Nested     string      // how its ranks were put in order after training; "": they are as trained
	Settings   [][2]string // of training: name and value
	Results    []Result    // by rank, ascending
	Version    string      // of dylora

	Data      Data // that it was trained and measured with
	LastEpoch bool // the last epoch was kept, whatever dev says of it
	BuiltIn   bool // the base model is in dylora
}

// Data says which data an adapter was trained and measured with.
type Data struct {
	Train, Dev                 string // the files' names, or a text in their place; "": those of the task
	TrainExamples, DevExamples int    // 0: not known
}

// LoRA says whether rank RankMax alone was trained.
func (c *Card) LoRA() bool { return c.Nested == "" && c.RankMin == c.RankMax && c.RankMax > 0 }

// Result is how the adapter did on the task's dev split at a rank.
type Result struct {
	Rank    int
	Metrics []Metric // in the same order for all ranks
}

// Metric is a value by dylora's name of its metric.
type Metric struct {
	Name     string
	Value    float64
	Interval *Interval // of the value; nil where it has none
}

// Interval is where the value of a metric lies with a confidence, two-sided, as other examples of
// the same kind would give it.
type Interval struct{ Low, High, Confidence float64 }

// Markdown is the card. Its last line says what it was when it was written.
func (c *Card) Markdown() []byte {
	var b bytes.Buffer
	b.WriteString("---\n")
	c.frontMatter(&b)
	b.WriteString("---\n\n")
	c.body(&b)
	return seal(b.Bytes())
}

// The last line of a card: a comment with the checksum of all before it.
const (
	sealStart = "<!-- written by dylora; SHA-256 of the text above: "
	sealEnd   = " -->\n"
)

func seal(text []byte) []byte {
	sum := sha256.Sum256(text)
	return append(text, sealStart+hex.EncodeToString(sum[:])+sealEnd...)
}

// Untouched says whether text is a card as dylora wrote it: one that somebody has changed
// is theirs, and must not be replaced.
func Untouched(text []byte) bool {
	at := bytes.LastIndex(text, []byte(sealStart))
	return at >= 0 && bytes.Equal(seal(bytes.Clone(text[:at])), text)
}

// name is the model's in the results.
func (c *Card) name() string { return fmt.Sprintf("dylora-%s-rank-%d", c.Task, c.Rank) }

// dataset is a task's data as the Hub knows it.
type dataset struct {
	id, config, split string // "" where the Hub has none
	title             string
}

// glue is where the Hub has GLUE; its configurations have the tasks' canonical names.
const glue = "nyu-mll/glue"

func (c *Card) dataset() dataset {
	titles := map[string]string{
		"cola": "CoLA", "sst2": "SST-2", "mrpc": "MRPC", "qqp": "QQP", "stsb": "STS-B",
		"mnli": "MNLI", "qnli": "QNLI", "rte": "RTE", "wnli": "WNLI",
	}
	title, ok := titles[c.Task]
	switch {
	case c.Task == "mnli":
		return dataset{glue, c.Task, "validation_matched", "GLUE " + title}
	case ok:
		return dataset{glue, c.Task, "validation", "GLUE " + title}
	}
	return dataset{title: c.Task}
}

// hubMetric is the Hub's name of a metric.
func hubMetric(name string) string {
	switch name, _, _ = strings.Cut(name, ":"); name { // f1:LABEL
	case "matthews":
		return "matthews_correlation"
	case "pearson", "spearman":
		return name + "r"
	case "macro_f1", "micro_f1", "weighted_f1":
		return "f1"
	case "subset_accuracy":
		return "accuracy"
	case "mean_average_precision":
		return "average_precision"
	}
	return name
}

// title is a metric's name for people.
func title(name string) string {
	switch name {
	case "f1":
		return "F1"
	case "roc_auc":
		return "ROC-AUC"
	}
	if label, ok := strings.CutPrefix(name, "f1:"); ok {
		return "F1 of " + label
	}
	if average, ok := strings.CutSuffix(name, "_f1"); ok {
		return average + " F1"
	}
	return strings.ReplaceAll(name, "_", " ")
}
