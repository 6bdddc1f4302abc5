package tokenizer_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/tokenizer"
)

// tokenization is a tokenizer's folder and the file of ids that the Rust library gave with it.
type tokenization struct{ name, dir, file string }

// tokenizations are the committed ones, and where DYLORA_SHARED is set the official tokenizers.
func tokenizations(t testing.TB) (all []tokenization) {
	t.Helper()
	const name, suffix = "tokenization.jsonl", "_tokenization.jsonl"
	committed, err := filepath.Glob(filepath.Join(reftest.Testdata(t), "*", name))
	if err != nil || len(committed) == 0 {
		t.Fatalf("no committed reference: %v", err)
	}
	for _, file := range committed {
		dir := filepath.Dir(file)
		all = append(all, tokenization{"small " + filepath.Base(dir), filepath.Join(dir, "model"), file})
	}
	shared := os.Getenv(reftest.Variable)
	if shared == "" {
		return all
	}
	for _, place := range []struct{ pattern, suffix, folder string }{
		{"data/golden/*" + suffix, suffix, "data/tokenizer"},
		{"encoders/tokenization/*.jsonl", ".jsonl", "encoders/tokenizer"},
	} {
		official, err := filepath.Glob(filepath.Join(shared, place.pattern))
		if err != nil || len(official) == 0 {
			t.Fatalf("no reference files %s: %v", place.pattern, err)
		}
		for _, file := range official {
			name := strings.TrimSuffix(filepath.Base(file), place.suffix)
			all = append(all, tokenization{name, filepath.Join(shared, place.folder, name), file})
		}
	}
	return all
}

// byteLevel is the folder of the last tokenizer of RoBERTa's kind: the official one where it is there.
func byteLevel(t testing.TB) string {
	t.Helper()
	all := tokenizations(t)
	for i := len(all) - 1; i >= 0; i-- {
		if _, err := os.Stat(filepath.Join(all[i].dir, "merges.txt")); err == nil {
			return all[i].dir
		}
	}
	t.Fatal("no tokenizer with merges.txt")
	return ""
}

func load(t testing.TB, dir string) *tokenizer.Tokenizer {
	t.Helper()
	tok, err := tokenizer.Load(os.DirFS(dir), ".", tokenizer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

type reference struct {
	Text string
	Pair *string `json:"text_pair"`
	IDs  []int32
	// Types are those of BERT's references.
	Types []int32
}

func references(t testing.TB, file string) (all []reference) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, len(b)+1)
	for lines.Scan() {
		var r reference
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("%s: line %d: %v", file, len(all)+1, err)
		}
		all = append(all, r)
	}
	if err := lines.Err(); err != nil || len(all) == 0 {
		t.Fatalf("%s: %d references, %v", file, len(all), err)
	}
	return all
}

// TestReferenceTokenization: the ids of the Rust library, line by line.
func TestReferenceTokenization(t *testing.T) {
	for _, reference := range tokenizations(t) {
		t.Run(reference.name, func(t *testing.T) {
			tok := load(t, reference.dir)
			all := references(t, reference.file)
			wrong := 0
			for i, r := range all {
				got, types := tok.Sequence(r.Text, r.Pair, 0)
				if types == nil {
					types = make([]int32, len(r.Types))
				}
				if !slices.Equal(got, r.IDs) || !slices.Equal(types, r.Types) {
					wrong++
					t.Errorf("line %d: %q: got %v of types %v, want %v of %v", i+1, r.Text, got, types, r.IDs, r.Types)
				}
			}
			t.Logf("%d of %d exact", len(all)-wrong, len(all))
		})
	}
}

// TestReferenceTexts: the ids and types that the committed encoders were run on come from
// their texts, so that texts to logits is compared as a whole.
func TestReferenceTexts(t *testing.T) {
	compared := 0
	for _, dir := range reftest.Folders(t) {
		e := reftest.Open(t, dir)
		if len(e.Texts) == 0 {
			continue
		}
		tok := load(t, e.Model())
		for i, text := range e.Texts {
			got, types := tok.Sequence(text.A, text.B, 0)
			if types == nil {
				types = make([]int32, len(got))
			}
			if !slices.Equal(got, e.Sequences[i]) || !slices.Equal(types, e.Types[i]) {
				t.Errorf("%s: %+v gives %v of types %v, want %v of %v", e.Name(), text, got, types, e.Sequences[i], e.Types[i])
			}
			compared++
		}
	}
	if compared < 16 {
		t.Errorf("only %d texts", compared)
	}
}

