package inputs

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dylora/dylora/internal/tokenizer"
	"github.com/dylora/dylora/internal/torture/row"
)

// recorded compares with ids that the library gave earlier: each text by tokenizer.json, and where
// the folder has them by the older files, too.
func recorded(t *row.Trial, shared string) error {
	type reference struct {
		of    string
		tok   *tokenizer.Tokenizer
		texts pair
	}
	var all []reference
	for pattern, folder := range map[string]string{"data/golden/*_tokenization.jsonl": "data/tokenizer", "encoders/tokenization/*.jsonl": "encoders/tokenizer"} {
		files, err := filepath.Glob(filepath.Join(shared, pattern))
		if err != nil {
			return err
		}
		for _, file := range files {
			name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(file), ".jsonl"), "_tokenization")
			pairs, err := readPairs(file)
			if err != nil {
				return err
			}
			toks, err := layoutsOf(filepath.Join(shared, folder, name))
			if err != nil {
				return err
			}
			for _, tok := range toks {
				for _, p := range pairs {
					all = append(all, reference{name, tok, p})
				}
			}
		}
	}
	const count = 20_000
	if len(all) < count {
		return fmt.Errorf("%s has %d references, want %d", shared, len(all), count)
	}
	t.Random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, i := range t.Pick(count) {
		t.Case(all[i].of, func(string) error { return all[i].texts.compare(all[i].tok) })
	}
	return nil
}

// readPairs reads a file of texts and ids.
func readPairs(path string) (all []pair, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var r struct {
			Text       string
			Pair       *string `json:"text_pair"`
			IDs, Types []int32
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", path, len(all)+1, err)
		}
		p := pair{[]string{r.Text}, r.IDs, r.Types}
		if r.Pair != nil {
			p.texts = append(p.texts, *r.Pair)
		}
		if p.types == nil {
			p.types = make([]int32, len(r.IDs))
		}
		all = append(all, p)
	}
	return all, lines.Err()
}

// layoutsOf reads a tokenizer in each way in which its folder has it.
func layoutsOf(dir string) (all []*tokenizer.Tokenizer, err error) {
	tok, err := tokenizer.Load(os.DirFS(dir), dir, tokenizer.Options{})
	if err != nil {
		return nil, err
	}
	older, err := os.MkdirTemp("", "torture-tokenizer-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(older)) }()
	config, found := `{}`, false
	for _, name := range []string{"vocab.json", "merges.txt", "vocab.txt"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		if found = true; name == "merges.txt" { // which says nothing of special tokens
			config = `{"mask_token": {"__type": "AddedToken", "content": "<mask>", "lstrip": true}}`
		}
		if err := os.WriteFile(filepath.Join(older, name), b, 0o600); err != nil {
			return nil, err
		}
	}
	if !found {
		return []*tokenizer.Tokenizer{tok}, nil
	}
	if err := os.WriteFile(filepath.Join(older, "tokenizer_config.json"), []byte(config), 0o600); err != nil {
		return nil, err
	}
	second, err := tokenizer.Load(os.DirFS(older), older, tokenizer.Options{})
	return []*tokenizer.Tokenizer{tok, second}, err
}
