package evaluate

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

// Gate is a bound that the headline metric of a result has to keep. A bound is a number in the
// metric's own unit, 0.85 for an accuracy, or what tables show with its sign, 85%.
type Gate struct {
	AtLeast string // "": none
	AtMost  string // "": none; for metrics of which less is better
}

// Validate refuses texts that are no bounds, and two bounds. Errors are of class Usage.
func (g Gate) Validate() error {
	if g.AtLeast != "" && g.AtMost != "" {
		return fault.Usagef("at least %s and at most %s: a metric is bounded on the side where it gets worse, so one of them has no effect", g.AtLeast, g.AtMost)
	}
	if g.text() == "" {
		return nil
	}
	_, _, err := g.bound()
	return err
}

func (g Gate) text() string { return g.AtLeast + g.AtMost }

// bound is the number that is meant, and whether it was given in per cent.
func (g Gate) bound() (v float64, percent bool, err error) {
	digits, percent := strings.CutSuffix(strings.TrimSpace(g.text()), "%")
	v, err = strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, percent, fault.Usagef("bound: %q is not a number such as 0.85, nor one such as 85%%", g.text())
	}
	if percent {
		v /= 100
	}
	return v, percent, nil
}

// Fits refuses a bound that a metric cannot be held to: on the side where the metric gets better,
// out of its range, or in per cent where it is no fraction. Errors are of class Usage.
func (g Gate) Fits(metric string) error {
	if g.text() == "" {
		return nil
	}
	v, percent, err := g.bound()
	least, largest := Range(metric)
	switch {
	case err != nil:
		return err
	case g.AtLeast != "" && !Larger(metric):
		return fault.Because(LessIsBetter, fault.Usagef("at least %s: the less %s is the better, so that it is bounded from above", g.AtLeast, Name(metric)))
	case g.AtMost != "" && Larger(metric):
		return fault.Because(MoreIsBetter, fault.Usagef("at most %s: the more %s is the better, so that it is bounded from below", g.AtMost, Name(metric)))
	case percent && Unit(metric) == 1:
		return fault.Usagef("bound %s: %s is no fraction: give a number without %%", g.text(), Name(metric))
	case v > largest && v >= 2 && !percent && v/100 <= largest: // a number of a table
		share := strconv.FormatFloat(v/100, 'g', -1, 64)
		return fault.Usagef("bound %s: %s is at most %v: did you mean %s, or %s%%?", g.text(), Name(metric), largest, share, strings.TrimSpace(g.text()))
	case v < least && !Larger(metric):
		return fault.Usagef("bound %s: %s is never below 0", g.text(), Name(metric))
	case v > largest || v < least:
		return fault.Usagef("bound %s: %s is from %v to %v", g.text(), Name(metric), least, largest)
	}
	return nil
}

// Bounded says which ranks of a sweep keep a bound. Its JSON is an interface for scripts.
type Bounded struct {
	AtLeast  string `json:"at_least,omitempty"` // the bound as it was given
	AtMost   string `json:"at_most,omitempty"`
	Ranks    []int  `json:"ranks"`         // that keep it
	Smallest int    `json:"smallest_rank"` // of them; 0: none does
}

// JudgeSweep judges each rank of a sweep, whose Bound it sets. Its error joins those of Judge.
func (g Gate) JudgeSweep(s *Sweep) error {
	if g.text() == "" {
		return nil
	}
	b := &Bounded{AtLeast: g.AtLeast, AtMost: g.AtMost, Ranks: []int{}}
	var below []error
	for _, r := range s.Ranks {
		if err := g.Judge(s.Metric, r.Rank, r.Value); err != nil {
			below = append(below, err)
			continue
		}
		b.Ranks = append(b.Ranks, r.Rank)
	}
	if len(b.Ranks) > 0 {
		b.Smallest = slices.Min(b.Ranks)
	}
	s.Bound = b
	return errors.Join(below...)
}

// Judge is an error of class Check if a rank's value of a metric does not keep the bound, or is
// undefined; it says the value in the unit of the bound.
func (g Gate) Judge(metric string, rank int, v Value) error {
	if g.text() == "" {
		return nil
	}
	if err := g.Fits(metric); err != nil {
		return err
	}
	bound, percent, err := g.bound()
	if err != nil {
		return err
	}
	f, defined := v.Float()
	if defined && Sign(metric)*f >= Sign(metric)*bound {
		return nil
	}
	shown, side := v.String(), "below"
	if percent && defined {
		shown = strconv.FormatFloat(math.Round(1e8*f)/1e6, 'f', -1, 64) + "%"
	}
	if g.AtMost != "" {
		side = "above"
	}
	return fault.Errorf(fault.Check, "%s at rank %d is %s, %s %s", Name(metric), rank, shown, side, strings.TrimSpace(g.text()))
}
