package evaluate

import (
	"math"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/data"
)

// sure is a result whose probability of the right class is e^gap : 1 for every example but each
// tenth, which is wrong with the same certainty.
func sure(rank int, gap float32) Result {
	r := Result{Rank: rank, Outputs: 2}
	for i := range 400 {
		class := int32(i % 2)
		row := []float32{0, 0}
		row[class] = gap + float32(i%7)/50
		if i%10 == 0 {
			row[0], row[1] = row[1], row[0]
		}
		r.Index, r.Classes, r.Logits = append(r.Index, i), append(r.Classes, class), append(r.Logits, row...)
	}
	return r
}

// TestDecideByLoss: a rank with a larger loss is the worse one, a rank with a smaller one is not,
// and differences and bounds are those of the loss.
func TestDecideByLoss(t *testing.T) {
	task, err := WithMetric(twoClasses(), "log_loss")
	if err != nil {
		t.Fatal(err)
	}
	runs := [][]Result{{sure(1, 0.5), sure(2, 2.2), sure(4, 2.7)}}
	for i := range runs[0] {
		if err := runs[0][i].score(task); err != nil {
			t.Fatal(err)
		}
	}
	d, err := Decide(task, runs, Question{Tolerance: 0.03, Resamples: 2000})
	if err != nil {
		t.Fatal(err)
	}
	if d.Rank != 2 || !strings.Contains(d.Sentence(), "not worse than rank 4 by more than 0.03 in log loss") {
		t.Errorf("rank %d: %s", d.Rank, d.Sentence())
	}
	for _, r := range d.Ranks {
		lower, full := atRank(runs, r.Rank)[0], atRank(runs, 4)[0]
		want, _ := lower.Metrics.Headline().Value.Sub(full.Metrics.Headline().Value).Float()
		got, _ := r.Difference.Float()
		low, _ := r.Low.Float()
		high, _ := r.High.Float()
		if math.Abs(got-want) > 1e-12 || !(low < got && got < high) {
			t.Errorf("rank %d: difference %v from %v to %v, want %v", r.Rank, got, low, high, want)
		}
		if r.Worse != (r.Rank == 1) {
			t.Errorf("rank %d is worse: %v", r.Rank, r.Worse)
		}
	}
	s := NewSweep(task, "dev", runs[0], func(int) (int, int64) { return 1, 1 })
	if c := NewCurve(s); c.Falls != 1 || !strings.Contains(c.text("log_loss"), "one rank is above the one before, by 0.0") {
		t.Errorf("%+v: %s", c, c.text("log_loss"))
	}
	for _, r := range s.Ranks {
		v, _ := r.Value.Float()
		if low, high, ok := Interval(task, atRank(runs, r.Rank), Question{Resamples: 500}); !ok || !(low < v && v < high) {
			t.Errorf("rank %d: %v is not within %v to %v", r.Rank, v, low, high)
		}
	}
}

// TestBaselineOfScores: the same probabilities for every example, the labels' shares, have the
// entropy of the labels as their loss, and no order.
func TestBaselineOfScores(t *testing.T) {
	task := &data.Task{Labels: []string{"a", "b"}, Metrics: []string{"log_loss", "roc_auc", "average_precision"}}
	b, err := NewBaseline(task, []data.Example{{Class: 1}, {Class: 0}, {Class: 1}, {Class: 1}})
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{-0.75*math.Log(0.75) - 0.25*math.Log(0.25), 0.5, 0.75}
	for i, m := range b.Metrics {
		if v, ok := m.Value.Float(); !ok || math.Abs(v-want[i]) > 1e-7 { // logits are float32
			t.Errorf("%s is %v, want %v", m.Name, m.Value, want[i])
		}
	}
	b, err = NewBaseline(task, []data.Example{{Class: 1}})
	if v, _ := b.Metrics.Headline().Value.Float(); err != nil || v > 1e-12 {
		t.Errorf("of one label: %v, %v", b, err)
	}
}
