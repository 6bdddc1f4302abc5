package adapter

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/format"
)

// Provenance is where an adapter comes from: what it was trained on, and how. It stands
// beside PEFT's files, in dylora.json.
type Provenance struct {
	Format     int                           `json:"format,omitzero"`    // of the file: Encode sets it, and reading takes it out
	Version    string                        `json:"version"`            // of dylora
	Task       string                        `json:"task"`               // canonical name, or that of the training file; empty if there is no provenance
	Labels     []string                      `json:"labels"`             // by class index, or by output where there are several
	Regression bool                          `json:"regression"`         // real outputs, no classes
	Model      string                        `json:"model"`              // the base model's name or path
	Revision   string                        `json:"revision,omitempty"` // of a model of the Hub, where one was given
	ModelHash  string                        `json:"model_hash"`         // SHA-256 of its weights, hex
	Rank       int                           `json:"rank"`               // of this adapter; Save sets it
	Alpha      float64                       `json:"alpha"`              // Save sets it
	RankMax    int                           `json:"rank_max"`           // trained
	RankMin    int                           `json:"rank_min"`           // trained
	CutFrom    int                           `json:"cut_from"`           // rank of the adapter that this is a slice of; 0: it is none
	Sampler    string                        `json:"sampler"`            // as NewSampler reads it
	Block      int                           `json:"block"`              // of the sampler
	Update     string                        `json:"update"`             // as ParseUpdate reads it
	Seed       uint64                        `json:"seed"`
	Targets    []string                      `json:"targets"`    // as ParseTargets gives them
	MaxLength  int                           `json:"max_length"` // tokens of a sequence in training
	Epoch      int                           `json:"epoch"`      // after which the weights were taken
	Step       int                           `json:"step"`       // after which the weights were taken
	Metrics    map[string]map[string]float64 `json:"metrics"`    // on dev, by rank and name; undefined ones are left out

	Intervals map[string]map[string][2]float64 `json:"intervals,omitempty"` // of those of Metrics that have one, at IntervalConfidence

	Calibration map[string]Calibration `json:"calibration,omitempty"` // of probabilities, by rank

	TextColumn  string `json:"text_column,omitzero"`  // of a task of somebody's own files
	PairColumn  string `json:"pair_column,omitzero"`  // of such a task of two texts
	LabelColumn string `json:"label_column,omitzero"` // of such a task; several with commas between

	Delimiter string `json:"delimiter,omitzero"` // between the columns of such a task's files, where it is not the ending's

	Examples map[string]int `json:"examples,omitempty"` // that training used, by split: train, dev

	Data *TrainingData `json:"data,omitempty"` // of such a task; nil: not known

	MultiLabel     bool    `json:"multi_label,omitzero"`     // several labels may hold, each has a probability of its own
	Threshold      float64 `json:"threshold,omitzero"`       // above which a label of such a task is taken to hold
	LabelSeparator string  `json:"label_separator,omitzero"` // between labels in the column of such a task

	InitAdapter string `json:"init_adapter,omitzero"` // the adapter that training started from; empty: none
	InitTask    string `json:"init_task,omitzero"`    // that one's task
	InitHash    string `json:"init_hash,omitzero"`    // that one's Fingerprint

	Nested     string `json:"nested,omitzero"`      // BySVD or BySVDWeighted: the ranks were put in order after training; empty: they are as trained
	NestedFrom string `json:"nested_from,omitzero"` // Fingerprint of the adapter before

	Merged int `json:"merged,omitzero"` // rank at which the adapter is merged into the folder's own weights; 0: it is an adapter

	HubModel bool              `json:"hub_model,omitzero"` // Model is a name of the Hub
	Training map[string]string `json:"training,omitempty"` // settings of training that stand in no field above, by key

	Scaling      string             `json:"scaling,omitzero"`        // as ParseScaling reads it; empty: paper. Save sets it and the two below
	ScalingRank  int                `json:"scaling_rank,omitzero"`   // Adapter.ScalingRank
	ModuleAlphas map[string]float64 `json:"module_alphas,omitempty"` // by module, its own alpha where adapter_config.json has only what it makes at one rank
}