// TestReferenceLayouts: tokenizer.json and the older files of the same folder
// are the same tokenizer.
func TestReferenceLayouts(t *testing.T) {
	patterns := []string{filepath.Join(reftest.Testdata(t), "*/model/merges.txt"), filepath.Join(reftest.Testdata(t), "*/model/vocab.txt")}
	if shared := os.Getenv(reftest.Variable); shared != "" {
		for _, pattern := range []string{"data/tokenizer/*/merges.txt", "models/*/merges.txt", "models/*/vocab.txt"} {
			patterns = append(patterns, filepath.Join(shared, pattern))
		}
	}
	texts := corpus(t)
	for _, pattern := range patterns {
		layouts, err := filepath.Glob(pattern)
		if err != nil || len(layouts) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		for _, layout := range layouts {
			dir := filepath.Dir(layout)
			t.Run(filepath.Base(filepath.Dir(dir))+"/"+filepath.Base(dir), func(t *testing.T) { sameLayouts(t, dir, texts) })
		}
	}
}

// sameLayouts compares the tokenizer of a folder with that of its older files alone.
func sameLayouts(t *testing.T, dir string, texts []string) {
	older := t.TempDir()
	for _, name := range []string{"vocab.json", "merges.txt", "vocab.txt", "tokenizer_config.json"} {
		if err := os.Symlink(filepath.Join(dir, name), filepath.Join(older, name)); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(older, "tokenizer_config.json")
	if _, err := os.Stat(config); err != nil { // then it says what of RoBERTa's only tokenizer.json says
		settings := "{}"
		if _, err := os.Stat(filepath.Join(dir, "merges.txt")); err == nil {
			settings = `{"mask_token": {"__type": "AddedToken", "content": "<mask>", "lstrip": true}}`
		}
		if err := errors.Join(os.Remove(config), os.WriteFile(config, []byte(settings), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	a, b := load(t, dir), load(t, older)
	if a.VocabSize() != b.VocabSize() {
		t.Errorf("VocabSize %d and %d", a.VocabSize(), b.VocabSize())
	}
	for _, text := range texts {
		x, _ := a.Sequence(text, &text, 0)
		if y, _ := b.Sequence(text, &text, 0); !slices.Equal(x, y) {
			t.Fatalf("%q: tokenizer.json gives %v, the older files %v", text, x, y)
		}
	}
}

// corpus is every text of the reference files.
func corpus(t testing.TB) (texts []string) {
	t.Helper()
	for _, reference := range tokenizations(t) {
		for _, r := range references(t, reference.file) {
			texts = append(texts, r.Text)
		}
	}
	return texts
}

// TestReferenceConcurrent: goroutines that share a tokenizer, and with it the cache, get
// what one alone gets.
func TestReferenceConcurrent(t *testing.T) {
	dir, texts := byteLevel(t), corpus(t)
	texts = texts[:min(len(texts), 1000)]
	tok, alone := load(t, dir), load(t, dir)
	wrong := make(chan string, 4)
	for range cap(wrong) {
		go func() {
			for _, text := range texts {
				if !slices.Equal(tok.Encode(text), alone.Encode(text)) {
					wrong <- text
					return
				}
			}
			wrong <- ""
		}()
	}
	for range cap(wrong) {
		if text := <-wrong; text != "" {
			t.Errorf("%q differs", text)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	tok, texts := load(b, byteLevel(b)), corpus(b)
	tokens, size := 0, 0
	for b.Loop() {
		for _, text := range texts {
			tokens += len(tok.Encode(text))
			size += len(text)
		}
	}
	b.SetBytes(int64(size / b.N))
	b.ReportMetric(float64(tokens)/b.Elapsed().Seconds(), "tokens/s")
}

func BenchmarkLoad(b *testing.B) {
	dir := byteLevel(b)
	for b.Loop() {
		load(b, dir)
	}
}
