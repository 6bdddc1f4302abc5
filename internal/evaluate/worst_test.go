package evaluate

import (
	"math"
	"testing"

	"github.com/dylora/dylora/internal/data"
)

// TestMistakes: of the wrong answers those with the largest losses come first, with their texts,
// labels and answers in the words of the task.
func TestMistakes(t *testing.T) {
	b := "second"
	examples := []data.Example{{Index: 10, A: "ten"}, {Index: 11, A: "eleven", B: &b}, {Index: 12, A: "twelve"}, {Index: 13, A: "thirteen"}}
	index := []int{10, 11, 12, 13}
	for _, tt := range []struct {
		name  string
		task  *data.Task
		shown Result
		want  []Mistake
	}{
		{"classes", &data.Task{Labels: []string{"bad", "good"}},
			Result{Rank: 2, Outputs: 2, Index: index, Classes: []int32{0, 0, 1, data.NoLabel}, Logits: []float32{0, 1, 0, 3, 0, 9, 9, 0}},
			[]Mistake{{Index: 11, Label: "bad", Answer: "good 95 %"}, {Index: 10, Label: "bad", Answer: "good 73 %"}}},
		{"a number", &data.Task{Kind: data.Regression},
			Result{Rank: 2, Outputs: 1, Index: index, Scores: []float32{1, 2, 3, 4}, Logits: []float32{1, 4, 3.5, 4}},
			[]Mistake{{Index: 11, Label: "2.00", Answer: "4.00"}, {Index: 12, Label: "3.00", Answer: "3.50"}}},
		{"numbers", &data.Task{Kind: data.Regression, Labels: []string{"x", "y"}},
			Result{Rank: 2, Outputs: 2, Index: index, Scores: make([]float32, 8), Logits: []float32{0, 0, 0, 1, 0, 0, 0, 0}},
			[]Mistake{{Index: 11, Label: "x 0.00, y 0.00", Answer: "x 0.00, y 1.00"}}},
		{"several labels", &data.Task{Kind: data.MultiLabel, Labels: []string{"x", "y"}, Threshold: 0.5},
			Result{Rank: 2, Outputs: 2, Index: index, Scores: []float32{1, 1, 0, 0, 1, 0, 0, 1}, Logits: []float32{1, 1, 2, 3, 1, -1, -1, -1}},
			[]Mistake{{Index: 11, Label: "none", Answer: "x, y"}, {Index: 13, Label: "y", Answer: "none"}}},
	} {
		got := Mistakes(tt.task, &tt.shown, examples, 9)
		if len(got) != len(tt.want) {
			t.Fatalf("%s: %+v", tt.name, got)
		}
		for i, w := range tt.want {
			g := got[i]
			if g.Index != w.Index || g.Label != w.Label || g.Answer != w.Answer {
				t.Errorf("%s: %+v, want %+v", tt.name, g, w)
			}
			if want := examples[g.Index-10]; g.Texts[0] != want.A || len(g.Texts) == 2 != (want.B != nil) {
				t.Errorf("%s: texts %q", tt.name, g.Texts)
			}
		}
	}
	if got := shortened(string(make([]rune, 700))); len([]rune(got)) != mostText+2 {
		t.Errorf("a long text has %d characters", len([]rune(got)))
	}
	one := Mistakes(&data.Task{Labels: []string{"a", "b"}}, &Result{Outputs: 2, Index: []int{7, 8}, Classes: []int32{0, 0}, Logits: []float32{0, 1, 0, 2}}, nil, 1)
	if len(one) != 1 || one[0].Index != 8 || one[0].Texts != nil || math.Abs(one[0].Loss-math.Log(1+math.Exp(2))) > 1e-12 {
		t.Errorf("one without texts: %+v", one)
	}
}
