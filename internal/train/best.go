package train

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/dylora/dylora/internal/fault"
)

// Best is by what the best epoch is chosen: the mean over the evaluated ranks, or one of
// them, of the headline metric, or the mean of another metric. The zero Best is the mean of the headline.
// The last epoch is kept whatever its values are: no split chooses it.
type Best struct {
	rank   int    // 0: the mean, -1: the last epoch
	metric string // "": the headline
}

// BestByMean chooses by the mean over the evaluated ranks.
func BestByMean() Best { return Best{} }

// BestAt chooses by one rank.
func BestAt(rank int) Best { return Best{rank: rank} }

// BestOf chooses by the mean of a metric, by name, over the evaluated ranks. The name is the validation's to read.
func BestOf(metric string) Best { return Best{metric: metric} }

// LastEpoch keeps the last epoch.
func LastEpoch() Best { return Best{rank: -1} }

// Last says whether the last epoch is kept.
func (b Best) Last() bool { return b.rank < 0 }

// ParseBest reads "mean", "last", "R" (the full rank, which is full) or a rank from 1 to full.
func ParseBest(spec string, full int) (Best, error) {
	switch spec {
	case "mean":
		return BestByMean(), nil
	case "last":
		return LastEpoch(), nil
	case "R":
		return BestAt(full), nil
	}
	r, err := strconv.Atoi(spec)
	if err != nil || r < 1 || r > full {
		return Best{}, fault.Usagef("best: %q is not mean, last, R or a rank from 1 to %d", spec, full)
	}
	return BestAt(r), nil
}

// Rank is the rank that decides, 0 if the mean does or none: it has to be among the evaluated.
func (b Best) Rank() int { return max(b.rank, 0) }

// Metric is the name of the metric that decides, as BestOf has it; "" if the headline does or none.
func (b Best) Metric() string { return b.metric }

// String is what ParseBest reads, or the name of the metric.
func (b Best) String() string {
	switch {
	case b.metric != "":
		return b.metric
	case b.Last():
		return "last"
	case b.rank == 0:
		return "mean"
	}
	return strconv.Itoa(b.rank)
}

// MarshalText writes the name.
func (b Best) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// Value is the headline metric at a rank; NaN if it is undefined.
type Value struct {
	Rank  int
	Value float64
}

// Values are in the order of their ranks. In JSON they are an object, {"1":0.5,"2":null}.
type Values []Value

// Evaluation is what validation found.
type Evaluation struct {
	Metric string
	Values Values
	Less   bool // less is better, as of a loss; else more is

	By *Evaluation // the same of the metric that decides which epoch is the best; nil: it is this one
}

// deciding is the evaluation by which the best epoch is chosen.
func (e *Evaluation) deciding() *Evaluation {
	if e.By != nil {
		return e.By
	}
	return e
}

// Record is the best evaluation so far, by the metric that decides.
type Record struct {
	Epoch  int    `json:"epoch"` // from 1
	Step   int    `json:"step"`  // optimizer steps done
	Metric string `json:"metric"`
	Values Values `json:"values"`
}

// better says whether v beats the record w; with less smaller values do. An undefined value is worse than any number,
// so what counts first is how many values are defined; equal standing keeps the record.
// A later evaluation is better if the last epoch is kept.
func (b Best) better(v, w Values, less bool) bool {
	if b.Last() {
		return true
	}
	n, mean := b.standing(v)
	m, record := b.standing(w)
	if less {
		mean, record = -mean, -record
	}
	return cmp.Or(cmp.Compare(n, m), cmp.Compare(mean, record)) > 0
}

// standing is the number of defined values that decide, and their mean.
func (b Best) standing(v Values) (defined int, mean float64) {
	for _, e := range v {
		if (b.rank == 0 || b.rank == e.Rank) && !math.IsNaN(e.Value) {
			defined++
			mean += e.Value
		}
	}
	return defined, mean / float64(max(1, defined))
}

// MarshalJSON writes an object with the ranks as names, null where undefined.
func (v Values) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, e := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(strconv.AppendQuote(b, strconv.Itoa(e.Rank)), ':')
		if math.IsNaN(e.Value) || math.IsInf(e.Value, 0) {
			b = append(b, "null"...)
			continue
		}
		b = strconv.AppendFloat(b, e.Value, 'g', -1, 64)
	}
	return append(b, '}'), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Values) UnmarshalJSON(b []byte) error {
	var named map[int]*float64
	if err := json.NewDecoder(bytes.NewReader(b)).Decode(&named); err != nil {
		return fmt.Errorf("values by rank: %w", err)
	}
	*v = nil
	for rank, value := range named {
		e := Value{rank, math.NaN()}
		if value != nil {
			e.Value = *value
		}
		*v = append(*v, e)
	}
	slices.SortFunc(*v, func(a, b Value) int { return a.Rank - b.Rank })
	return nil
}
