package inputs

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/packed"
	"github.com/dylora/dylora/internal/pretrained"
)

// makeModels makes two small models that differ in each of their files, and a copy of the first.
func makeModels(root, dir string) error {
	from := filepath.Join(root, "internal", "reftest", "testdata", "bert", "model")
	files := map[string][]byte{}
	for _, name := range []string{"config.json", "tokenizer.json", "model.safetensors"} {
		b, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		files[name] = b
	}
	if err := errors.Join(writeFolder(filepath.Join(dir, first), files), writeFolder(filepath.Join(dir, used), files)); err != nil {
		return err
	}
	var config, tokens map[string]any
	if err := errors.Join(json.Unmarshal(files["config.json"], &config), json.Unmarshal(files["tokenizer.json"], &tokens)); err != nil {
		return err
	}
	config["layer_norm_eps"] = 1e-2
	vocab := tokens["model"].(map[string]any)["vocab"].(map[string]any)
	vocab["t"], vocab["c"] = vocab["c"], vocab["t"]
	var err, also error
	files["config.json"], err = json.Marshal(config)
	files["tokenizer.json"], also = json.Marshal(tokens)
	weights := slices.Clone(files["model.safetensors"])
	for i := len(weights) - 20_000; i < len(weights); i += 4 {
		weights[i] ^= 0x40 // a bit of a number's mantissa
	}
	files["model.safetensors"] = weights
	return errors.Join(err, also, writeFolder(filepath.Join(dir, second), files))
}

// writeFolder makes a folder of files, which are an hour old.
func writeFolder(dir string, files map[string][]byte) error {
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	for name, b := range files {
		path, old := filepath.Join(dir, name), time.Now().Add(-time.Hour)
		if err := errors.Join(os.WriteFile(path, b, 0o666), os.Chtimes(path, old, old)); err != nil {
			return err
		}
	}
	return nil
}

// probe is what a loaded model answers to a text.
type probe struct {
	ids    []int32
	logits []float32
}

func (p probe) equal(o probe) error {
	if !slices.Equal(p.ids, o.ids) || !slices.Equal(p.logits, o.logits) {
		return fmt.Errorf("ids %v and logits %v, not %v and %v", p.ids, p.logits, o.ids, o.logits)
	}
	return nil
}

// loaded is a model in use.
type loaded struct {
	graph *model.Graph
	ids   []int32
}

// load reads a folder, through a cache if there is one.
func load(dir string, cache *packed.Cache) (*loaded, error) {
	machine, err := kernel.New("", 1)
	if err != nil {
		return nil, err
	}
	options := model.LoadOptions{Machine: machine, Cache: cache}
	f, err := pretrained.Read(pretrained.At(dir), dir, pretrained.Options{Weights: &options})
	if err != nil {
		return nil, err
	}
	m, err := f.Load(options)
	if err != nil {
		return nil, err
	}
	none := func(string) (model.Pair, bool) { return model.Pair{}, false }
	g, err := m.Compile(model.Options{Rows: 16, Sequences: 2, Labels: 2, Rank: 1, Head: m.NewHead(2, 5), Adapt: none})
	ids, _ := f.Tokenizer.Sequence("the cat", nil, 0)
	return &loaded{g, ids}, err
}

// answer runs the model once.
func (l *loaded) answer() (probe, error) {
	logits, _, err := l.graph.Run(&model.Input{IDs: l.ids, Offsets: []int32{0, int32(len(l.ids))}})
	return probe{l.ids, slices.Clone(logits)}, err
}

// answerOf loads a folder and runs the model once.
func answerOf(dir string, cache *packed.Cache) (probe, error) {
	l, err := load(dir, cache)
	if err != nil {
		return probe{}, err
	}
	p, err := l.answer()
	return p, errors.Join(err, l.graph.Close())
}

