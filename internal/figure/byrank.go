package figure

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/evaluate"
)

// ByRank is the figure of a sweep's headline metric by rank: the adapter with its intervals,
// baselines, the metric of an answer that is always the same, and what a rank may give up.
func ByRank(s *evaluate.Sweep) *Figure {
	f := &Figure{
		Title:    fmt.Sprintf("%s %s: %s by rank", s.Task, s.Split, evaluate.Name(s.Metric)),
		Subtitle: strings.Join(notes(s), " · "),
		X:        rankAxis(s),
		Y:        Axis{Label: evaluate.Heading(s.Metric)},
	}
	f.Least, f.Floor, f.Ceiling = bounds(s)
	own := curve(s.Metric, "adapter", s.Ranks)
	for i := range own.Points {
		p := &own.Points[i]
		p.Strong = s.Decision != nil && s.Decision.Rank > 0 && p.X == float64(s.Decision.Rank)
		if n := len(own.Points); n > 16 && !p.Strong && i > 0 && i < n-1 && bits.OnesCount(uint(p.X)) > 1 {
			p.Text = "" // they would be a crowd
		}
	}
	f.Curves = []Curve{own}
	for _, b := range s.Baselines {
		c := curve(s.Metric, BaselineName(b.Name), b.Ranks)
		for i := range c.Points {
			c.Points[i].Low, c.Points[i].High = math.NaN(), math.NaN() // bands over bands cannot be read
		}
		f.Curves = append(f.Curves, c)
	}
	f.Levels = levels(s)
	return f
}

// BaselineName is what a baseline is called in figures and tables: short, since it stands at
// the end of a line.
func BaselineName(kind string) string {
	names := map[string]string{
		"lora": "LoRA per rank", "cut": "LoRA, cut", "svd": "LoRA, SVD", "svd-weighted": "LoRA, weighted SVD",
		"svd-4r": "LoRA of 4R, SVD", "svd-4r-weighted": "LoRA of 4R, weighted SVD", "matryoshka": "Matryoshka",
	}
	if name, ok := names[kind]; ok {
		return name
	}
	return kind
}

// notes are what has to be said about the figure's numbers.
func notes(s *evaluate.Sweep) (notes []string) {
	if n := s.Measured(); n > 0 {
		notes = append(notes, "n = "+evaluate.Grouped(n))
	}
	d := s.Decision
	if d == nil {
		return notes
	}
	if d.Seeds > 1 {
		notes = append(notes, fmt.Sprintf("%d seeds", d.Seeds))
	}
	if slices.ContainsFunc(s.Ranks, func(r evaluate.RankReport) bool { return r.Low != nil }) {
		notes = append(notes, fmt.Sprintf("band: %s %% interval", strconv.FormatFloat(math.Round(1e4*d.Confidence)/100, 'f', -1, 64)))
	}
	if d.Rank > 0 {
		notes = append(notes, "ring: smallest rank that is not worse")
	}
	return notes
}

// curve is what was measured at each rank where it is defined, ascending.
func curve(metric, name string, ranks []evaluate.RankReport) Curve {
	c := Curve{Name: name}
	unit := evaluate.Unit(metric)
	for _, r := range ranks {
		v, ok := r.Value.Float()
		if !ok {
			continue
		}
		p := At(float64(r.Rank), unit*v, evaluate.Text(metric, r.Value))
		p.Told = fmt.Sprintf("rank %d %s", r.Rank, p.Text)
		if r.Low != nil && r.High != nil {
			p.Low, p.High = unit**r.Low, unit**r.High
			p.Told += fmt.Sprintf(" (%s to %s)", evaluate.Text(metric, evaluate.Number(*r.Low)), evaluate.Text(metric, evaluate.Number(*r.High)))
		}
		c.Points = append(c.Points, p)
	}
	slices.SortStableFunc(c.Points, func(a, b Point) int { return cmp.Compare(a.X, b.X) })
	return c
}

// levels are the metric of the answer that is always the same, and the least that a rank may
// have to be no worse than the largest by more than the tolerance.
func levels(s *evaluate.Sweep) (levels []Level) {
	unit := evaluate.Unit(s.Metric)
	if d, full := s.Decision, s.Full(); d != nil && full != nil && d.Why == "" {
		if v, ok := full.Value.Float(); ok {
			sign := map[bool]string{true: "−", false: "+"}[evaluate.Larger(s.Metric)]
			name := fmt.Sprintf("rank %d %s %s", full.Rank, sign, strconv.FormatFloat(math.Round(1e4*unit*d.Tolerance)/1e4, 'f', -1, 64))
			levels = append(levels, Level{name, unit * (v - evaluate.Sign(s.Metric)*d.Tolerance)})
		}
	}
	constant := s.Constant.Get(s.Metric)
	if v, ok := constant.Float(); ok {
		levels = append(levels, Level{constantName(s.Metric) + " " + evaluate.Text(s.Metric, constant), unit * v})
	}
	return levels
}

// constantName is what the answer that is the same for every example is called.
func constantName(metric string) string {
	switch name, _, _ := strings.Cut(metric, ":"); name {
	case "accuracy", "f1", "macro_f1", "weighted_f1", "matthews":
		return "majority"
	case "mse":
		return "mean"
	}
	return "constant"
}

// bounds are the least span of the axis of s, and the values that its metric cannot leave.
// Differences of a few points are within the error of a split of some hundred examples, so
// the axis has four; a loss has a fifth of its size.
func bounds(s *evaluate.Sweep) (least, floor, ceiling float64) {
	if evaluate.Unit(s.Metric) == 1 {
		for _, r := range s.Ranks {
			v, _ := r.Value.Float()
			least = max(least, v/5)
		}
		return least, 0, 0
	}
	floor, ceiling = evaluate.Range(s.Metric)
	return 4, 100 * floor, 100 * ceiling
}

// rankAxis has ranks evenly, or by their logarithm if all are powers of two or they span a
// factor of 16.
func rankAxis(s *evaluate.Sweep) Axis {
	var ranks []int
	for _, r := range s.Ranks {
		ranks = append(ranks, r.Rank)
	}
	for _, b := range s.Baselines {
		for _, r := range b.Ranks {
			ranks = append(ranks, r.Rank)
		}
	}
	slices.Sort(ranks)
	ranks = slices.Compact(ranks)
	a := Axis{Label: "rank", Ticks: []Tick{}}
	for _, r := range byImportance(ranks) {
		a.Ticks = append(a.Ticks, Tick{float64(r), strconv.Itoa(r)})
	}
	if logarithmic(ranks) {
		a.Label, a.Place = "rank, logarithmic", math.Log2
	}
	return a
}

func logarithmic(ranks []int) bool {
	if len(ranks) < 3 || ranks[0] < 1 {
		return false
	}
	return ranks[len(ranks)-1] >= 16*ranks[0] || !slices.ContainsFunc(ranks, func(r int) bool { return bits.OnesCount(uint(r)) > 1 })
}

// byImportance orders ranks as they get room on an axis: the ends, powers of two, the others.
func byImportance(ranks []int) []int {
	order := slices.Clone(ranks)
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(importance(ranks, a), importance(ranks, b))
	})
	return order
}

func importance(ranks []int, r int) int {
	if r == ranks[0] || r == ranks[len(ranks)-1] {
		return 0
	}
	return bits.OnesCount(uint(r))
}
