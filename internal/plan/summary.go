package plan

import (
	"io"
)

// Study is what the trainings of a plan that differ in the seed have reached.
type Study struct {
	Runs  Entries `json:"runs"`
	Means []Mean  `json:"means"`

	means *Means
}

// Mean is the headline metric at a rank over several trainings.
type Mean struct {
	Metric    string  `json:"metric"`
	Rank      int     `json:"rank"`
	Mean      float64 `json:"mean"`
	Deviation float64 `json:"sd"` // of the sample, with n-1; 0 of one training
	Trainings int     `json:"trainings"`
}

// Study lists the plan's trainings and averages over their seeds.
func (p *Plan) Study() (*Study, error) {
	entries, err := List(p)
	if err != nil {
		return nil, err
	}
	s := &Study{Runs: entries}
	if s.means, err = Average(entries, []string{"task"}, false); err != nil {
		return nil, err
	}
	for i := range s.means.Groups {
		g := &s.means.Groups[i]
		for _, rank := range s.means.ranks() {
			if mean, deviation, n := g.at(rank); n > 0 {
				s.Means = append(s.Means, Mean{g.Metric, rank, mean, deviation, n})
			}
		}
	}
	return s, nil
}

// WriteText writes a row per training, and the means over all of them.
func (s *Study) WriteText(w io.Writer) error {
	if err := s.Runs.WriteTable(w); err != nil {
		return err
	}
	if _, err := io.WriteString(w, "\nmean ± standard deviation over seeds\n"); err != nil {
		return err
	}
	return s.means.WriteTable(w)
}
