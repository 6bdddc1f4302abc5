package hub

import (
	"path"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/tokenizer"
)

// ModelFiles wants what an encoder and its tokenizer consist of: config.json, the
// tokenizer's files, and the weights, whole or in shards. pickle allows pytorch_model.bin
// where there are no safetensors; if not, the reason is PickledWeights.
func ModelFiles(pickle bool) Wanted {
	return func(v View) ([]string, error) {
		if !v.Has("config.json") {
			return nil, fault.Invalidf("it has no config.json: not a model of Transformers")
		}
		names := []string{"config.json"}
		for _, name := range tokenizer.Files() {
			if v.Has(name) {
				names = append(names, name)
			}
		}
		if !tokenizer.Complete(v.Has) {
			return nil, fault.Invalidf("it has neither tokenizer.json nor vocab.json and merges.txt nor vocab.txt nor sentencepiece.bpe.model")
		}
		if name := tokenizer.Unread(v.Has); name != "" {
			return nil, fault.Invalidf("it has no tokenizer.json, and Transformers takes %s for the vocabulary, which is not read", name)
		}
		weights, err := weightFiles(v, pickle)
		return append(names, weights...), err
	}
}

// weightFiles are the weights, and the index where they are in shards.
func weightFiles(v View, pickle bool) ([]string, error) {
	kinds := []string{"model.safetensors"}
	if pickle {
		kinds = append(kinds, "pytorch_model.bin")
	}
	for _, kind := range kinds {
		if v.Has(kind) {
			return []string{kind}, nil
		}
		if index := kind + ".index.json"; v.Has(index) {
			shards, err := shardFiles(v, index)
			return append([]string{index}, shards...), err
		}
	}
	if !pickle && (v.Has("pytorch_model.bin") || v.Has("pytorch_model.bin.index.json")) {
		return nil, fault.Because(PickledWeights, fault.Invalidf("its weights are a pickle, pytorch_model.bin, and there is no model.safetensors"))
	}
	return nil, fault.Invalidf("it has no model.safetensors and no shards of one")
}

// shardFiles are the files that an index names.
func shardFiles(v View, index string) ([]string, error) {
	b, err := v.Read(index)
	if err != nil {
		return nil, err
	}
	var parsed struct {
		Where map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(b, &parsed); err != nil {
		return nil, fault.Invalidf("its %s is not as it should be: %s", index, printable(err.Error()))
	}
	var shards []string
	for _, shard := range parsed.Where {
		if !validName(shard) || shard != path.Base(shard) || path.Ext(shard) != path.Ext(strings.TrimSuffix(index, ".index.json")) {
			return nil, fault.Invalidf("its %s names %q, which is no weights file of the repository", index, printable(shard))
		}
		if !v.Has(shard) {
			return nil, fault.Invalidf("it has no %s, which %s names", printable(shard), index)
		}
		if !slices.Contains(shards, shard) {
			shards = append(shards, shard)
		}
	}
	if len(shards) == 0 {
		return nil, fault.Invalidf("its %s names no files", index)
	}
	slices.Sort(shards)
	return shards, nil
}

// These wants one file by each of the names.
func These(names ...string) Wanted {
	return func(v View) ([]string, error) {
		for _, name := range names {
			if !v.Has(name) {
				return nil, fault.Invalidf("it has no file %s", name)
			}
		}
		return names, nil
	}
}
