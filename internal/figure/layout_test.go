package figure

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/evaluate"
)

// anySweep is a sweep of any shape: one rank to 64, any values, intervals or none, a decision
// or none, values that are undefined.
func anySweep(t *rapid.T) *evaluate.Sweep {
	metric := rapid.SampledFrom([]string{"accuracy", "f1", "matthews", "pearson", "mse"}).Draw(t, "metric")
	s := &evaluate.Sweep{Task: rapid.String().Draw(t, "task"), Split: "dev", Metric: metric, Examples: rapid.IntRange(0, 100_000).Draw(t, "examples")}
	ranks := rapid.SliceOfNDistinct(rapid.IntRange(0, 64), 1, 64, rapid.ID).Draw(t, "ranks")
	middle := rapid.Float64Range(0, 1).Draw(t, "middle")
	spread := rapid.SampledFrom([]float64{0, 1e-12, 0.003, 0.1, 1}).Draw(t, "spread")
	for _, r := range ranks {
		v := math.Max(0, math.Min(1, middle+spread*rapid.Float64Range(-1, 1).Draw(t, "value")))
		if rapid.IntRange(0, 9).Draw(t, "undefined") == 0 {
			v = math.NaN()
		}
		s.Ranks = append(s.Ranks, evaluate.RankReport{Rank: r, Value: evaluate.Number(v)})
	}
	if rapid.Bool().Draw(t, "band") {
		banded(s, rapid.Float64Range(0, 0.3).Draw(t, "width"))
	}
	if rapid.Bool().Draw(t, "decided") {
		decided(s, rapid.SampledFrom(append(ranks, 0)).Draw(t, "chosen"))
		s.Constant[0].Value = evaluate.Number(rapid.Float64Range(0, 1).Draw(t, "constant"))
	}
	return s
}

// TestNothingOverlaps: whatever the sweep, texts are on the page and apart from each other,
// labels of points cross no line and cover no dot, and everything has a finite place.
func TestNothingOverlaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySweep(t)
		for i := range rapid.IntRange(0, 6).Draw(t, "baselines") {
			s.Baselines = append(s.Baselines, evaluate.LoRABaseline{Name: fmt.Sprint("baseline ", i), Ranks: anySweep(t).Ranks})
		}
		f := ByRank(s)
		check(t, f, rapid.SampledFrom([]Page{Wide, Narrow, {Width: 360, Height: 280, Untitled: true}}).Draw(t, "page"))
	})
}

// TestNothingOverlapsByCost: the same of figures by cost.
func TestNothingOverlapsByCost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySweep(t)
		c := Cost{Name: "ms", Of: map[int]float64{}}
		for _, r := range s.Ranks {
			c.Of[r.Rank] = rapid.SampledFrom([]float64{0, 1, 1.5, 1e-9, 1e12}).Draw(t, "cost")
		}
		check(t, ByCost(s, c), Narrow)
	})
}

func check(t *rapid.T, f *Figure, page Page) {
	d := f.Layout(page)
	var texts []*mark
	for i := range d.marks {
		m := &d.marks[i]
		for _, p := range m.at {
			if !(p.X >= -1 && p.X <= d.Width+1 && p.Y >= -1 && p.Y <= d.Height+1) {
				t.Fatalf("%+v is off the page of %v × %v", m, d.Width, d.Height)
			}
		}
		if m.shape == aText {
			texts = append(texts, m)
		}
	}
	for i, m := range texts {
		b := m.box()
		if !b.within(box{0, 0, d.Width, d.Height}) {
			t.Fatalf("%q at %+v is off the page", m.text, b)
		}
		for _, o := range texts[:i] {
			if b.meets(o.box()) {
				t.Fatalf("%q at %+v and %q at %+v overlap", m.text, b, o.text, o.box())
			}
		}
		if m.role == ink {
			uncrossed(t, d, m)
		}
	}
}

// uncrossed: no curve, level or dot touches a label.
func uncrossed(t *rapid.T, d *Drawing, label *mark) {
	b := label.box()
	for i := range d.marks {
		m := &d.marks[i]
		switch {
		case m.shape == aLine && (m.role == values || m.role == bound):
			for k := range m.at[1:] {
				if b.crossed(m.at[k], m.at[k+1]) {
					t.Fatalf("%q at %+v is crossed by the line from %v to %v", label.text, b, m.at[k], m.at[k+1])
				}
			}
		case m.shape == aDot:
			if c := m.at[0]; b.meets(box{c.X, c.Y, c.X, c.Y}.grown(m.radius)) {
				t.Fatalf("%q at %+v covers a dot at %v", label.text, b, c)
			}
		}
	}
}

