package page

import (
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/figure"
)

// view is what the template shows.
type view struct {
	Title, Kicker, Question, Answer string
	Open                            bool // there is no answer
	Style                           template.CSS
	Tiles                           []tile
	Metric                          string
	Curve, CurveNarrow              template.HTML
	Caption                         string
	Method                          []string
	Ranks, Baselines, Costs         *table
	CostText, CostNote              string
	Panels                          []panel
	Use                             *use
	Calibration, Worst              *table
	Facts, Settings                 []Fact
	Version, Date, Texts            string
}

type (
	tile  struct{ Name, Value, Note string }
	panel struct {
		Name    string
		Drawing template.HTML
	}
	use struct { // in commands
		Open, Pair                    bool
		Rank                          int
		Adapter, Out, Base, Arguments string
	}
	table struct {
		Caption string
		Head    []cell
		Rows    []row
	}
	row struct {
		Cells  []cell
		Chosen bool
	}
	cell struct{ Text, Class string }
)

func (r *Report) view() *view {
	s := r.Sweep
	v := &view{
		Title:    fmt.Sprintf("Which rank? %s %s by dylora", s.Task, s.Split),
		Kicker:   fmt.Sprintf("%s · %s · %s", r.runs(), s.Task, s.Split),
		Question: fmt.Sprintf("Which rank of this adapter is enough for %s?", s.Task),
		Metric:   upperFirst(evaluate.Name(s.Metric)),
		Tiles:    r.tiles(), Ranks: r.ranksTable(), Baselines: r.baselinesTable(), Costs: r.costTable(), Use: r.use(),
		Calibration: r.calibrationTable(), Worst: r.worstTable(), Method: r.method(),
		Facts: r.Facts, Settings: r.Settings, Version: r.Version, Date: r.Made.UTC().Format("2006-01-02"),
		Texts: "No text of the data is in it.",
	}
	if r.Texts {
		v.Texts = "It holds texts of the data: mind whom you give it to."
	}
	answer, open := r.answer()
	v.Answer, v.Open = unbroken(answer), open
	f := figure.ByRank(s)
	v.Curve, v.CurveNarrow = drawn(f, figure.Page{Width: 900, Height: 420, Untitled: true}), drawn(f, figure.Page{Width: 360, Height: 300, Untitled: true})
	v.Caption = unbroken(r.caption(f))
	v.CostText, v.CostNote = r.costWords()
	for _, c := range r.measures() {
		p := drawn(figure.ByCost(s, c), figure.Page{Width: 420, Height: 260, Untitled: true})
		v.Panels = append(v.Panels, panel{c.Name, p})
	}
	return v
}

// drawn is a figure as an element of the page.
func drawn(f *figure.Figure, p figure.Page) template.HTML {
	return template.HTML(f.Layout(p).Inline()) //nolint:gosec // texts in it are escaped
}

// answer is the decision in one sentence, and whether it leaves the question open.
func (r *Report) answer() (string, bool) {
	s := r.Sweep
	if s.Decision != nil {
		return s.Decision.Sentence(), s.Decision.Rank == 0
	}
	best := r.best()
	if best == nil {
		return fmt.Sprintf("%s is undefined at every rank, so none can be chosen.", upperFirst(evaluate.Name(s.Metric))), true
	}
	return fmt.Sprintf("Rank %d has the best %s of the ranks measured here, %s. No test says whether a lower rank is as good.",
		best.Rank, evaluate.Name(s.Metric), evaluate.Text(s.Metric, best.Value)), true
}

// best is the rank with the best value, of equals the lowest; nil if none has one.
func (r *Report) best() (best *evaluate.RankReport) {
	sign := 1.0
	if !evaluate.Larger(r.Sweep.Metric) {
		sign = -1
	}
	for i := range r.Sweep.Ranks {
		q := &r.Sweep.Ranks[i]
		v, ok := q.Value.Float()
		if !ok {
			continue
		}
		if best != nil {
			if b, _ := best.Value.Float(); sign*v < sign*b || v == b && q.Rank > best.Rank {
				continue
			}
		}
		best = q
	}
	return best
}

// shown is the rank that the page is about: the chosen one, or the largest; nil if there is
// none.
func (r *Report) shown() *evaluate.RankReport {
	if d := r.Sweep.Decision; d != nil {
		for i := range r.Sweep.Ranks {
			if d.Rank == r.Sweep.Ranks[i].Rank {
				return &r.Sweep.Ranks[i]
			}
		}
	}
	return r.Sweep.Full()
}

