package evaluate

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/data"
)

// reported is the report of a result.
func reported(t *testing.T, task *data.Task, r *Result, o ReportOptions) *Report {
	t.Helper()
	p, err := NewReport(task, r, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestReportOfReference: equal to precision_recall_fscore_support and confusion_matrix of
// scikit-learn on the random cases.
func TestReportOfReference(t *testing.T) {
	var file struct {
		Reports []struct {
			Case            int
			Classes         [][4]float64 // precision, recall, F1, support
			Macro, Weighted [3]float64
			Confusion       [][]int
		}
	}
	b, err := os.ReadFile(filepath.Join("testdata", "metrics.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	cases, seen := randomCases(t), 0
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }
	same := func(s ClassScores, want [3]float64) bool {
		return near(s.Precision, want[0]) && near(s.Recall, want[1]) && near(s.F1, want[2])
	}
	for _, want := range file.Reports {
		task, r := cases[want.Case].result()
		got := reported(t, task, r, ReportOptions{})
		for i, c := range want.Classes {
			if s := got.Classes[i]; s.Label != task.Labels[i] || !same(s, [3]float64(c[:3])) || s.Support != int(c[3]) {
				t.Errorf("case %d: label %d has %+v, want %v", want.Case, i, s, c)
			}
		}
		if !same(*got.Macro, want.Macro) || !same(*got.Weighted, want.Weighted) {
			t.Errorf("case %d: means %+v and %+v, want %v and %v", want.Case, got.Macro, got.Weighted, want.Macro, want.Weighted)
		}
		if len(got.Confusion) != len(want.Confusion) || !slices.EqualFunc(got.Confusion, want.Confusion, slices.Equal) {
			t.Errorf("case %d: confusion %v, want %v", want.Case, got.Confusion, want.Confusion)
		}
		seen++
	}
	if seen < 100 {
		t.Errorf("%d reports", seen)
	}
}

// TestReliability: confidences of which each is right as often as it says have no error, answers
// that are sure and wrong have the whole of it, and the bins hold all answers.
func TestReliability(t *testing.T) {
	task := &data.Task{Labels: []string{"a", "b"}}
	r := &Result{Outputs: 2}
	for i := range 40 { // three of four are right, with a confidence of 3/4
		r.Index, r.Classes, r.Logits = append(r.Index, i), append(r.Classes, int32(min(1, i%4))), append(r.Logits, 0, float32(math.Log(3)))
	}
	p := reported(t, task, r, ReportOptions{}).Calibration
	if p.ECE > 1e-7 || math.Abs(p.Confidence-0.75) > 1e-7 || p.Right != 0.75 || len(p.Bins) != 1 || p.Bins[0].Answers != 40 || p.Temperature != 1 {
		t.Errorf("calibrated: %+v", p)
	}
	for i := range r.Logits {
		r.Logits[i] *= 100
	}
	if p = reported(t, task, r, ReportOptions{}).Calibration; math.Abs(p.ECE-0.25) > 1e-7 || p.Bins[0].High != 1 {
		t.Errorf("too sure: %+v", p)
	}
	if p = reported(t, task, r, ReportOptions{Temperature: 100}).Calibration; p.ECE > 1e-6 || p.Temperature != 100 || !strings.Contains(p.String(), "temperature, 100") {
		t.Errorf("at a temperature: %+v", p)
	}
	m := &Result{Outputs: 2, Index: []int{0, 1}, Scores: []float32{1, 0, 0, 0}, Logits: []float32{0, -50, 0, -50}}
	two := &data.Task{Kind: data.MultiLabel, Labels: []string{"x", "y"}, Threshold: 0.5}
	if p = reported(t, two, m, ReportOptions{}).Calibration; p.ECE > 1e-12 || len(p.Bins) != 2 || p.Right != 0.25 {
		t.Errorf("several labels: %+v", p)
	}
}

// TestReportAddsUp: the counts of a report are those of its examples, whatever they are.
func TestReportAddsUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		k := rapid.IntRange(2, 5).Draw(rt, "labels")
		n := rapid.IntRange(1, 30).Draw(rt, "examples")
		task, r := &data.Task{Name: "drawn"}, &Result{Outputs: k}
		for i := range k {
			task.Labels = append(task.Labels, string(rune('a'+i)))
		}
		for i := range n {
			r.Index, r.Classes = append(r.Index, i), append(r.Classes, rapid.Int32Range(0, int32(k-1)).Draw(rt, "class"))
			for range k {
				r.Logits = append(r.Logits, rapid.Float32Range(-20, 20).Draw(rt, "logit"))
			}
		}
		p := reported(t, task, r, ReportOptions{})
		support, predicted, answers, cells, wrong := 0, 0, 0, 0, 0
		for i, s := range p.Classes {
			support, predicted = support+s.Support, predicted+s.Predicted
			for j, c := range p.Confusion[i] {
				cells += c
				if i != j {
					wrong += c
				}
			}
		}
		for _, b := range p.Calibration.Bins {
			answers += b.Answers
			if b.Confidence < b.Low || b.Confidence > b.High {
				rt.Errorf("bin %+v", b)
			}
		}
		confused := 0
		for _, c := range p.Confused {
			confused += c.Examples
		}
		if support != n || predicted != n || answers != n || cells != n || p.Macro.Support != n || confused > wrong || len(p.Worst) > mostMistakes || p.Calibration.ECE > p.Calibration.Largest+1e-12 {
			rt.Errorf("%d examples: %+v", n, p)
		}
	})
}

