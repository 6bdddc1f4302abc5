package model

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
)

// checkpoint is the tensors of a model folder by name, without the prefix.
type checkpoint struct {
	path    string // for messages
	tensors map[string]safetensors.Tensor
	hash    string // SHA-256 of the weight files, hex
}

const (
	weightsFile = "model.safetensors"
	indexFile   = "model.safetensors.index.json"
)

// readCheckpoint reads model.safetensors, or the shards that its index names, of the
// folder that fsys is; dir is the folder's path for messages.
func readCheckpoint(fsys fs.FS, dir string) (*checkpoint, error) {
	c := &checkpoint{path: path.Join(dir, weightsFile), tensors: map[string]safetensors.Tensor{}}
	shards, where, err := shardNames(fsys, dir)
	if err != nil {
		return nil, err
	}
	total := sha256.New()
	for _, shard := range shards {
		b, err := fs.ReadFile(fsys, shard)
		if err != nil {
			return nil, fault.Invalidf("%s: cannot be read: %w", path.Join(dir, shard), err)
		}
		f, err := safetensors.Parse(path.Join(dir, shard), b)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(b)
		total.Write(sum[:])
		for _, t := range f.Tensors {
			if _, twice := c.tensors[t.Name]; twice {
				return nil, fault.Invalidf("%s: tensor %q is in another shard too", path.Join(dir, shard), t.Name)
			}
			if want, ok := where[t.Name]; where != nil && (!ok || want != shard) {
				return nil, fault.Invalidf("%s: tensor %q: %s says it is in %q", path.Join(dir, shard), t.Name, indexFile, want)
			}
			c.tensors[t.Name] = t
		}
	}
	for name, shard := range where {
		if _, ok := c.tensors[name]; !ok {
			return nil, fault.Invalidf("%s: tensor %q is not in %s", path.Join(dir, indexFile), name, shard)
		}
	}
	c.hash = hex.EncodeToString(total.Sum(nil))
	return c, nil
}

// shardNames lists the weight files, and for an index which tensor is in which.
func shardNames(fsys fs.FS, dir string) ([]string, map[string]string, error) {
	if _, err := fs.Stat(fsys, weightsFile); err == nil {
		return []string{weightsFile}, nil, nil
	}
	b, err := fs.ReadFile(fsys, indexFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fault.Invalidf("%s: no %s and no %s: want a folder in Hugging Face's layout with safetensors weights", dir, weightsFile, indexFile)
	} else if err != nil {
		return nil, nil, fault.Invalidf("%s: %w", path.Join(dir, indexFile), err)
	}
	var index struct {
		Metadata any               `json:"metadata"`
		Where    map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(b, &index, json.RejectUnknownMembers(true)); err != nil {
		return nil, nil, fault.Invalidf("%s: %w", path.Join(dir, indexFile), err)
	}
	var shards []string
	for name, shard := range index.Where {
		if shard != path.Base(shard) || !fs.ValidPath(shard) || !strings.HasSuffix(shard, ".safetensors") {
			return nil, nil, fault.Invalidf("%s: weight_map: %q names %q, which is not a safetensors file of this folder", path.Join(dir, indexFile), name, shard)
		}
		if !slices.Contains(shards, shard) {
			shards = append(shards, shard)
		}
	}
	if len(shards) == 0 {
		return nil, nil, fault.Invalidf("%s: weight_map is empty", path.Join(dir, indexFile))
	}
	slices.Sort(shards)
	return shards, index.Where, nil
}

// plainNames takes the prefix, "roberta." or "bert.", off the encoder's names where they
// have it, and gives the scale and shift of LayerNorm, which old BERT checkpoints call
// gamma and beta, their present names.
func (c *checkpoint) plainNames(prefix string) {
	prefixed := false
	for name := range c.tensors {
		prefixed = prefixed || strings.HasPrefix(name, prefix)
	}
	plain := make(map[string]safetensors.Tensor, len(c.tensors))
	for name, t := range c.tensors {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			name = rest
		} else if prefixed && !isHead(name) {
			name = "?" + name // an encoder tensor without the prefix: unexpected
		}
		for old, now := range map[string]string{".LayerNorm.gamma": ".LayerNorm.weight", ".LayerNorm.beta": ".LayerNorm.bias"} {
			if rest, ok := strings.CutSuffix(name, old); ok {
				name = rest + now
			}
		}
		if _, twice := plain[name]; twice {
			name = "?" + name
		}
		plain[name] = t
	}
	c.tensors = plain
}

// isHead says whether name belongs to a head, none of which the encoder needs.
func isHead(name string) bool {
	return strings.HasPrefix(name, "classifier.") || strings.HasPrefix(name, "lm_head.") || strings.HasPrefix(name, "cls.")
}

// poolerName is BERT's layer between the encoder and the head.
const poolerName = "pooler.dense"

// shape is a tensor that the encoder consists of.
type shape struct {
	name string
	dims []int
}

// shapes lists every tensor of the encoder.
func (c *Config) shapes() []shape {
	h := c.HiddenSize
	list := []shape{
		{"embeddings.word_embeddings.weight", []int{c.VocabSize, h}},
		{"embeddings.position_embeddings.weight", []int{c.MaxPositions, h}},
		{"embeddings.token_type_embeddings.weight", []int{c.TypeVocabSize, h}},
		{"embeddings.LayerNorm.weight", []int{h}}, {"embeddings.LayerNorm.bias", []int{h}},
	}
	for i := range c.Layers {
		p := fmt.Sprintf("encoder.layer.%d.", i)
		for _, proj := range projections {
			in, out := c.size(proj.path)
			list = append(list, shape{p + proj.path + ".weight", []int{out, in}}, shape{p + proj.path + ".bias", []int{out}})
		}
		for _, norm := range []string{"attention.output.LayerNorm", "output.LayerNorm"} {
			list = append(list, shape{p + norm + ".weight", []int{h}}, shape{p + norm + ".bias", []int{h}})
		}
	}
	if c.architecture().pooler {
		list = append(list, shape{poolerName + ".weight", []int{h, h}}, shape{poolerName + ".bias", []int{h}})
	}
	return list
}

// check compares the checkpoint with the configuration: all missing, unexpected and
// wrongly shaped tensors in one error.
func (c *checkpoint) check(want []shape) error {
	var missing, wrong, unexpected []string
	known := map[string]bool{}
	for _, s := range want {
		known[s.name] = true
		t, ok := c.tensors[s.name]
		if !ok {
			missing = append(missing, s.name)
		} else if !slices.Equal(t.Shape, s.dims) {
			wrong = append(wrong, fmt.Sprintf("%s is %v, config.json says %v", s.name, t.Shape, s.dims))
		}
	}
	for name := range c.tensors {
		if !known[name] && !isHead(name) && !strings.HasPrefix(name, "pooler.") && name != "embeddings.position_ids" {
			unexpected = append(unexpected, strings.TrimPrefix(name, "?"))
		}
	}
	slices.Sort(unexpected)
	var faults []string
	for _, f := range []struct {
		what string
		list []string
	}{{"missing", missing}, {"wrong shape", wrong}, {"unexpected", unexpected}} {
		if n := len(f.list); n > 0 {
			faults = append(faults, fmt.Sprintf("%d %s: %s", n, f.what, strings.Join(f.list[:min(n, 4)], ", ")))
		}
	}
	if len(faults) > 0 {
		return fault.Invalidf("%s does not fit config.json: %s", c.path, strings.Join(faults, "; "))
	}
	return nil
}
