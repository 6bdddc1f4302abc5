package session

import (
	"cmp"
	"maps"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/safetensors"
)

// Form is the form in which slices are written. The zero Form is one rank for all modules,
// in float32.
type Form struct {
	ModuleRanks map[string]int // of single modules
	Compat      bool           // one rank and one alpha for all modules, the scale in B
	DType       string         // as package safetensors calls it; "": float32
}

// Slice is an adapter cut to a rank: what is reported of it, and its files.
type Slice struct {
	Rank       int    `json:"rank"`
	Folder     string `json:"folder"`
	Parameters int    `json:"parameters"`
	Bytes      int64  `json:"bytes"` // of the weights file

	contents []disk.Content
}

// NewSlice cuts a to a rank, in a form. The provenance goes along, of its metrics those that
// still hold; nil is none.
func NewSlice(a *adapter.Adapter, p *adapter.Provenance, rank int, f Form) (*Slice, error) {
	cut, err := a.SliceEach(rank, f.ModuleRanks)
	if err != nil {
		return nil, err
	}
	written := cut
	if f.Compat {
		if written, err = cut.Compat(); err != nil {
			return nil, err
		}
	}
	if p = sliceProvenance(a, p, rank); p != nil {
		if len(f.ModuleRanks) > 0 {
			p.CutFrom = cmp.Or(p.CutFrom, a.Rank)
		}
		if len(f.ModuleRanks) > 0 || cmp.Or(f.DType, safetensors.Float32) != safetensors.Float32 {
			p.Metrics = nil // measured with other weights
		}
		if f.Compat && (cut.Mixed() || cut.Scaling != adapter.Paper) || len(a.Heads) > 0 { // padded, or with another scale or head below its rank, it is no longer nested
			p.RankMin = cut.Rank
			maps.DeleteFunc(p.Metrics, func(r string, _ map[string]float64) bool { return r != strconv.Itoa(cut.Rank) })
		}
	}
	keepMeasured(p, cut.Rank)
	s := &Slice{Rank: cut.Rank, Parameters: written.Parameters()}
	if s.contents, err = adapter.Encode(written, p, cmp.Or(f.DType, safetensors.Float32)); err != nil {
		return nil, err
	}
	for _, file := range s.contents {
		if strings.HasSuffix(file.Name, ".safetensors") {
			s.Bytes = int64(len(file.Data))
		}
	}
	return s, nil
}

// sliceProvenance is the provenance of a slice; nil where the adapter has none.
func sliceProvenance(a *adapter.Adapter, p *adapter.Provenance, rank int) *adapter.Provenance {
	if p == nil || p.Task == "" && p.Nested == "" {
		return nil
	}
	q := *p
	if rank < a.Rank && q.CutFrom == 0 {
		q.CutFrom = a.Rank
	}
	q.Metrics = map[string]map[string]float64{}
	for r, m := range p.Metrics {
		if n, err := strconv.Atoi(r); err == nil && n <= rank {
			q.Metrics[r] = m
		}
	}
	return &q
}

// keepMeasured leaves the intervals of metrics that p has, and the calibrations of those ranks,
// and of the slice's own, unless it was measured with other weights.
func keepMeasured(p *adapter.Provenance, rank int) {
	if p == nil {
		return
	}
	intervals, calibrations := p.Intervals, p.Calibration
	p.Intervals, p.Calibration = nil, nil
	for r, of := range intervals {
		if p.Metrics[r] != nil {
			if p.Intervals == nil {
				p.Intervals = map[string]map[string][2]float64{}
			}
			p.Intervals[r] = of
		}
	}
	for r, c := range calibrations {
		if n, err := strconv.Atoi(r); err == nil && n <= rank && p.Metrics != nil {
			if p.Calibration == nil {
				p.Calibration = map[string]adapter.Calibration{}
			}
			p.Calibration[r] = c
		}
	}
}

// Sizes tells what a slice of each of the ranks holds: trained scalars, and bytes of its
// weights file as it is written.
func Sizes(a *adapter.Adapter, p *adapter.Provenance, ranks []int) (func(rank int) (parameters int, bytes int64), error) {
	bytes := map[int]int64{}
	for _, r := range ranks {
		if r == 0 && a.Rank == 0 { // of a whole model
			continue
		}
		s, err := NewSlice(a, p, r, Form{})
		if err != nil {
			return nil, err
		}
		bytes[r] = s.Bytes
	}
	return func(rank int) (int, int64) { return a.ParametersAt(rank), bytes[rank] }, nil
}