func TestReportText(t *testing.T) {
	task := &data.Task{Labels: []string{"ham", "spam"}}
	r := &Result{Outputs: 2, Index: []int{0, 1, 2}, Classes: []int32{0, 1, 1}, Logits: []float32{2, 0, 3, 0, 0, 2}}
	var b strings.Builder
	if err := reported(t, task, r, ReportOptions{Examples: []data.Example{{Index: 1, A: "buy\nnow"}}}).WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"mean over labels               75.0        75.0    66.7         3          3",
		"Confusion matrix: a row for each label", " spam     1     1 ",
		"Calibration: mean confidence 90.5 %, right 66.7 %; expected calibration error (ECE)",
		"     1  label spam, answer ham 95 %, loss 3.05\n        \"buy\\nnow\"",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "buy\nnow") {
		t.Error("a line break of a text is printed")
	}
	many, big := &data.Task{}, &Result{Outputs: MostConfusion + 1, Index: []int{0}, Classes: []int32{3}, Logits: make([]float32, MostConfusion+1)}
	for i := range big.Outputs {
		many.Labels = append(many.Labels, string(rune('α'+i)))
	}
	big.Logits[4] = 1
	p := reported(t, many, big, ReportOptions{})
	b.Reset()
	if err := p.WriteText(&b); err != nil || p.Confusion != nil || !strings.Contains(b.String(), "     1  δ taken for ε") {
		t.Errorf("many labels: %v, %v\n%s", err, p.Confusion, b.String())
	}
	b.Reset()
	right := &Result{Outputs: 1, Index: []int{0, 1}, Scores: []float32{1, 2}, Logits: []float32{1, 2}}
	if err := reported(t, &data.Task{Kind: data.Regression}, right, ReportOptions{}).WriteText(&b); err != nil ||
		b.String() != "\nmean error +0, absolute 0, root mean square 0, largest 0\n\nNo example is answered wrongly.\n" {
		t.Errorf("%v\n%s", err, b.String())
	}
	if d := reported(t, moods, &Result{Outputs: 2, Index: []int{0, 1}, Scores: []float32{0, 0, 0, 0}, Logits: []float32{1, 0, 3, -1}}, ReportOptions{}).Outputs; d[0] != (Deviation{"valence", 2, 2, math.Sqrt(5), 3}) ||
		d[1].String() != "arousal: mean error -0.5, absolute 0.5, root mean square 0.7071, largest 1" {
		t.Errorf("%+v", d)
	}
	none := &Result{Outputs: 2, Index: []int{0}, Classes: []int32{data.NoLabel}, Logits: []float32{0, 0}}
	if _, err := NewReport(task, none, ReportOptions{}); err == nil {
		t.Error("a report without labels")
	}
}
