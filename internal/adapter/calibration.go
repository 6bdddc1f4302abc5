package adapter

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strconv"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
)

// Calibration is that of a rank's probabilities, as package evaluate fits it.
type Calibration struct {
	Temperature float64 `json:"temperature,omitzero"` // logits are divided by it
	Threshold   float64 `json:"threshold,omitzero"`   // above which a label holds
	Fitted      int     `json:"fitted"`               // examples that it is fitted on
	Measured    int     `json:"measured"`             // examples of Before and After
	Before      Fit     `json:"before"`
	After       Fit     `json:"after"`
}

// Fit says how good probabilities are, by those of its numbers that the task has.
type Fit struct {
	NLL     float64 `json:"nll,omitzero"`
	ECE     float64 `json:"ece,omitzero"`
	MicroF1 float64 `json:"micro_f1,omitzero"`
}

// String names the temperature or the threshold that predictions use.
func (c *Calibration) String() string {
	if c.Temperature == 0 {
		return fmt.Sprintf("threshold %.4f (micro F1 %.1f before, %.1f after)", c.Threshold, 100*c.Before.MicroF1, 100*c.After.MicroF1)
	}
	return fmt.Sprintf("temperature %.4f (NLL %.4f before, %.4f after)", c.Temperature, c.Before.NLL, c.After.NLL)
}

// At is the calibration of a rank; nil where there is none.
func (p *Provenance) At(rank int) *Calibration {
	if p == nil {
		return nil
	}
	if c, ok := p.Calibration[strconv.Itoa(rank)]; ok {
		return &c
	}
	return nil
}

// checkCalibration refuses numbers that no probability can be computed with.
func (p *Provenance) checkCalibration(file string) error {
	for rank, c := range p.Calibration {
		if t := c.Temperature; t < 0 || t > 1e3 || t != 0 && t < 1e-3 || math.IsNaN(t) {
			return fault.Invalidf("%s: calibration: the temperature of rank %s is %v, not between 0.001 and 1000", file, oneLine(rank), t)
		}
		if !(c.Threshold >= 0 && c.Threshold <= 1) {
			return fault.Invalidf("%s: calibration: the threshold of rank %s is %v, not between 0 and 1", file, oneLine(rank), c.Threshold)
		}
	}
	return nil
}

// WriteProvenance replaces dylora.json of an adapter's folder; the other files stay.
func WriteProvenance(dir string, p *Provenance) error {
	b, err := p.encode()
	if err != nil {
		return err
	}
	return disk.WriteFile(filepath.Join(dir, provenanceName), func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}
