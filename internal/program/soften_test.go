package program_test

import (
	"math"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/program"
)

// TestSoften: softmax in every row, without overflow; a sigmoid for each label; numbers as they are.
func TestSoften(t *testing.T) {
	t.Parallel()
	p, a := mini(t, program.Options{})
	m := loadMini(t, p.Machine())
	kinds := map[data.Kind]*program.Program{data.Classification: p}
	for _, kind := range []data.Kind{data.MultiLabel, data.Regression} {
		other, err := program.New(m, a, &data.Task{Name: "two", Kind: kind, Labels: []string{"a", "b"}}, program.Options{})
		must(t, err)
		kinds[kind] = other
	}
	x := []float32{0, 1, 1000, -1000, -3, -3}
	e := 1 / (1 + math.Exp(1))
	for kind, want := range map[data.Kind][]float64{
		data.Classification: {e, 1 - e, 1, 0, 0.5, 0.5},
		data.MultiLabel:     {0.5, 1 - e, 1, 0, 1 / (1 + math.Exp(3)), 1 / (1 + math.Exp(3))},
		data.Regression:     {0, 1, 1000, -1000, -3, -3},
	} {
		for i, got := range kinds[kind].Soften(x) {
			if math.Abs(float64(got)-want[i]) > 1e-7 {
				t.Errorf("%s: %v becomes %v, want %v", kind, x[i], got, want[i])
			}
		}
	}
}

// Answers are those of the pass at hand, and a pass that learns them at the same rank and with the same
// dropout has no gradient.
func TestAnswers(t *testing.T) {
	t.Parallel()
	p, _ := mini(t, program.Options{Seed: 5, Dropout: true})
	b := batch(4)
	_, err := p.ForwardBackward(b, program.Pass{Ranks: ranks(4, 8), Weight: 0.25})
	must(t, err)
	taught := *b
	taught.Soft = p.Answers(4)
	if len(taught.Soft) != 8 || slices.Equal(taught.Soft, p.Soften(logits(t, p, b, ranks(4, 8)))) {
		t.Errorf("answers %v, want those with dropout", taught.Soft)
	}
	norm := func(rank int) (sum float64) {
		for _, x := range p.Params() {
			clear(x.Grad)
		}
		_, err := p.ForwardBackward(&taught, program.Pass{Ranks: ranks(4, rank), Weight: 0.25})
		must(t, err)
		for _, x := range p.Params() {
			sum += p.Machine().SumSquares(x.Grad)
		}
		return math.Sqrt(sum)
	}
	if same, other := norm(8), norm(2); !(same < 1e-5) || !(other > 1e-3) {
		t.Errorf("gradient of norm %v at the rank that answered, %v at another", same, other)
	}
}
