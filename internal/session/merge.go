package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/internal/safetensors"
)

// MergeTolerance bounds the difference between merged and unmerged logits, as a share of the
// largest logit: the sums run in another order, so a few float32 roundings.
const MergeTolerance = 1e-4

// Merged is a merged checkpoint, held against base model and adapter.
type Merged struct {
	Folder     string  `json:"folder"`
	Rank       int     `json:"rank"`
	Difference float64 `json:"largest_difference"` // of a logit
	Largest    float64 `json:"largest_logit"`
	Sequences  int     `json:"sequences"` // compared
}

// mergeSteps are those that a merge shows: weights made, written, compared.
const mergeSteps = 3

// Merge writes a full checkpoint in Hugging Face's layout to the folder out: the base model
// with the adapter merged at a rank, the head and the tokenizer. Before it takes its place it is loaded again and its
// logits are compared; more than rounding explains is fault.Check, and there is no folder.
func (s *Session) Merge(ctx context.Context, rank int, out string) (*Merged, error) {
	return s.merge(ctx, rank, out, false)
}

// MergeOver is Merge to a folder of MergeFolders that may be there: it stays as it is until the merged model has been compared, and is
// then replaced in one step.
func (s *Session) MergeOver(ctx context.Context, rank int, out string) (*Merged, error) {
	_, err := os.Lstat(out)
	return s.merge(ctx, rank, out, !errors.Is(err, fs.ErrNotExist))
}

func (s *Session) merge(ctx context.Context, rank int, out string, over bool) (*Merged, error) {
	show := s.env.Begin("merge", mergeSteps)
	defer show.End()
	contents, err := s.mergedFiles(rank)
	show.At(1)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m := &Merged{Folder: out, Rank: rank}
	err = disk.CommitChecked(disk.Real{}, out, contents, over, func(filled string) error {
		show.At(2)
		return s.compareMerged(m, filled)
	})
	show.At(mergeSteps)
	switch {
	case err == nil:
		return m, nil
	case fault.ClassOf(err) == fault.Failure:
		err = fmt.Errorf("cannot write the merged model to %s: %w", out, err)
	}
	return nil, err
}

// mergedFiles are the files of the merged checkpoint: config, weights and the tokenizer's.
func (s *Session) mergedFiles(rank int) ([]disk.Content, error) {
	tensors, err := s.Encoder.Model.Merged(s.MergeAt(rank), s.Adapter.HeadAt(rank))
	if err != nil {
		return nil, err
	}
	weights, err := safetensors.Encode(tensors, map[string]string{"format": "pt"})
	if err != nil {
		return nil, err
	}
	config, err := s.mergedConfig()
	if err != nil {
		return nil, err
	}
	contents := []disk.Content{{Name: "config.json", Data: config}, {Name: "model.safetensors", Data: weights}}
	beside, err := s.Encoder.Folder.Copies()
	if err != nil {
		return nil, err
	}
	contents = append(contents, withMaxLength(beside, s.Encoder.Model.Config.MaxLength())...)
	if p := s.mergedProvenance(rank); p != nil {
		record, err := p.Encode()
		if err != nil {
			return nil, err
		}
		contents = append(contents, disk.Content{Name: adapter.ProvenanceName, Data: record})
	}
	return contents, nil
}

// mergedProvenance is the record of the merged folder, by which it knows its task; nil where the adapter's does not say it. What
// is said of ranks and of the base model's weights no longer holds.
func (s *Session) mergedProvenance(rank int) *adapter.Provenance {
	if s.Provenance == nil || s.Provenance.Task == "" {
		return nil
	}
	p := *s.Provenance
	p.Merged, p.ModelHash, p.Metrics, p.Intervals, p.Calibration = rank, "", nil, nil, nil
	return &p
}

// MergeAt gives the weight of a projection with the adapter merged at a rank, as package
// model asks for it.
func (s *Session) MergeAt(rank int) func(name string, w []float32) []float32 {
	modules := map[string]*adapter.Module{}
	for i := range s.Adapter.Modules {
		modules[s.Adapter.Modules[i].Name] = &s.Adapter.Modules[i]
	}
	return func(name string, w []float32) []float32 {
		if found, ok := modules[name]; ok {
			return s.Adapter.Merge(found, w, rank)
		}
		return w
	}
}

// mergedConfig is the base model's config.json with the labels of the head's columns: as the
// base model spells them where it names them in that order, else as the task does.
func (s *Session) mergedConfig() ([]byte, error) {
	b, err := s.Encoder.Folder.ReadFile("config.json")
	if err != nil {
		return nil, err
	}
	var config map[string]any
	if err := json.Unmarshal(b, &config); err != nil {
		return nil, fault.Invalidf("%s: config.json: %w", s.Encoder.Name, err)
	}
	labels := s.Task.Labels
	switch {
	case s.namesByBase():
		labels = s.Encoder.Model.Config.Labels
	case labels == nil:
		labels = []string{"score"}
	}
	names, numbers := labelMaps(labels)
	delete(config, "num_labels") // Transformers counts id2label
	config["architectures"] = []string{s.Encoder.Model.Config.Class()}
	config["id2label"], config["label2id"] = names, numbers
	if !s.TaskUnknown() || config["problem_type"] == nil { // what nobody says stays as it is
		config["problem_type"] = problemType(s.Task)
	}
	for _, key := range []string{"torch_dtype", "dtype"} {
		if _, has := config[key]; has {
			config[key] = "float32" // as the weights are written
		}
	}
	b, err = json.MarshalIndent(config, "", "  ")
	return append(b, '\n'), err
}

// compareMerged loads the merged folder and holds its logits against those of base model and
// adapter, on sequences of random tokens.
func (s *Session) compareMerged(m *Merged, folder string) error {
	loaded, err := model.Load(os.DirFS(folder), folder, model.LoadOptions{Machine: s.Encoder.Model.Machine()})
	if err != nil {
		return err
	}
	plain := s.Adapter.Clone()
	plain.Head, plain.Heads = loaded.Head(s.Program.Labels(), 0), nil // as the folder has it
	other, err := program.New(loaded, plain, s.Task, program.Options{})
	if err != nil {
		return err
	}
	batch := s.RandomBatch()
	want, err := LogitsAt(s.Program, batch, m.Rank)
	if err != nil {
		return err
	}
	got, err := LogitsAt(other, batch, 0)
	if err != nil {
		return err
	}
	m.Sequences = batch.Len()
	for i := range want {
		m.Difference = max(m.Difference, math.Abs(float64(want[i])-float64(got[i])))
		m.Largest = max(m.Largest, math.Abs(float64(want[i])))
	}
	if !(m.Difference <= MergeTolerance*max(1, m.Largest)) {
		return fault.Errorf(fault.Check, "%s: a logit differs by %.3g from base model and adapter, more than rounding explains; the folder is removed", m.Folder, m.Difference)
	}
	return nil
}
