package session

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/settings"
)

// calibrate fits every rank of a sweep, and keeps what it finds in the adapter's dylora.json.
func (s *Session) calibrate(sweep *evaluate.Sweep, results []evaluate.Result, keys []uint64) error {
	if s.Provenance == nil || s.Provenance.Task == "" {
		return fault.Invalidf("%s: a calibration is kept in dylora.json, which this adapter does not have", s.Folder)
	}
	if err := sweep.Calibrate(s.Task, results, keys); err != nil {
		return err
	}
	p := *s.Provenance
	p.Calibration = maps.Clone(p.Calibration)
	if p.Calibration == nil {
		p.Calibration = map[string]adapter.Calibration{}
	}
	for _, r := range sweep.Ranks {
		c := r.Calibration
		p.Calibration[strconv.Itoa(r.Rank)] = adapter.Calibration{
			Temperature: c.Temperature, Threshold: c.Threshold, Fitted: c.Fitted, Measured: c.Measured, Before: adapter.Fit(c.Before), After: adapter.Fit(c.After),
		}
	}
	if err := adapter.WriteProvenance(s.Folder, &p); err != nil {
		return fmt.Errorf("the calibration is not kept: %w", err)
	}
	s.Provenance = &p
	return nil
}

// Calibrated gives the temperature that a rank's logits are divided by, and the task with the
// rank's threshold. They are those of the adapter's calibration, or without one 1 and the
// session's task; a threshold that the user gives counts more.
func (s *Session) Calibrated(rank int) (temperature float64, t *data.Task) {
	c := s.Provenance.At(rank)
	if c == nil || c.Temperature == 0 && c.Threshold == 0 {
		return 1, s.Task
	}
	if t = s.Task; t.Kind == data.MultiLabel && c.Threshold > 0 && slices.Contains([]settings.Origin{settings.Default, settings.Run}, s.settings.Origin("threshold")) {
		own := *t
		own.Threshold = c.Threshold
		t = &own
	}
	if c.Temperature == 0 || t.Kind != data.Classification {
		return 1, t
	}
	return c.Temperature, t
}

// LongestText is how many tokens a text to predict may have: as many as the model takes, whatever the adapter was
// trained with, unless the user says.
func (s *Session) LongestText() int {
	if s.settings.Explicit("max_length") {
		return s.Encoder.MaxLength
	}
	return s.Encoder.Model.Config.MaxLength()
}
