package evaluate

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/data"
)

// Evaluation is what eval reports of one rank. Its JSON is an interface for scripts.
type Evaluation struct {
	Task     string  `json:"task"`
	Split    string  `json:"split"`
	Rank     int     `json:"rank"`
	Examples int     `json:"examples"`
	Metric   string  `json:"metric"` // the headline
	Value    Value   `json:"value"`  // of the headline
	Metrics  Metrics `json:"metrics"`

	Report *Report `json:"report,omitempty"` // nil where it was not asked for

	OtherData []string `json:"other_data,omitempty"` // a line for each file that is not the one that the adapter was trained with
}

// NewEvaluation reports r.
func NewEvaluation(t *data.Task, split string, r *Result) *Evaluation {
	head := r.Metrics.Headline()
	return &Evaluation{
		Task: t.Name, Split: split, Rank: r.Rank, Examples: r.Len(),
		Metric: head.Name, Value: head.Value, Metrics: r.Metrics,
	}
}

// Sweep is an adapter's quality and size by rank. Its JSON is an interface for scripts.
type Sweep struct {
	Task   string       `json:"task"`
	Split  string       `json:"split"`
	Metric string       `json:"metric"` // the headline
	Ranks  []RankReport `json:"ranks"`

	Examples int      `json:"-"` // that were measured; 0: not known
	Constant Metrics  `json:"-"` // of the answer that is the same for every example; nil: not known
	Results  []Result `json:"-"` // of the examples, in the order of Ranks; nil where nobody kept them

	Baselines []LoRABaseline `json:"baselines,omitempty"`  // what the adapter is compared with
	Training  *Training      `json:"training,omitempty"`   // of the adapter, where it is compared
	Curve     *Curve         `json:"curve,omitempty"`      // of the headline; nil for fewer than two ranks, or where it was not asked for
	Bound     *Bounded       `json:"bound,omitempty"`      // of a sweep that is to keep one
	OtherData []string       `json:"other_data,omitempty"` // a line for each file that is not the one that the adapter was trained with
	Decision  *Decision      `json:"decision,omitempty"`   // which rank to use; nil where it was not asked for
}

// RankReport is one rank of a Sweep.
type RankReport struct {
	Rank       int     `json:"rank"`
	Value      Value   `json:"value"` // of the headline
	Metrics    Metrics `json:"metrics"`
	Parameters int     `json:"parameters"` // trained scalars of the slice, head included
	Bytes      int64   `json:"bytes"`      // of the slice's weights file

	Low  *float64 `json:"low,omitempty"`  // interval of Value at the decision's confidence; nil where there is none
	High *float64 `json:"high,omitempty"` // its upper end

	Calibration *Calibration `json:"calibration,omitempty"` // of the probabilities; nil where it was not asked for

	Seeds []Value `json:"seeds,omitempty"` // the headline of each of several runs, of which Value and Metrics are the means
}

// NewSweep reports results; size tells what a slice of a rank holds.
func NewSweep(t *data.Task, split string, results []Result, size func(rank int) (parameters int, bytes int64)) *Sweep {
	s := &Sweep{Task: t.Name, Split: split, Ranks: make([]RankReport, len(results))}
	if len(t.Metrics) > 0 {
		s.Metric = t.Metrics[0]
	}
	if len(results) > 0 {
		s.Examples, s.Constant = results[0].Len(), results[0].constant(t)
	}
	for i, r := range results {
		parameters, bytes := size(r.Rank)
		s.Ranks[i] = RankReport{
			Rank: r.Rank, Value: r.Metrics.Headline().Value, Metrics: r.Metrics,
			Parameters: parameters, Bytes: bytes,
		}
	}
	return s
}

// Full is the largest rank of the sweep, which the others are compared with; nil if the
// sweep is empty.
func (s *Sweep) Full() *RankReport {
	var full *RankReport
	for i := range s.Ranks {
		if full == nil || s.Ranks[i].Rank > full.Rank {
			full = &s.Ranks[i]
		}
	}
	return full
}

// WriteCSV writes one line per rank: task, split, rank, parameters, bytes and each metric
// by its name, as fractions in full precision, and the headline of each baseline by that one's; in a last column which data are
// not those of the training, where there are such. Undefined is "undefined".
func (s *Sweep) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	header := []string{"task", "split", "rank", "parameters", "bytes"}
	if len(s.Ranks) > 0 {
		for _, m := range s.Ranks[0].Metrics {
			header = append(header, m.Name)
		}
	}
	metrics := len(header)
	for _, b := range s.Baselines {
		header = append(header, b.Name)
	}
	if len(s.OtherData) > 0 {
		header = append(header, "other_data")
	}
	if err := c.Write(header); err != nil {
		return err
	}
	for _, r := range s.Ranks {
		row := []string{s.Task, s.Split, strconv.Itoa(r.Rank), strconv.Itoa(r.Parameters), strconv.FormatInt(r.Bytes, 10)}
		for _, name := range header[len(row):metrics] {
			row = append(row, r.Metrics.Get(name).String())
		}
		for _, b := range s.Baselines {
			row = append(row, b.at(r.Rank).String())
		}
		if len(s.OtherData) > 0 {
			row = append(row, strings.Join(s.OtherData, "; "))
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}