// tiles are the numbers that answer the next questions.
func (r *Report) tiles() (tiles []tile) {
	s, shown, full := r.Sweep, r.shown(), r.Sweep.Full()
	if shown == nil {
		return nil
	}
	t := tile{Name: fmt.Sprintf("%s at rank %d", evaluate.Heading(s.Metric), shown.Rank), Value: evaluate.Text(s.Metric, shown.Value)}
	if shown.Low != nil && shown.High != nil {
		t.Note = fmt.Sprintf("%s to %s", number(s.Metric, *shown.Low), number(s.Metric, *shown.High))
	}
	tiles = append(tiles, t)
	if shown != full {
		tiles = append(tiles, tile{Name: fmt.Sprintf("compared with rank %d", full.Rank), Value: signed(evaluate.Difference(s.Metric, shown.Value, full.Value)),
			Note: evaluate.Text(s.Metric, full.Value) + " there"})
	}
	size := tile{Name: "adapter file", Value: evaluate.Size(shown.Bytes)}
	if full.Bytes > 0 && shown != full {
		size.Note = fmt.Sprintf("%.0f %% of rank %d", 100*float64(shown.Bytes)/float64(full.Bytes), full.Rank)
	}
	tiles = append(tiles, size)
	if n := s.Measured(); n > 0 {
		t := tile{Name: "examples", Value: evaluate.Grouped(n), Note: s.Split}
		if d := s.Decision; d != nil && d.Seeds > 1 {
			t.Note += fmt.Sprintf(", %d seeds", d.Seeds)
		}
		tiles = append(tiles, t)
	}
	return tiles
}

// caption says what the figure's marks mean.
func (r *Report) caption(f *figure.Figure) string {
	s, d := r.Sweep, r.Sweep.Decision
	parts := []string{"Each dot is the adapter cut to a rank."}
	if slices.ContainsFunc(s.Ranks, func(q evaluate.RankReport) bool { return q.Low != nil }) && d != nil {
		parts = append(parts, fmt.Sprintf("The band is the %s %% interval of each rank by itself; the ranks see the same examples, so their differences are known better than the band suggests.", percent(d.Confidence)))
	}
	if d != nil && d.Rank > 0 {
		parts = append(parts, "The ring marks the rank of the answer.")
	}
	if len(f.Levels) > 0 {
		parts = append(parts, "Dotted lines, or an arrow where one is off the axis: "+strings.Join(levelWords(s), "; ")+".")
	}
	if f.Least > 0 && evaluate.Unit(s.Metric) == 100 {
		parts = append(parts, fmt.Sprintf("The axis covers at least %g points, so that noise looks like noise.", f.Least))
	}
	return strings.Join(parts, " ")
}

func levelWords(s *evaluate.Sweep) (words []string) {
	if s.Decision != nil {
		words = append(words, "what a rank may lose to the largest one")
	}
	if _, ok := s.Constant.Get(s.Metric).Float(); ok {
		words = append(words, "what the same answer for every example gets")
	}
	return words
}

// method says how the decision was made, and its limits.
func (r *Report) method() (lines []string) {
	s, d := r.Sweep, r.Sweep.Decision
	if d == nil {
		return nil
	}
	lines = append(lines, d.Basis())
	if len(d.Ranks) > 0 {
		lines = append(lines, fmt.Sprintf("Ranks are tested from %d downward against it; the first that cannot be shown to lose less than %s ends the tests, so that all of them together are wrong with a probability of at most %s %%.",
			d.Full, points(s.Metric, d.Tolerance), percent(1-d.Confidence)))
	}
	if d.Seeds <= 1 {
		lines = append(lines, "This is one training: with another seed every value would differ, and this page cannot say by how much.")
	}
	for i := range lines {
		lines[i] = unbroken(lines[i])
	}
	return lines
}

// runs names the adapter, and says how many others the values are means with.
func (r *Report) runs() string {
	if d := r.Sweep.Decision; d != nil && d.Seeds > 1 {
		return fmt.Sprintf("%s and %d more", r.Adapter, d.Seeds-1)
	}
	return r.Adapter
}

// use is what the page's commands are about; nil where there is no adapter to cut.
func (r *Report) use() *use {
	q := r.shown()
	if q == nil || r.Adapter == "" {
		return nil
	}
	base := "path/to/the/base/model"
	if r.HubModel {
		base = r.Base
	}
	_, open := r.answer()
	return &use{Open: open, Pair: r.Pair, Rank: q.Rank, Adapter: quoted(r.Adapter), Out: fmt.Sprintf("rank-%d", q.Rank), Base: strconv.QuoteToASCII(base), Arguments: r.Arguments}
}
