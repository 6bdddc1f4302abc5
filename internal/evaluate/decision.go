package evaluate

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Decision says which rank to use: the smallest one that is not worse than the largest rank of
// a sweep by more than a tolerance. Ranks are tested from the largest downward, and the first
// that fails ends the tests, so that the error of all of them together is at most
// 1 − Confidence (fixed-sequence testing: Maurer, Hothorn and Lehmacher 1995). Numbers are in
// the unit of the metric, fractions for an accuracy. Its JSON is an interface for scripts.
type Decision struct {
	Rank       int            `json:"rank"`       // 0: cannot tell
	Full       int            `json:"full_rank"`  // which the others are compared with
	Metric     string         `json:"metric"`     // the headline
	Tolerance  float64        `json:"tolerance"`  // 0.005 is half a point
	Confidence float64        `json:"confidence"` // of one rank's verdict, and of all of them together
	Test       string         `json:"test"`       // its name, for people
	Ranks      []RankDecision `json:"ranks"`      // below Full, descending as they were tested
	Examples   int            `json:"examples"`   // that the rank was chosen on
	Reported   int            `json:"reported"`   // examples that the sweep's values are measured on
	SameData   bool           `json:"same_data"`  // the values are measured on what the rank was chosen on
	Seeds      int            `json:"seeds"`      // runs of one setting; 1: one run

	Resamples int    `json:"resamples,omitzero"` // of a bootstrap
	Undefined int    `json:"undefined"`          // resamples on which the metric is undefined, all ranks together
	Needs     *Needs `json:"needs,omitempty"`    // what would decide about the rank that ended the tests undecided
	Why       string `json:"why,omitempty"`      // why nothing can be said, where that is no matter of more data
}

// Needs is about how much data would show the first undecided rank not worse with a
// probability of 80 %, if its difference were 0 and the spread as measured.
type Needs struct {
	Rank     int `json:"rank"`
	Examples int `json:"examples,omitzero"` // for as many seeds as there are; 0: no number of examples would do
	Seeds    int `json:"seeds,omitzero"`    // for as many examples as there are; 0: no number of seeds would do
}

// RankDecision is one rank's comparison with the largest rank.
type RankDecision struct {
	Rank       int   `json:"rank"`
	Difference Value `json:"difference"` // this rank's metric less that of the largest rank
	Low        Value `json:"low"`        // the one-sided bound at the decision's confidence
	High       Value `json:"high"`       // the one-sided bound on the other side
	P          Value `json:"p"`          // of the hypothesis that it is worse by the tolerance or more
	Tested     bool  `json:"tested"`     // no larger rank had failed
	NotWorse   bool  `json:"not_worse"`  // tested, and not worse by more than the tolerance
	Worse      bool  `json:"worse"`      // worse by more than the tolerance, at the same confidence
}

// Sentence is the decision in words.
func (d *Decision) Sentence() string {
	points := d.points(d.Tolerance)
	confidence := percent(d.Confidence) + " confidence"
	var b strings.Builder
	switch {
	case d.Why != "":
		fmt.Fprintf(&b, "Cannot tell which rank to use: %s", d.Why)
	case d.Rank == 0:
		fmt.Fprintf(&b, "Cannot tell whether a rank below %d is worse than it by more than %s in %s (%s)", d.Full, points, Name(d.Metric), confidence)
	case d.Rank == d.Full:
		fmt.Fprintf(&b, "Use rank %d: the next lower rank is worse by more than %s in %s (%s)", d.Rank, points, Name(d.Metric), confidence)
	default:
		fmt.Fprintf(&b, "Use rank %d: it is not worse than rank %d by more than %s in %s (%s)", d.Rank, d.Full, points, Name(d.Metric), confidence)
	}
	b.WriteString(d.Needs.text(d.Seeds))
	b.WriteByte('.')
	return b.String()
}

// percent is a share in words.
func percent(share float64) string {
	return strconv.FormatFloat(math.Round(1e6*share)/1e4, 'f', -1, 64) + " %"
}

// points is a difference in the metric in words.
func (d *Decision) points(v float64) string {
	if !hundredths(d.Metric) {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	return strconv.FormatFloat(math.Round(1e6*v)/1e4, 'f', -1, 64) + " points"
}

// Basis says what the decision and the values beside it rest on: the test, how many examples,
// and whether they are the same.
func (d *Decision) Basis() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s on %s examples", strings.ToUpper(d.Test[:1])+d.Test[1:], Grouped(d.Examples))
	if d.Seeds > 1 {
		fmt.Fprintf(&b, " and %d seeds", d.Seeds)
	}
	if d.SameData {
		b.WriteString("; the values are measured on the same examples, so that of the chosen rank is rather high than low.")
	} else {
		fmt.Fprintf(&b, "; the values are measured on %s other examples.", Grouped(d.Reported))
	}
	if d.Undefined > 0 {
		fmt.Fprintf(&b, " On %s of the resamples %s is undefined; they count against the lower rank.", Grouped(d.Undefined), Name(d.Metric))
	}
	return b.String()
}

// text says what is missing, as the rest of a sentence.
func (n *Needs) text(seeds int) string {
	if n == nil {
		return ""
	}
	var ways []string
	if n.Examples > 0 {
		ways = append(ways, fmt.Sprintf("about %s examples", Grouped(n.Examples)))
	}
	if n.Seeds > seeds {
		ways = append(ways, fmt.Sprintf("about %s seeds", Grouped(n.Seeds)))
	}
	if len(ways) == 0 {
		return fmt.Sprintf("; no number of examples would tell about rank %d", n.Rank)
	}
	return fmt.Sprintf("; to tell about rank %d it needs %s", n.Rank, strings.Join(ways, " or "))
}
