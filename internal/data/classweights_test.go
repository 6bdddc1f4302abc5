package data

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

func TestClassWeights(t *testing.T) {
	task := &Task{Name: "mail", Labels: []string{"ham", "spam", "a,b=c"}}
	examples := []Example{{Class: 0}, {Class: 0}, {Class: 0}, {Class: 1}, {Class: 1}, {Class: 0}}
	for _, tt := range []struct {
		text string
		want []float32
		err  string // a part of it, of either function
	}{
		{"", nil, ""},
		{"balanced", []float32{0.5, 1, 1}, ""},
		{"spam=4", []float32{1, 4, 1}, ""},
		{` SPAM = 0.25 , "a,b=c=3"`, []float32{1, 0.25, 3}, ""},
		{"ham=1e-3,spam=1", []float32{1e-3, 1, 1}, ""},
		{"eggs=1", nil, `class_weights: "eggs" is not a label of task mail: its labels are "ham", "spam", "a,b=c"`},
		{"spam", nil, "has no weight: write label=weight, or balanced"},
		{"=2", nil, "names no label"},
		{"spam=0", nil, `the weight of "spam" is not a number above 0: "0"`},
		{"spam=-1", nil, "not a number above 0"},
		{"spam=NaN", nil, "not a number above 0"},
		{"spam=inf", nil, "not a number above 0"},
		{"spam=1e300", nil, "not a number above 0"},
		{"spam=1e-300", nil, "not a number above 0"},
		{"spam=two", nil, "not a number above 0"},
		{"spam=1,Spam=2", nil, `"Spam" has two weights`},
		{"spam=1\nham=1", nil, "more than one line"},
		{`"spam=1`, nil, "is neither balanced nor a list"},
		{"spam=1" + strings.Repeat(",x=1", mostLabels), nil, "labels are more than"},
	} {
		w, err := ParseClassWeights(tt.text)
		var got []float32
		if err == nil {
			got, err = w.Of(task, examples)
		}
		if err == nil && tt.err != "" || err != nil && (tt.err == "" || !strings.Contains(err.Error(), tt.err)) || !slices.Equal(got, tt.want) {
			t.Errorf("%.40q: %v, %v", tt.text, got, err)
		}
	}
	w, err := ParseClassWeights("balanced")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Of(&Task{Name: "t", Kind: Regression}, nil); fault.ClassOf(err) != fault.Usage || err == nil {
		t.Errorf("of a regression: %v", err)
	}
}

// TestPositiveWeights: balanced weights of a label's positives make both of its sides count alike.
func TestPositiveWeights(t *testing.T) {
	task := &Task{Name: "themes", Kind: MultiLabel, Labels: []string{"sea", "land", "all", "never"}}
	var examples []Example
	for i := range 8 {
		e := Example{Targets: []float32{0, 1, 1, 0}}
		if i < 2 {
			e.Targets[0] = 1
		}
		if i == 7 {
			e.Targets[1] = 0
		}
		examples = append(examples, e)
	}
	for text, want := range map[string][]float32{
		"balanced":        {3, 1. / 7, 1, 1},
		"sea=4, Never=.5": {4, 1, 1, 0.5},
	} {
		w, err := ParseClassWeights(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := w.Of(task, examples); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
	w, err := ParseClassWeights("Sea =2,air=1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Of(task, examples); fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), `"air" is not a label of task themes`) {
		t.Errorf("a label that the task does not have: %v", err)
	}
}

// FuzzClassWeights: no text makes it panic, and what is read are weights that a loss can have.
func FuzzClassWeights(f *testing.F) {
	for _, text := range []string{"", "balanced", "a=1,b=2", `"a,b"=1`, "=", "a==1", "a=1e308", "\"", "a=1\r\nb=2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		w, err := ParseClassWeights(text)
		if err != nil || w == nil {
			return
		}
		of, err := w.Of(&Task{Labels: append([]string{"x"}, w.labels...)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range of {
			if !(v > 0) || math.IsInf(float64(v), 0) {
				t.Fatalf("%q: a weight of %v", text, v)
			}
		}
	})
}
