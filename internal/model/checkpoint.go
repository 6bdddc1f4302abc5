package model

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/pickle"
	"github.com/dylora/dylora/internal/safetensors"
)

// checkpoint is the tensors of a model folder by name, without the prefix.
type checkpoint struct {
	path    string // for messages
	tensors map[string]safetensors.Tensor
	hash    string // SHA-256 of the weight files, hex
}

// format is a kind of weight files: one file, or an index of shards.
type format struct {
	whole  string
	suffix string // of shards
	parse  func(name string, b []byte) (*safetensors.File, error)
}

func (f format) index() string { return f.whole + ".index.json" }

// in says whether the folder has weights of this format.
func (f format) in(fsys fs.FS) bool {
	_, whole := fs.Stat(fsys, f.whole)
	_, index := fs.Stat(fsys, f.index())
	return whole == nil || !errors.Is(index, fs.ErrNotExist)
}

var (
	tensorFormat = format{"model.safetensors", ".safetensors", safetensors.Parse}
	pickleFormat = format{"pytorch_model.bin", ".bin", pickle.Parse}
)

// findFormat chooses safetensors where there are any, else pickles if they are allowed.
func findFormat(fsys fs.FS, dir string, allowPickle bool) (format, error) {
	switch {
	case tensorFormat.in(fsys):
		return tensorFormat, nil
	case !pickleFormat.in(fsys):
		return format{}, fault.Invalidf("%s: no %s and no %s: want a folder in Hugging Face's layout with safetensors weights", dir, tensorFormat.whole, tensorFormat.index())
	case !allowPickle:
		return format{}, fault.Usagef("%s: the weights are only there as %s, a Python pickle: a program, which may do anything to who runs it. Nothing of it is run here; --allow-pickle reads the tensors by an allow-list, or convert it with AutoModel.from_pretrained(…).save_pretrained(…) of Transformers",
			dir, pickleFormat.whole)
	}
	return pickleFormat, nil
}

// readCheckpoint reads the weights, whole or in the shards that an index names, of the
// folder that fsys is; dir is the folder's path for messages.
func readCheckpoint(fsys fs.FS, dir string, allowPickle bool) (*checkpoint, error) {
	form, err := findFormat(fsys, dir, allowPickle)
	if err != nil {
		return nil, err
	}
	shards, where, err := form.shards(fsys, dir)
	if err != nil {
		return nil, err
	}
	c := &checkpoint{path: path.Join(dir, form.whole), tensors: map[string]safetensors.Tensor{}}
	total := sha256.New()
	for _, shard := range shards {
		b, err := fs.ReadFile(fsys, shard)
		if err != nil {
			return nil, fault.Invalidf("%s: cannot be read: %w", path.Join(dir, shard), err)
		}
		f, err := form.parse(path.Join(dir, shard), b)
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
				return nil, fault.Invalidf("%s: tensor %q: %s says it is in %q", path.Join(dir, shard), t.Name, form.index(), want)
			}
			c.tensors[t.Name] = t
		}
	}
	for name, shard := range where {
		if _, ok := c.tensors[name]; !ok {
			return nil, fault.Invalidf("%s: tensor %q is not in %s", path.Join(dir, form.index()), name, shard)
		}
	}
	c.hash = hex.EncodeToString(total.Sum(nil))
	return c, nil
}

// shards lists the weight files, and for an index which tensor is in which.
func (f format) shards(fsys fs.FS, dir string) ([]string, map[string]string, error) {
	if _, err := fs.Stat(fsys, f.whole); err == nil {
		return []string{f.whole}, nil, nil
	}
	name := path.Join(dir, f.index())
	b, err := fs.ReadFile(fsys, f.index())
	if err != nil {
		return nil, nil, fault.Invalidf("%s: %w", name, err)
	}
	var index struct {
		Metadata any               `json:"metadata"`
		Where    map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(b, &index, json.RejectUnknownMembers(true)); err != nil {
		return nil, nil, fault.Invalidf("%s: %w", name, err)
	}
	var shards []string
	for tensor, shard := range index.Where {
		if shard != path.Base(shard) || !fs.ValidPath(shard) || !strings.HasSuffix(shard, f.suffix) {
			return nil, nil, fault.Invalidf("%s: weight_map: %q names %q, which is not a %s file of this folder", name, tensor, shard, f.suffix)
		}
		if !slices.Contains(shards, shard) {
			shards = append(shards, shard)
		}
	}
	if len(shards) == 0 {
		return nil, nil, fault.Invalidf("%s: weight_map is empty", name)
	}
	slices.Sort(shards)
	return shards, index.Where, nil
}
