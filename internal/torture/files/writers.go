//go:build linux

package files

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dylora/dylora/internal/hub/hubtest"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/torture/row"
	"github.com/dylora/dylora/models"
)

// writers are the commands that write something, with what they need, and a function that takes it away.
func writers(t *row.Trial) (all []*export, done func(), err error) {
	dir, err := os.MkdirTemp("", "torture-")
	if err != nil {
		return nil, nil, err
	}
	server, stop := hubtest.Start()
	done = func() {
		stop()
		_ = os.RemoveAll(dir) // in the folder of temporary files
	}
	s, err := newTraining(t, 12, 4)
	if err == nil {
		var r *result
		if r, err = dylora(t, dir, s.args...); err == nil && r.code != 0 {
			err = fmt.Errorf("the training: %v", r)
		}
	}
	large := filepath.Join(dir, "large")
	if err == nil {
		err = largeModel(large)
	}
	if err == nil {
		err = trainLarge(t, dir, large)
	}
	if err == nil {
		err = addTiny(server, filepath.Join(t.Root, "internal", "reftest", "testdata", "bert", "model"))
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	all = list(dir, server.URL)
	for _, x := range all {
		if err := x.measure(t); err != nil {
			done()
			return nil, nil, fmt.Errorf("%s: %w", x.name, err)
		}
	}
	return all, done, nil
}

// list are the commands. source has two runs, one of a model whose packed weights are kept, and hub is a Hub's address.
func list(source, hub string) []*export {
	trained := func(dir string) error {
		if err := os.WriteFile(filepath.Join(dir, "texts.txt"), []byte(strings.Repeat("a good film\nnothing works here\n", 20)), 0o666); err != nil {
			return err
		}
		return os.CopyFS(filepath.Join(dir, place), os.DirFS(filepath.Join(source, place)))
	}
	over := func(path string, content string) func(dir string) error { // something is at the place already
		return func(dir string) error {
			if err := trained(dir); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, path), []byte(content), 0o666)
		}
	}
	sliced := func(dir string) error {
		if err := trained(dir); err != nil {
			return err
		}
		return os.CopyFS(filepath.Join(dir, "out"), os.DirFS(filepath.Join(source, place, "adapter")))
	}
	x := func(name, args string, prepare func(string) error, places ...string) *export {
		return &export{name: name, args: strings.Fields(args), prepare: prepare, places: places}
	}
	base := x("export-base", "export-base mini base", trained, "base")
	base.single = true
	packed := x("packed cache", "predict --in texts.txt --out answers.jsonl --adapter "+filepath.Join(source, "runs", "large"), trained, "answers.jsonl")
	packed.cache, packed.env = true, []string{"DYLORA_CACHE=cache"}
	mapped := x("packed cache that is there", strings.Join(packed.args, " "), func(dir string) error {
		if err := trained(dir); err != nil {
			return err
		}
		return linked(filepath.Join(source, "cache"), filepath.Join(dir, "cache"))
	}, "answers.jsonl")
	mapped.cache, mapped.env = true, packed.env
	fetch := x("Hub download", "fetch org/tiny", func(string) error { return nil })
	fetch.env = []string{"HF_HOME=hf", "HF_HUB_OFFLINE=0", "HF_ENDPOINT=" + hub}
	return []*export{
		x("slice", "slice --rank 2 --out out --force --adapter "+place, trained, "out"),
		x("slice over another", "slice --rank 2 --out out --force --adapter "+place, sliced, "out"),
		x("slices", "slice --rank 1,2,4 --out out --force --adapter "+place, trained, "out"),
		x("merge", "merge --rank 2 --out merged --force --adapter "+place, trained, "merged"),
		base,
		x("predict", "predict --in texts.txt --out answers.jsonl --adapter "+place, trained, "answers.jsonl"),
		x("predict over another", "predict --in texts.txt --out answers.jsonl --adapter "+place, over("answers.jsonl", "old\n"), "answers.jsonl"),
		x("sweep", "sweep --html page.html --plot curve.svg --adapter "+place, over("curve.svg", "old\n"), "page.html", "curve.svg"),
		fetch,
		packed,
		mapped,
	}
}

// linked makes a folder of the same files as another: they are large.
func linked(from, to string) error {
	entries, err := os.ReadDir(from)
	if err == nil {
		err = os.Mkdir(to, 0o700)
	}
	for _, e := range entries {
		if err == nil {
			err = os.Link(filepath.Join(from, e.Name()), filepath.Join(to, e.Name()))
		}
	}
	return err
}

// trainLarge makes an adapter of a large model, and a cache of its packed weights.
func trainLarge(t *row.Trial, dir, large string) error {
	c := command(t, t, dir, strings.Fields("train --run runs/large --max-steps 1 --max-train-examples 8 --max-eval-examples 8 --batch 8 --max-length 20 --model "+large)...)
	c.Env = environment(dir, "DYLORA_CACHE=cache")
	r, err := run(c)
	if err == nil && r.code != 0 {
		err = fmt.Errorf("the training of a large model: %v", r)
	}
	return err
}

// addTiny makes a model of a folder a repository.
func addTiny(s *hubtest.Server, folder string) error {
	files := map[string][]byte{}
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		if err == nil {
			files[e.Name()], err = os.ReadFile(filepath.Join(folder, e.Name()))
		}
	}
	s.Add("models/org/tiny", files)
	return err
}

// largeModel makes a folder of the built-in model with a vocabulary that makes its weights worth a place in the cache.
func largeModel(dir string) error {
	if err := os.CopyFS(dir, models.Mini()); err != nil {
		return err
	}
	const vocabulary = 64 << 10
	config := map[string]any{}
	b, err := fs.ReadFile(models.Mini(), "config.json")
	if err == nil {
		err = json.Unmarshal(b, &config)
	}
	if err != nil {
		return err
	}
	config["vocab_size"] = vocabulary
	if b, err = json.Marshal(config); err == nil {
		err = replace(filepath.Join(dir, "config.json"), b)
	}
	if err != nil {
		return err
	}
	if b, err = fs.ReadFile(models.Mini(), "model.safetensors"); err != nil {
		return err
	}
	f, err := safetensors.Parse("mini", b)
	if err != nil {
		return err
	}
	var tensors []safetensors.Tensor
	for _, x := range f.Tensors {
		v, err := x.Float32()
		if err != nil {
			return err
		}
		if strings.HasSuffix(x.Name, "word_embeddings.weight") {
			v = append(v, make([]float32, vocabulary*x.Shape[1]-len(v))...)
			x.Shape = []int{vocabulary, x.Shape[1]}
		}
		tensors = append(tensors, safetensors.F32(x.Name, x.Shape, v))
	}
	if b, err = safetensors.Encode(tensors, nil); err != nil {
		return err
	}
	return replace(filepath.Join(dir, "model.safetensors"), b)
}

// replace writes a file that was copied, as one that has lain there for long: a hash is remembered of such alone.
func replace(path string, b []byte) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		return err
	}
	old := time.Now().Add(-time.Hour)
	return os.Chtimes(path, old, old)
}