// How the ranks of an adapter were put in the order of what they contribute: see Resort.
const (
	BySVD         = "svd"
	BySVDWeighted = "svd-weighted" // by the inputs that the training data make
)

// LowestRank is the lowest rank that training drew; 0 where the provenance does not say.
func (p *Provenance) LowestRank() int {
	sampler, err := NewSampler(p.Sampler, p.RankMin, p.RankMax, max(p.Block, 1))
	if err != nil {
		return 0
	}
	return sampler.Ranks()[0]
}

// IntervalConfidence is the two-sided confidence of a Provenance's Intervals.
const IntervalConfidence = 0.95

// CheckBase compares the base model's hash with the one the adapter was trained on. A
// mismatch is fault.Invalid because of OtherBase unless force is set. A provenance without a
// hash matches any model.
func (p *Provenance) CheckBase(hash string, force bool) error {
	if p == nil || p.ModelHash == "" || p.ModelHash == hash || force {
		return nil
	}
	return fault.Because(OtherBase, fault.Invalidf("the adapter was trained on another base model: %s with hash %s, not %s",
		show(p.Model), short(p.ModelHash), short(hash)))
}

// short is enough of a hash to tell two apart.
func short(hash string) string { return oneLine(hash[:min(12, len(hash))]) }

// parseProvenance reads dylora.json. Unknown keys are refused, as a later version may rely
// on them.
func parseProvenance(file string, b []byte) (*Provenance, error) {
	if err := format.Check(file, b, format.Adapter); err != nil {
		return nil, err
	}
	p := new(Provenance)
	if err := json.Unmarshal(b, p, json.RejectUnknownMembers(true)); err != nil {
		return nil, fault.Invalidf("%s: %s; it may come from another version of dylora", file, oneLine(err.Error()))
	}
	p.Format = 0
	return p, p.checkCalibration(file)
}

// ReadMerged reads the record that a folder of a merged model holds; nil where there is none.
func ReadMerged(dir string) (*Provenance, error) {
	path := filepath.Join(dir, ProvenanceName)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fault.Invalidf("%w", err)
	case info.Size() > maxJSON:
		return nil, fault.Invalidf("%s: %d bytes is too much", path, info.Size())
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Invalidf("%w", err)
	}
	return parseProvenance(path, b)
}

// Encode is the file ProvenanceName of p.
func (p *Provenance) Encode() ([]byte, error) {
	b, err := p.encode()
	return append(b, '\n'), err
}

func (p *Provenance) encode() ([]byte, error) {
	written := *p
	written.Format = format.Adapter
	return json.Marshal(&written, json.Deterministic(true), jsontext.WithIndent("  "))
}

// metadata is for those who have only the weights' file: the format that PEFT names, and
// that part of the provenance that says how the weights are meant.
func (p *Provenance) metadata() map[string]string {
	m := map[string]string{"format": "pt"}
	if p == nil {
		return m
	}
	maps.Copy(m, map[string]string{
		"dylora.version":    p.Version,
		"dylora.task":       p.Task,
		"dylora.labels":     strings.Join(p.Labels, ","),
		"dylora.model":      p.Model,
		"dylora.model_hash": p.ModelHash,
		"dylora.rank":       strconv.Itoa(p.Rank),
		"dylora.rank_max":   strconv.Itoa(p.RankMax),
		"dylora.rank_min":   strconv.Itoa(p.RankMin),
		"dylora.alpha":      strconv.FormatFloat(p.Alpha, 'g', -1, 64),
		"dylora.scaling":    p.Scaling,
		"dylora.sampler":    p.Sampler,
		"dylora.update":     p.Update,
		"dylora.seed":       strconv.FormatUint(p.Seed, 10),
		"dylora.targets":    strings.Join(p.Targets, ","),
	})
	if p.ScalingRank > 0 {
		m["dylora.scaling_rank"] = strconv.Itoa(p.ScalingRank)
	}
	maps.DeleteFunc(m, func(_, v string) bool { return v == "" })
	return m
}