// TestLabelled: where there is room, every point has its label.
func TestLabelled(t *testing.T) {
	d := ByRank(drawn[0].sweep).Layout(Wide)
	n := 0
	for i := range d.marks {
		if m := &d.marks[i]; m.shape == aText && m.role == ink && m.style.size == labelStyle.size {
			n++
		}
	}
	if n != 8 {
		t.Errorf("%d labels of 8 points", n)
	}
}

// TestSpan: noise looks like noise. The axis has at least four points of a metric in
// hundredths, all values and intervals are on it, and it ends where the metric does.
func TestSpan(t *testing.T) {
	for _, tt := range []struct {
		name      string
		sweep     *evaluate.Sweep
		low, high float64 // about, to a tenth
	}{
		{"equal", sweepOf([]int{1, 2}, 0.9, 0.9), 87.7, 92.3},
		{"half a point", sweepOf([]int{1, 2}, 0.9, 0.905), 87.9, 92.6},
		{"near the ceiling", sweepOf([]int{1, 2}, 0.998, 1), 95.7, 100.3},
		{"near the floor", sweepOf([]int{1, 2}, 0, 0.001), -0.2, 4.3},
		{"wide", sweepOf([]int{1, 2}, 0.5, 0.9), 46.8, 93.2},
		{"intervals", banded(sweepOf([]int{1, 2}, 0.6, 0.7), 0.2), 47.6, 82.4},
	} {
		low, high := ByRank(tt.sweep).upright()
		if math.Abs(low-tt.low) > 0.06 || math.Abs(high-tt.high) > 0.06 {
			t.Errorf("%s: from %.2f to %.2f, want %v to %v", tt.name, low, high, tt.low, tt.high)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		f := ByRank(anySweep(t))
		low, high := f.upright()
		if !(high-low >= f.Least*0.999) || math.IsInf(high-low, 0) {
			t.Fatalf("from %v to %v, at least %v", low, high, f.Least)
		}
		for _, p := range f.Curves[0].Points {
			if p.Y < low || p.Y > high || p.Low < low || p.High > high {
				t.Fatalf("%+v is not on the axis from %v to %v", p, low, high)
			}
		}
	})
}

func TestRoundTicks(t *testing.T) {
	texts := func(ticks []Tick) (s []string) {
		for _, k := range ticks {
			s = append(s, k.Text)
		}
		return s
	}
	for _, tt := range []struct {
		low, high float64
		about     int
		want      []string
	}{
		{83.7, 90.2, 5, []string{"84", "86", "88", "90"}},
		{0, 1, 5, []string{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}},
		{-3, 3, 3, []string{"-2", "0", "2"}},
		{1e6, 2e6, 2, []string{"1000000", "1500000", "2000000"}},
	} {
		if got := texts(roundTicks(tt.low, tt.high, tt.about, nil)); !slices.Equal(got, tt.want) {
			t.Errorf("from %v to %v: %q, want %q", tt.low, tt.high, got, tt.want)
		}
	}
	same := func(float64) string { return "x" }
	if got := texts(roundTicks(0, 10, 5, same)); !slices.Equal(got, []string{"x"}) {
		t.Errorf("ticks of one text: %q", got)
	}
}

// TestSpread: places keep their order and distance, and stay where they are if they can.
func TestSpread(t *testing.T) {
	for _, tt := range []struct{ places, want []float64 }{
		{[]float64{10, 50, 90}, []float64{10, 50, 90}},
		{[]float64{50, 50}, []float64{45, 55}},
		{[]float64{0, 0, 0}, []float64{0, 10, 20}},
		{[]float64{99, 100}, []float64{90, 100}},
	} {
		got := slices.Clone(tt.places)
		spread(got, 10, 0, 100)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%v become %v, want %v", tt.places, got, tt.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		places := rapid.SliceOfN(rapid.Float64Range(0, 300), 1, 12).Draw(t, "places")
		slices.Sort(places)
		spread(places, 15, 0, 300)
		for i, p := range places {
			if p < -1e-9 || p > 300+1e-9 || i > 0 && p-places[i-1] < 15-1e-9 {
				t.Fatalf("%v", places)
			}
		}
	})
}

// TestFit: what is cut ends in an ellipsis and has the width that it may have.
func TestFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, width := rapid.String().Draw(t, "text"), rapid.Float64Range(15, 300).Draw(t, "width")
		for _, line := range append(noteStyle.wrap(text, width, 3), noteStyle.fit(text, width)) {
			if w := noteStyle.width(line); w > width {
				t.Fatalf("%q is %v wide, not %v", line, w, width)
			}
		}
	})
}
