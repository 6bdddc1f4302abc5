package model

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/lfs"
	"github.com/dylora/dylora/internal/pickle"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/weights"
)

// checkpoint is the tensors of a model folder by name, without the prefix.
type checkpoint struct {
	path     string // for messages
	tensors  map[string]safetensors.Stored
	replaced map[string]bool  // tensors that are not the file's
	made     []weights.Tensor // those of replaced that were made from a seed, by full names
	shards   []*shardFile
}

// format is a kind of weight files: one file, or an index of shards.
type format struct {
	whole  string
	suffix string // of shards
	index  func(name string, r io.ReaderAt, size int64) ([]safetensors.Stored, error)
}

func (f format) list() string { return f.whole + ".index.json" }

// in says whether the folder has weights of this format.
func (f format) in(fsys fs.FS) bool {
	_, whole := fs.Stat(fsys, f.whole)
	_, index := fs.Stat(fsys, f.list())
	return whole == nil || !errors.Is(index, fs.ErrNotExist)
}

// largestIndex bounds an index; that of a model of a thousand tensors has a tenth of a megabyte.
const largestIndex = 64 << 20

var (
	tensorFormat = format{"model.safetensors", ".safetensors", safetensors.Index}
	pickleFormat = format{"pytorch_model.bin", ".bin", unpickled}
)

// findFormat chooses safetensors where there are any, else pickles if they are allowed;
// if not, the reason is PickledWeights.
func findFormat(fsys fs.FS, dir string, allowPickle bool) (format, error) {
	switch {
	case tensorFormat.in(fsys):
		return tensorFormat, nil
	case !pickleFormat.in(fsys):
		return format{}, fault.Invalidf("%s: no %s and no %s: want a folder in Hugging Face's layout with safetensors weights", dir, tensorFormat.whole, tensorFormat.list())
	case !allowPickle:
		if err := checkPointer(fsys, dir, pickleFormat.whole); err != nil {
			return format{}, err
		}
		return format{}, fault.Because(PickledWeights, fault.Usagef("%s: the weights are only there as %s, a Python pickle: a program, which may do anything to who runs it. Nothing of it is run here",
			dir, pickleFormat.whole))
	}
	return pickleFormat, nil
}

// checkPointer refuses a pointer of Git LFS before the pickle that it stands for.
func checkPointer(fsys fs.FS, dir, name string) error {
	f, err := fsys.Open(name)
	if err != nil {
		return nil //nolint:nilerr // the weights are in shards
	}
	defer f.Close()
	return lfs.CheckReader(path.Join(dir, name), f)
}

// unpickled reads a pickle whole: its tensors may lie in it in pieces.
func unpickled(name string, r io.ReaderAt, size int64) ([]safetensors.Stored, error) {
	b, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, fault.Invalidf("%s: cannot be read: %w", name, err)
	}
	f, err := pickle.Parse(name, b)
	if err != nil {
		return nil, err
	}
	tensors := make([]safetensors.Stored, len(f.Tensors))
	for i, t := range f.Tensors {
		tensors[i] = t.Stored(name)
	}
	return tensors, nil
}

// readCheckpoint opens the weights, whole or in the shards that an index names, of the
// folder that fsys is; dir is the folder's path for messages. The caller closes it.
func readCheckpoint(fsys fs.FS, dir string, allowPickle bool) (*checkpoint, error) {
	form, err := findFormat(fsys, dir, allowPickle)
	if err != nil {
		return nil, err
	}
	shards, where, err := form.shards(fsys, dir)
	if err != nil {
		return nil, err
	}
	c := &checkpoint{path: path.Join(dir, form.whole), tensors: map[string]safetensors.Stored{}, replaced: map[string]bool{}}
	for _, shard := range shards {
		if err := c.open(fsys, dir, shard, form, where); err != nil {
			return nil, errors.Join(err, c.close())
		}
	}
	for name, shard := range where {
		if _, ok := c.tensors[name]; !ok {
			return nil, errors.Join(fault.Invalidf("%s: tensor %q is not in %s", path.Join(dir, form.list()), name, shard), c.close())
		}
	}
	return c, nil
}

// open lists a shard's tensors; those of safetensors stay in the file.
func (c *checkpoint) open(fsys fs.FS, dir, shard string, form format, where map[string]string) error {
	name := path.Join(dir, shard)
	f, err := openShard(fsys, shard)
	if err != nil {
		return fault.Invalidf("%s: cannot be read: %w", name, err)
	}
	f.name = name
	c.shards = append(c.shards, f)
	tensors, err := form.index(name, f, f.size)
	if err != nil {
		return err
	}
	for _, t := range tensors {
		if _, twice := c.tensors[t.Name]; twice {
			return fault.Invalidf("%s: tensor %q is in another shard too", name, t.Name)
		}
		if want, ok := where[t.Name]; where != nil && (!ok || want != shard) {
			return fault.Invalidf("%s: tensor %q: %s says it is in %q", name, t.Name, form.list(), want)
		}
		c.tensors[t.Name] = t
	}
	return nil
}

// shards lists the weight files, and for an index which tensor is in which.
func (f format) shards(fsys fs.FS, dir string) ([]string, map[string]string, error) {
	if _, err := fs.Stat(fsys, f.whole); err == nil {
		return []string{f.whole}, nil, nil
	}
	name := path.Join(dir, f.list())
	if info, err := fs.Stat(fsys, f.list()); err == nil && info.Size() > largestIndex {
		return nil, nil, fault.Invalidf("%s: larger than %d MiB, no index is: give the right file", name, largestIndex>>20)
	}
	b, err := fs.ReadFile(fsys, f.list())
	if err != nil {
		return nil, nil, fault.Invalidf("%s: %w", name, err)
	}
	if err := lfs.Check(name, b); err != nil {
		return nil, nil, err
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
		if shard != path.Base(shard) || !fs.ValidPath(shard) || !strings.HasSuffix(shard, f.suffix) || strings.ContainsFunc(shard, strange) {
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

// strange are the characters that would spoil a message, end a name early, or lead
// elsewhere on some system.
func strange(r rune) bool { return !unicode.IsPrint(r) || r == '\\' || r == ':' }
