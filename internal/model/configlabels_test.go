package model

import (
	"fmt"
	"slices"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/decision"
)

// The expected values are those of AutoConfig.from_pretrained of Transformers 5.23, but for
// the names LABEL_n that it makes up, where Labels is nil.
func TestConfigLabels(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	twelve, want := object{}, make([]string, 12)
	for i := range want {
		want[i] = fmt.Sprint("name ", i)
		twelve[fmt.Sprint(i)] = want[i] // encoded in the order of text: 0, 1, 10, 11, 2
	}
	for _, tt := range []struct {
		name    string
		change  object
		labels  []string
		outputs int
		problem string
	}{
		{"nothing said", nil, nil, 2, ""},
		{"null", object{"id2label": nil, "problem_type": nil}, nil, 2, ""},
		{"a number", object{"num_labels": 4}, nil, 4, ""},
		{"a number beside null", object{"num_labels": 4, "id2label": nil}, nil, 4, ""},
		{"the number of an early release", object{"_num_labels": 5}, nil, 2, ""},
		{"names", object{"id2label": object{"1": "b", "0": "a"}}, []string{"a", "b"}, 2, ""},
		{"twelve names", object{"id2label": twelve}, want, 12, ""},
		{"generic names are kept", object{"id2label": object{"0": "LABEL_0"}}, []string{"LABEL_0"}, 1, ""},
		{"names and their number", object{"id2label": object{"0": "a", "1": "b"}, "num_labels": 2}, []string{"a", "b"}, 2, ""},
		{"names and another number", object{"id2label": object{"0": "a", "1": "b"}, "num_labels": 3}, nil, 3, ""},
		{"no names and a number", object{"id2label": object{}, "num_labels": 3}, nil, 3, ""},
		{"keys as Python reads them", object{"id2label": object{"+0": "a", " 1 ": "b"}}, []string{"a", "b"}, 2, ""},
		{"numbers as names", object{"id2label": object{"0": 0, "1": 1}}, []string{"0", "1"}, 2, ""},
		{"names and their opposite", object{"id2label": object{"0": "a", "1": "b"}, "label2id": object{"a": 1, "b": 0}}, []string{"a", "b"}, 2, ""},
		{"names by label2id alone", object{"label2id": object{"a": 0, "b": 1, "c": 2}}, nil, 2, ""},
		{"the same name twice", object{"id2label": object{"0": "a", "1": "a"}}, []string{"a", "a"}, 2, ""},
		{"regression", object{"problem_type": Regression, "num_labels": 1}, nil, 1, Regression},
		{"several numbers", object{"problem_type": Regression, "num_labels": 3}, nil, 3, Regression},
		{"one of two", object{"problem_type": MultiLabel, "num_labels": 1}, nil, 1, MultiLabel},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := ParseConfig("config.json", encode(t, with(tt.change)))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(c.Labels, tt.labels) || (c.Labels == nil) != (tt.labels == nil) || c.Outputs != tt.outputs || c.ProblemType != tt.problem {
				t.Errorf("labels %q, %d outputs, problem %q, want %q, %d, %q", c.Labels, c.Outputs, c.ProblemType, tt.labels, tt.outputs, tt.problem)
			}
		})
	}
}

// Most of these are errors in Transformers, when it loads the file or when it looks for the
// name of a column; of the others nobody can know what they mean.
func TestConfigLabelFaults(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	for _, tt := range []struct {
		name   string
		change object
		want   []string
	}{
		{"a gap", object{"id2label": object{"0": "a", "2": "c"}}, []string{"id2label: column 1 has no name", "2 names"}},
		{"from one", object{"id2label": object{"1": "a", "2": "c"}}, []string{"id2label: column 0 has no name"}},
		{"below zero", object{"id2label": object{"-1": "a", "0": "c"}}, []string{`id2label: the key "-1"`}},
		{"the same column", object{"id2label": object{"0": "a", "00": "b"}}, []string{"id2label: column 0 has two names"}},
		{"names as keys", object{"id2label": object{"spam": "0", "ham": "1"}}, []string{"id2label: the key", "is not the number of a column"}},
		{"truth values as names", object{"id2label": object{"0": true}}, []string{"id2label: the name of column 0 is true, not a text"}},
		{"no name", object{"id2label": object{"0": nil}}, []string{"id2label: the name of column 0 is null"}},
		{"a list", object{"id2label": []string{"a", "b"}}, []string{`id2label: ["a","b"] is not an object`}},
		{"no column", object{"id2label": object{}}, []string{"id2label: names no column"}},
		{"a huge column", object{"id2label": object{"99999999999": "a"}}, []string{"id2label: the key"}},
		{"no labels", object{"num_labels": 0}, []string{"num_labels: 0 is not a whole number"}},
		{"endless labels", object{"num_labels": 1e12}, []string{"num_labels"}},
		{"a number as text", object{"num_labels": "3"}, []string{"num_labels"}},
		{"a fraction", object{"num_labels": jsontext.Value("2.0")}, []string{"num_labels: 2.0"}},
		{"null labels", object{"num_labels": nil}, []string{"num_labels: null"}},
		{"another problem", object{"problem_type": "token_classification"}, []string{`problem_type: "token_classification" is none of`, MultiLabel}},
		{"a problem of another type", object{"problem_type": 3}, []string{"problem_type: 3"}},
		{"one of one", object{"problem_type": SingleLabel, "num_labels": 1}, []string{"problem_type: single_label_classification needs two labels"}},
		{"one name of one", object{"problem_type": SingleLabel, "id2label": object{"0": "a"}}, []string{"problem_type", "id2label"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseConfig("m/config.json", encode(t, with(tt.change)))
			checkInvalid(t, err, append(tt.want, "m/config.json")...)
		})
	}
}

// TestConfigLabelLog: what is logged of the labels names the key that decides.
func TestConfigLabelLog(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	for _, tt := range []struct {
		change object
		want   []decision.Decision
	}{
		{nil, []decision.Decision{{About: "labels", Value: "2 without names", Source: "config.json", Reason: "the file lacks num_labels; the default of roberta"}}},
		{object{"num_labels": 4}, []decision.Decision{{About: "labels", Value: "4 without names", Source: "config.json: num_labels", Reason: "as the file says"}}},
		{object{"id2label": object{"1": "yes", "0": "no"}}, []decision.Decision{
			{About: "labels", Value: `"no", "yes"`, Source: "config.json: id2label", Reason: "in the order of its numbers, which are the head's columns"},
		}},
		{object{"id2label": object{"1": "yes", "0": "no"}, "label2id": object{"no": 1, "yes": 0}}, []decision.Decision{
			{About: "labels", Value: `"no", "yes"`, Source: "config.json: id2label", Reason: "in the order of its numbers, which are the head's columns; label2id has other numbers, which decide nothing"},
		}},
		{object{"id2label": object{"1": "yes", "0": "no"}, "num_labels": 3, "problem_type": MultiLabel}, []decision.Decision{
			{About: "labels", Value: "3 without names", Source: "config.json: num_labels", Reason: "it is not the number of names in id2label, so these count no longer"},
			{About: "problem type", Value: MultiLabel, Source: "config.json: problem_type", Reason: "as the file says"},
		}},
	} {
		var log decision.Log
		if _, err := ParseConfigLog("config.json", encode(t, with(tt.change)), &log); err != nil {
			t.Fatal(err)
		}
		for _, want := range tt.want {
			if !slices.Contains(log.All(), want) {
				t.Errorf("%v: %v is not in %v", tt.change, want, log.All())
			}
		}
	}
}
