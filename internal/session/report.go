package session

import (
	"context"

	"github.com/dylora/dylora/internal/evaluate"
)

// Report is the report of a result of Measure on a split. The worst examples have their texts
// where they are asked for; probabilities are those of the rank's calibration, if the adapter keeps one.
func (s *Session) Report(ctx context.Context, split string, r *evaluate.Result, texts bool) (*evaluate.Report, error) {
	o := evaluate.ReportOptions{}
	o.Temperature, _ = s.Calibrated(r.Rank)
	if texts {
		var err error
		if o.Examples, err = s.Split(ctx, split); err != nil {
			return nil, err
		}
	}
	return evaluate.NewReport(s.Task, r, o)
}
