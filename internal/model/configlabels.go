package model

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/decision"
	"github.com/dylora/dylora/internal/model/architecture"
)

// The values of config.json's problem_type, by which Transformers chooses the loss of a
// sequence classifier and how its pipeline reads the logits.
const (
	SingleLabel = "single_label_classification"
	MultiLabel  = "multi_label_classification"
	Regression  = "regression"
)

// defaultOutputs is the number of columns of a head where config.json says nothing.
const defaultOutputs = 2

// labels takes what the file says about a head: the names of its columns, their number and
// what the logits are. As in AutoConfig of Transformers 5.23, id2label names the columns, unless
// num_labels says another number of them, which makes all of them LABEL_n; label2id decides
// nothing.
func (r *fields) labels(c *Config) {
	c.ProblemType, c.Labels, c.Outputs = "", nil, defaultOutputs
	r.taken = append(r.taken, "problem_type", "num_labels", "id2label", "label2id")
	if v := r.raw["problem_type"]; v != nil && string(v) != "null" {
		c.ProblemType = r.text("problem_type", "")
		if known := []string{SingleLabel, MultiLabel, Regression}; !slices.Contains(known, c.ProblemType) {
			r.faults = append(r.faults, fmt.Sprintf("problem_type: %.60s is none of %s", v, strings.Join(known, ", ")))
		}
	}
	numbers := r.raw["num_labels"]
	if numbers != nil {
		c.Outputs = r.count(architecture.Number{Key: "num_labels", Default: defaultOutputs})
		if bytes.ContainsAny(numbers, ".eE") || c.Outputs < 1 || c.Outputs > mostOutputs {
			r.faults = append(r.faults, fmt.Sprintf("num_labels: %.40s is not a whole number in [1, %d]", numbers, mostOutputs))
		}
	}
	if names := r.raw["id2label"]; names != nil && string(names) != "null" {
		named := r.names(names)
		if numbers == nil || len(named) == c.Outputs {
			c.Labels, c.Outputs = named, len(named)
		}
	}
	if c.ProblemType == SingleLabel && c.Outputs == 1 {
		r.faults = append(r.faults, fmt.Sprintf("problem_type: %s needs two labels or more, and id2label or num_labels says 1: write %s for one number", SingleLabel, Regression))
	}
}

// mostOutputs bounds the columns of a head, by a file or by a number in it.
const mostOutputs = 1 << 20

// names are those of id2label in the order of their numbers, which are the columns.
func (r *fields) names(text jsontext.Value) []string {
	fault := func(format string, a ...any) []string {
		r.faults = append(r.faults, "id2label: "+fmt.Sprintf(format, a...))
		return nil
	}
	var byKey map[string]jsontext.Value
	if err := json.Unmarshal(text, &byKey); err != nil {
		return fault("%.40s is not an object of numbers and names", text)
	}
	byColumn := map[int]string{}
	for key, value := range byKey {
		column, ok := columnNumber(key)
		if !ok {
			return fault("the key %.40q is not the number of a column", key)
		}
		if other, taken := byColumn[column]; taken {
			return fault("column %d has two names, one of them %.40q", column, other)
		}
		name := string(value) // numbers are names, too
		if k := value.Kind(); k != '0' && (k != '"' || json.Unmarshal(value, &name) != nil) {
			return fault("the name of column %d is %.40s, not a text", column, value)
		}
		byColumn[column] = name
	}
	labels := make([]string, len(byColumn))
	for i := range labels {
		name, ok := byColumn[i]
		if !ok {
			return fault("column %d has no name, and there are %d names: number them from 0 without a gap", i, len(labels))
		}
		labels[i] = name
	}
	if len(labels) == 0 && r.raw["num_labels"] == nil {
		return fault("names no column: remove it, or name the labels")
	}
	return labels
}

// columnNumber reads a key of id2label, as Python's int does: blanks around it and a plus sign
// do not count.
func columnNumber(key string) (int, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(key), 10, 32)
	return int(n), err == nil && n >= 0
}

// reportLabels logs what names the head's columns.
func (c *Config) reportLabels(r *fields, log *decision.Log) {
	value, source, reason := fmt.Sprintf("%d without names", c.Outputs), r.source("num_labels"), r.reason("num_labels", c)
	_, names := r.raw["id2label"]
	switch {
	case c.Labels != nil:
		value, source, reason = quoted(c.Labels), "config.json: id2label", "in the order of its numbers, which are the head's columns"
		if r.contradicts(c.Labels) {
			reason += "; label2id has other numbers, which decide nothing"
		}
	case names && c.Outputs != defaultOutputs:
		reason = "it is not the number of names in id2label, so these count no longer"
	}
	log.Add("labels", value, source, reason)
	if c.ProblemType != "" {
		log.Add("problem type", c.ProblemType, "config.json: problem_type", "as the file says")
	}
}

// contradicts says whether label2id has another number for one of the names.
func (r *fields) contradicts(names []string) bool {
	var numbers map[string]jsontext.Value
	if b := r.raw["label2id"]; b == nil || json.Unmarshal(b, &numbers) != nil {
		return false
	}
	for i, name := range names {
		if n, ok := numbers[name]; ok && strings.Trim(string(n), `"`) != strconv.Itoa(i) {
			return true
		}
	}
	return false
}

// quoted lists names in quotes, cut where there are many.
func quoted(names []string) string {
	const most = 20
	list := make([]string, 0, min(len(names), most+1))
	for i, name := range names {
		if i == most {
			list = append(list, fmt.Sprintf("… (%d)", len(names)))
			break
		}
		list = append(list, fmt.Sprintf("%.100q", name))
	}
	return strings.Join(list, ", ")
}
