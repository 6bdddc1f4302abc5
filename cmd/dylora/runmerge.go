package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/internal/safetensors"
)

// mergeTolerance bounds the difference between merged and unmerged logits, as a share of
// the largest logit: the sums run in another order, so a few float32 roundings.
const mergeTolerance = 1e-4

// merged is what merge prints.
type merged struct {
	Folder     string  `json:"folder"`
	Rank       int     `json:"rank"`
	Difference float64 `json:"largest_difference"` // of a logit
	Largest    float64 `json:"largest_logit"`
	Sequences  int     `json:"sequences"` // compared
}

func runMerge(ctx context.Context, o *mergeOptions) error {
	s, err := o.open(ctx, o.io, kernel.Float32) // rounded weights are none to write
	if err != nil {
		return err
	}
	rank, err := s.checkRank(o.rank)
	if err != nil {
		return err
	}
	out := o.out
	if out == "" {
		out = filepath.Join(s.home(), fmt.Sprintf("merged-rank-%d", rank))
	}
	if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) {
		return fault.Usagef("%s exists; remove it or give another folder", out)
	}
	contents, err := s.mergedFiles(rank)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := disk.Commit(disk.Real{}, out, contents, false); err != nil {
		return fmt.Errorf("cannot write the merged model to %s: %w", out, err)
	}
	m, err := s.compareMerged(out, rank)
	if err != nil {
		return errors.Join(err, os.RemoveAll(out))
	}
	if o.json {
		return printJSON(o.io.out, m)
	}
	_, err = fmt.Fprintf(o.io.out, "rank %d merged into %s\nlargest difference of a logit on %d random sequences: %.3g (largest logit %.3g)\n",
		rank, out, m.Sequences, m.Difference, m.Largest)
	return err
}

// mergedFiles are the files of the merged checkpoint: config, weights and the tokenizer's.
func (s *session) mergedFiles(rank int) ([]disk.Content, error) {
	tensors, err := s.base.model.Merged(s.mergeAt(rank), s.adapter.Head)
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
	for _, name := range []string{"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.json", "merges.txt", "vocab.txt"} {
		b, err := fs.ReadFile(s.base.files, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		contents = append(contents, disk.Content{Name: name, Data: b})
	}
	return contents, nil
}

// mergeAt gives a projection's weight with the adapter worked in.
func (s *session) mergeAt(rank int) func(module string, w []float32) []float32 {
	modules := map[string]*adapter.Module{}
	for i := range s.adapter.Modules {
		modules[s.adapter.Modules[i].Name] = &s.adapter.Modules[i]
	}
	return func(module string, w []float32) []float32 {
		if found, ok := modules[module]; ok {
			return s.adapter.Merge(found, w, rank)
		}
		return w
	}
}

// mergedConfig is the base model's config.json with the task's labels.
func (s *session) mergedConfig() ([]byte, error) {
	b, err := fs.ReadFile(s.base.files, "config.json")
	if err != nil {
		return nil, err
	}
	var config map[string]any
	if err := json.Unmarshal(b, &config); err != nil {
		return nil, fault.Invalidf("%s: config.json: %w", s.base.name, err)
	}
	labels := s.task.Labels
	problem := "single_label_classification"
	if s.task.Kind == data.Regression {
		labels, problem = []string{"score"}, "regression"
	}
	names, numbers := map[string]string{}, map[string]int{}
	for i, l := range labels {
		names[strconv.Itoa(i)], numbers[l] = l, i
	}
	delete(config, "num_labels") // Transformers counts id2label
	config["architectures"] = []string{s.base.model.Config.Class()}
	config["id2label"], config["label2id"], config["problem_type"] = names, numbers, problem
	for _, key := range []string{"torch_dtype", "dtype"} {
		if _, has := config[key]; has {
			config[key] = "float32" // as the weights are written
		}
	}
	b, err = json.MarshalIndent(config, "", "  ")
	return append(b, '\n'), err
}

// compareMerged loads the merged folder and holds its logits against those of base model
// and adapter, on sequences of random tokens.
func (s *session) compareMerged(dir string, rank int) (*merged, error) {
	loaded, err := model.Load(os.DirFS(dir), dir, model.LoadOptions{})
	if err != nil {
		return nil, err
	}
	plain := s.adapter.Clone()
	plain.Head = loaded.Head(s.program.Labels(), 0) // as the folder has it
	other, err := program.New(loaded, plain, s.task, program.Options{})
	if err != nil {
		return nil, err
	}
	batch := randomBatch(s.base.model.Config.VocabSize, s.maxLength)
	ranks := make([]int, batch.Len())
	for i := range ranks {
		ranks[i] = rank
	}
	want, err := s.program.Logits(batch, ranks)
	if err != nil {
		return nil, err
	}
	got, err := other.Logits(batch, make([]int, batch.Len()))
	if err != nil {
		return nil, err
	}
	m := &merged{Folder: dir, Rank: rank, Sequences: batch.Len()}
	for i := range want {
		m.Difference = max(m.Difference, math.Abs(float64(want[i])-float64(got[i])))
		m.Largest = max(m.Largest, math.Abs(float64(want[i])))
	}
	if !(m.Difference <= mergeTolerance*max(1, m.Largest)) {
		return nil, fault.Errorf(fault.Check, "%s: a logit differs by %.3g from base model and adapter, more than rounding explains; the folder is removed", dir, m.Difference)
	}
	return m, nil
}

// randomBatch is sixteen sequences of all lengths up to longest, of any tokens.
func randomBatch(vocabulary, longest int) *data.Batch {
	const sequences = 16
	random := rand.New(rand.NewPCG(1, 2))
	list := make([]data.Encoded, sequences)
	for i := range list {
		n := max(2, min(longest, 64)*(i+1)/sequences)
		for range n {
			list[i].IDs = append(list[i].IDs, int32(random.IntN(vocabulary)))
		}
	}
	return data.Pack(list)
}