// changeModel reads a model folder while it becomes another one.
func changeModel(q request) (err, wrong error) {
	dir := filepath.Join(q.Dir, used)
	start := time.Now()
	if _, wrong = answerOf(dir, nil); wrong != nil {
		return nil, wrong
	}
	wait := change(q, time.Since(start)/2)
	got, err := answerOf(dir, nil)
	if wrong = wait(); wrong != nil {
		return err, wrong
	}
	return version(err, func(name string) error {
		want, err := answerOf(filepath.Join(q.Dir, name), nil)
		if err != nil {
			return err
		}
		return got.equal(want)
	})
}

// cacheOf fills a cache of packed weights and gives its file.
func cacheOf(q request) (cache *packed.Cache, file string, want probe, err error) {
	cache = &packed.Cache{Dir: filepath.Join(q.Dir, "cache"), Limit: 1 << 30}
	if want, err = answerOf(filepath.Join(q.Dir, used), cache); err != nil {
		return nil, "", want, err
	}
	files, err := filepath.Glob(filepath.Join(cache.Dir, "*.packed"))
	if err != nil || len(files) != 1 {
		return nil, "", want, fmt.Errorf("the cache holds %q: %w", files, err)
	}
	return cache, files[0], want, nil
}

// changeCache flips bits of cached weights, cuts them or writes others: the answer stays what it is.
func changeCache(q request) (err, wrong error) {
	cache, file, want, wrong := cacheOf(q)
	if wrong != nil {
		return nil, wrong
	}
	b, wrong := os.ReadFile(file)
	if wrong != nil {
		return nil, wrong
	}
	random := rand.New(rand.NewPCG(q.Seed, 6))
	switch random.IntN(4) {
	case 0:
		b = b[:random.IntN(len(b))]
	case 1:
		clear(b[random.IntN(len(b)):])
	default:
		for range 1 + random.IntN(3) {
			b[random.IntN(len(b))] ^= 1 << random.IntN(8)
		}
	}
	if wrong = errors.Join(os.Remove(file), os.WriteFile(file, b, 0o666)); wrong != nil {
		return nil, wrong
	}
	for range 2 { // the second time from the file that took its place
		got, err := answerOf(filepath.Join(q.Dir, used), cache)
		if err != nil {
			return err, fmt.Errorf("a damaged cache is an error: %w", err)
		}
		if wrong = got.equal(want); wrong != nil {
			return nil, wrong
		}
	}
	return nil, nil
}

// changeMapped cuts cached weights while a model uses them: it answers as before, or by an error
// that names the file, and a new model is whole.
func changeMapped(q request) (err, wrong error) {
	cache, file, want, wrong := cacheOf(q)
	if wrong != nil {
		return nil, wrong
	}
	l, wrong := load(filepath.Join(q.Dir, used), cache)
	if wrong != nil {
		return nil, wrong
	}
	info, wrong := os.Stat(file)
	if wrong != nil {
		return nil, wrong
	}
	random := rand.New(rand.NewPCG(q.Seed, 7))
	size, moment := random.Int64N(info.Size()), time.Duration(random.Int64N(int64(time.Millisecond)))
	cut := make(chan error, 1)
	go func() {
		time.Sleep(moment)
		cut <- os.Truncate(file, size)
	}()
	for n := 0; err == nil; n++ {
		var got probe
		if got, err = l.answer(); err == nil {
			wrong = errors.Join(wrong, got.equal(want))
		}
		if n == 10_000 {
			wrong = errors.New("a file that is cut is not noticed")
			break
		}
	}
	if wrong = errors.Join(wrong, <-cut, l.graph.Close()); wrong != nil {
		return nil, wrong
	}
	if err != nil && (fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), file)) {
		return err, fmt.Errorf("class %d: %w", fault.ClassOf(err), err)
	}
	got, wrong := answerOf(filepath.Join(q.Dir, used), cache)
	if wrong == nil {
		wrong = got.equal(want)
	}
	return err, wrong
}
