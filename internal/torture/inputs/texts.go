package inputs

import (
	"bytes"
	"cmp"
	_ "embed" // tokenize.py
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/tokenizer"
	"github.com/dylora/dylora/internal/torture/row"
)

//go:embed tokenize.py
var tokenize string

// Variables of the environment: an interpreter that has the tokenizers library, and a folder with more
// tokenizers, and with ids that the library gave where there is no such interpreter.
const (
	pythonVariable = "TEST_PYTHON"
	sharedVariable = "DYLORA_SHARED"
)

// pair is a text, or two, with what the library gives for it.
type pair struct {
	texts      []string
	ids, types []int32
}

// texts is row R15: half of the texts are pairs. They come from all blocks of Unicode and are other
// ones each time, and the library is asked for each. Without it, recorded answers are compared with.
func texts(t *row.Trial) error {
	python := cmp.Or(os.Getenv(pythonVariable), "python3")
	if err := exec.CommandContext(t, python, "-c", "import tokenizers").Run(); err != nil {
		if shared := os.Getenv(sharedVariable); shared != "" {
			return recorded(t, shared)
		}
		return row.Skipped{Why: fmt.Sprintf("%s has no module tokenizers, the Rust library: install it, or name another interpreter by %s (%v)", python, pythonVariable, err)}
	}
	folders, err := tokenizerFolders(t.Root)
	if err != nil {
		return err
	}
	made, err := os.MkdirTemp("", "torture-unigram-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(made) }()
	if err := makeUnigram(t.Root, made); err != nil {
		return err
	}
	folders = append(folders, made)
	all := make([][]pair, len(folders)) // by tokenizer
	blocks, pieces := blocks(), pieces()
	t.Random.Shuffle(len(blocks), func(i, j int) { blocks[i], blocks[j] = blocks[j], blocks[i] })
	n := 0
	for _, i := range t.Pick(20_000) {
		p := pair{texts: []string{text(t.Random, blocks[n%len(blocks)], pieces)}}
		if i%2 == 1 {
			p.texts = append(p.texts, text(t.Random, blocks[t.Random.IntN(len(blocks))], pieces))
		}
		all[n%len(folders)] = append(all[n%len(folders)], p)
		n++
	}
	for i, dir := range folders {
		if len(all[i]) == 0 {
			continue
		}
		if err := askLibrary(t, python, dir, all[i]); err != nil {
			return err
		}
		tok, err := tokenizer.Load(os.DirFS(dir), dir, tokenizer.Options{})
		if err != nil {
			return err
		}
		for _, p := range all[i] {
			t.Case(filepath.Base(filepath.Dir(dir))+"/"+filepath.Base(dir), func(string) error { return p.compare(tok) })
		}
	}
	t.Printf("%d tokenizers, %d blocks", len(folders), len(blocks))
	return nil
}

// tokenizerFolders are those of the small encoders, of the built-in one, and of others that are there.
func tokenizerFolders(root string) (all []string, err error) {
	patterns := []string{filepath.Join(root, "internal/reftest/testdata/*/model"), filepath.Join(root, "models/mini")}
	if shared := os.Getenv(sharedVariable); shared != "" {
		patterns = append(patterns, filepath.Join(shared, "data/tokenizer/*"), filepath.Join(shared, "encoders/tokenizer/*"))
	}
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		for _, dir := range found {
			if _, err := os.Stat(filepath.Join(dir, "tokenizer.json")); errors.Is(err, fs.ErrNotExist) {
				continue
			} else if err != nil {
				return nil, err
			}
			all = append(all, dir)
		}
	}
	if len(all) < 3 {
		return nil, fmt.Errorf("only the tokenizers %q", all)
	}
	return all, nil
}

// makeUnigram makes a folder of a tokenizer as XLM-RoBERTa's, of the parts that the tests of package
// tokenizer have of one.
func makeUnigram(root, dir string) error {
	b, err := os.ReadFile(filepath.Join(root, "internal/tokenizer/testdata/unigram.json"))
	if err != nil {
		return err
	}
	var parts struct {
		Map   string
		Forms []struct{ Changes map[string]any }
	}
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	f, model := parts.Forms[0].Changes, map[string]any{"type": "Unigram"}
	for _, key := range []string{"vocab", "unk_id", "byte_fallback"} {
		model[key] = f[key]
		delete(f, key)
	}
	f["version"], f["truncation"], f["padding"], f["decoder"], f["model"] = "1.0", nil, nil, nil, model
	if b, err = json.Marshal(f); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "tokenizer.json"), bytes.ReplaceAll(b, []byte("$map"), []byte(parts.Map)), 0o666)
}

// askLibrary fills in what the Rust library gives.
func askLibrary(t *row.Trial, python, dir string, all []pair) error {
	var in, out, talk bytes.Buffer
	for _, p := range all {
		line, err := json.Marshal(p.texts)
		if err != nil {
			return err
		}
		in.Write(append(line, '\n'))
	}
	c := exec.CommandContext(t, python, "-c", tokenize, filepath.Join(dir, "tokenizer.json"))
	c.Stdin, c.Stdout, c.Stderr = &in, &out, &talk
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", dir, err, talk.String())
	}
	n := 0
	for line := range strings.Lines(out.String()) {
		var got [2][]int32
		if err := json.Unmarshal([]byte(line), &got); err != nil || n == len(all) {
			return fmt.Errorf("%s: line %d: %w", dir, n, err)
		}
		all[n].ids, all[n].types = got[0], got[1]
		n++
	}
	if n != len(all) {
		return fmt.Errorf("%s: %d answers to %d texts", dir, n, len(all))
	}
	return nil
}

// compare holds what the library gave against the tokenizer.
func (p pair) compare(tok *tokenizer.Tokenizer) error {
	var second *string
	if len(p.texts) == 2 {
		second = &p.texts[1]
	}
	ids, types := tok.Sequence(p.texts[0], second, 0)
	if types == nil {
		types = make([]int32, len(ids))
	}
	if !slices.Equal(ids, p.ids) || !slices.Equal(types, p.types) {
		return fmt.Errorf("%q: ids %v of types %v, the library's %v of %v", p.texts, ids, types, p.ids, p.types)
	}
	return nil
}
