package page

import (
	"math"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
)

func TestNumbers(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{significant(0.08293, 4), "0.08293"}, {significant(5.6, 3), "5.60"}, {significant(1234.6, 3), "1235"}, {significant(0, 3), "0"}, {significant(-0.5, 2), "-0.50"},
		{significant(1e-300, 3), "0.000000000000"},
		{percent(0.95), "95"}, {percent(0.999), "99.9"}, {percent(1 - 0.95), "5"},
		{points("accuracy", 0.005), "0.5 points"}, {points("mse", 0.005), "0.005"},
		{duration(0), "–"}, {duration(0.25), "0.25 s"}, {duration(90), "90 s"}, {duration(900), "15 min"}, {duration(9000), "2.5 h"},
		{fileSize(3e5), "300 kB"}, {fileSize(301_600), "301.6 kB"},
		{signed("-0.5"), "−0.5"}, {signed("+0.5"), "+0.5"}, {unbroken("95 % of"), "95\u00a0% of"},
		{upperFirst("é"), "É"}, {upperFirst(""), ""}, {upperFirst("F1"), "F1"},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}

// TestQuoted: a shell takes a folder's name as one word, and none of it as an option or a
// command.
func TestQuoted(t *testing.T) {
	for path, want := range map[string]string{
		"runs/a-1": "runs/a-1", "my runs": "'my runs'", "a'b": `'a'\''b'`, "": "''", "-rf": "'-rf'", "$(rm)": "'$(rm)'", "a;b": "'a;b'", "~": "'~'", "é": "é",
	} {
		if got := quoted(path); got != want {
			t.Errorf("%q is %s, want %s", path, got, want)
		}
	}
}

func TestVerdicts(t *testing.T) {
	d := &evaluate.Decision{Rank: 4, Full: 8, Metric: "accuracy", Ranks: []evaluate.RankDecision{
		{Rank: 6, Low: evaluate.Number(-0.004), Tested: true, NotWorse: true}, {Rank: 4, Low: evaluate.Number(-0.0041), Tested: true, NotWorse: true},
		{Rank: 3, Low: evaluate.Number(-0.02), Tested: true}, {Rank: 2, Low: evaluate.Number(-0.03)}, {Rank: 1, Tested: true, Worse: true}}}
	for rank, want := range map[int][2]string{
		8: {"", "the reference"}, 6: {"−0.4", "not worse"}, 4: {"−0.4", "chosen"}, 3: {"−2.0", "cannot tell"}, 2: {"−3.0", "not tested"}, 1: {"undefined", "worse"}, 5: {"", "not compared"},
	} {
		bound, verdict := verdictOf(d, rank)
		if got := [2]string{bound, verdict}; got != want {
			t.Errorf("rank %d: %q, want %q", rank, got, want)
		}
	}
}

// TestBest: without a decision the page names the best rank, of equals the lowest.
func TestBest(t *testing.T) {
	r := reportOf("demo")
	r.Sweep.Decision = nil
	r.Sweep.Ranks[3].Value = evaluate.Number(0.876)
	if got := r.best().Rank; got != 4 {
		t.Errorf("accuracy: rank %d, want 4", got)
	}
	if r.Sweep.Metric = "mse"; r.best().Rank != 1 {
		t.Errorf("squared error: rank %d, want 1", r.best().Rank)
	}
}

// TestWorst: of the wrong answers those with the largest losses come first, with their texts,
// labels and answers in the words of the task.
func TestWorst(t *testing.T) {
	b := "second"
	examples := []data.Example{{Index: 10, A: "ten"}, {Index: 11, A: "eleven", B: &b}, {Index: 12, A: "twelve"}, {Index: 13, A: "thirteen"}}
	index := []int{10, 11, 12, 13}
	for _, tt := range []struct {
		name  string
		task  *data.Task
		shown evaluate.Result
		want  []Mistake
	}{
		{"classes", &data.Task{Labels: []string{"bad", "good"}},
			evaluate.Result{Rank: 2, Outputs: 2, Index: index, Classes: []int32{0, 0, 1, data.NoLabel}, Logits: []float32{0, 1, 0, 3, 0, 9, 9, 0}},
			[]Mistake{{Index: 11, Label: "bad", Answer: "good 95 %"}, {Index: 10, Label: "bad", Answer: "good 73 %"}}},
		{"a number", &data.Task{Kind: data.Regression},
			evaluate.Result{Rank: 2, Outputs: 1, Index: index, Scores: []float32{1, 2, 3, 4}, Logits: []float32{1, 4, 3.5, 4}},
			[]Mistake{{Index: 11, Label: "2.00", Answer: "4.00"}, {Index: 12, Label: "3.00", Answer: "3.50"}}},
		{"numbers", &data.Task{Kind: data.Regression, Labels: []string{"x", "y"}},
			evaluate.Result{Rank: 2, Outputs: 2, Index: index, Scores: make([]float32, 8), Logits: []float32{0, 0, 0, 1, 0, 0, 0, 0}},
			[]Mistake{{Index: 11, Label: "x 0.00, y 0.00", Answer: "x 0.00, y 1.00"}}},
		{"several labels", &data.Task{Kind: data.MultiLabel, Labels: []string{"x", "y"}, Threshold: 0.5},
			evaluate.Result{Rank: 2, Outputs: 2, Index: index, Scores: []float32{1, 1, 0, 0, 1, 0, 0, 1}, Logits: []float32{1, 1, 2, 3, 1, -1, -1, -1}},
			[]Mistake{{Index: 11, Label: "none", Answer: "x, y"}, {Index: 13, Label: "y", Answer: "none"}}},
	} {
		full := tt.shown
		full.Rank = 4
		got := worst(tt.task, examples, &tt.shown, &full)
		if len(got) != len(tt.want) {
			t.Fatalf("%s: %+v", tt.name, got)
		}
		for i, w := range tt.want {
			g := got[i]
			if g.Index != w.Index || g.Label != w.Label || g.Answer != w.Answer || g.AtFull != w.Answer || g.Rank != 2 || g.Full != 4 {
				t.Errorf("%s: %+v, want %+v", tt.name, g, w)
			}
			if want := examples[g.Index-10]; g.Texts[0] != want.A || len(g.Texts) == 2 != (want.B != nil) {
				t.Errorf("%s: texts %q", tt.name, g.Texts)
			}
		}
	}
	if got := cut(string(make([]rune, 700))); len([]rune(got)) != mostText+2 {
		t.Errorf("a long text has %d characters", len([]rune(got)))
	}
	if p := softmax([]float32{1000, 0, -1000}); p[0] != 1 || math.IsNaN(p[2]) {
		t.Errorf("softmax %v", p)
	}
}
