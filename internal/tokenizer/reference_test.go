package tokenizer_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/tokenizer"
)

// shared returns the folder of the reference data; without it the test is skipped.
func shared(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("DYLORA_SHARED")
	if dir == "" {
		t.Skip("DYLORA_SHARED is not set: it names the folder of the reference data")
	}
	return dir
}

func load(t testing.TB, dir string) *tokenizer.Tokenizer {
	t.Helper()
	tok, err := tokenizer.Load(os.DirFS(dir), ".")
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
	const suffix = "_tokenization.jsonl"
	files, err := filepath.Glob(filepath.Join(shared(t), "data/golden/*"+suffix))
	if err != nil || len(files) == 0 {
		t.Fatalf("no reference files: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), suffix)
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(shared(t), "data/tokenizer", name)
			tok := load(t, dir)
			all := references(t, file)
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

// TestReferenceLayouts: tokenizer.json and the older files of the same folder
// are the same tokenizer.
func TestReferenceLayouts(t *testing.T) {
	var dirs []string
	for _, pattern := range []string{"data/tokenizer/*/merges.txt", "models/*/merges.txt", "models/*/vocab.txt"} {
		found, err := filepath.Glob(filepath.Join(shared(t), pattern))
		if err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, found...)
	}
	texts := corpus(t)
	for _, merges := range dirs {
		dir := filepath.Dir(merges)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			older := t.TempDir()
			for _, name := range []string{"vocab.json", "merges.txt", "vocab.txt", "tokenizer_config.json"} {
				if err := os.Symlink(filepath.Join(dir, name), filepath.Join(older, name)); err != nil {
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
		})
	}
}

// corpus is every text of the reference files.
func corpus(t testing.TB) (texts []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(shared(t), "data/golden/*_tokenization.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no reference files: %v", err)
	}
	for _, file := range files {
		for _, r := range references(t, file) {
			texts = append(texts, r.Text)
		}
	}
	return texts
}

// TestReferenceConcurrent: goroutines that share a tokenizer, and with it the cache, get
// what one alone gets.
func TestReferenceConcurrent(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(shared(t), "data/tokenizer/*/merges.txt"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no tokenizer: %v", err)
	}
	texts := corpus(t)
	texts = texts[:min(len(texts), 1000)]
	tok, alone := load(t, filepath.Dir(dirs[0])), load(t, filepath.Dir(dirs[0]))
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
	dirs, err := filepath.Glob(filepath.Join(shared(b), "data/tokenizer/*/merges.txt"))
	if err != nil || len(dirs) == 0 {
		b.Fatalf("no tokenizer: %v", err)
	}
	tok, texts := load(b, filepath.Dir(dirs[0])), corpus(b)
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
	dirs, err := filepath.Glob(filepath.Join(shared(b), "data/tokenizer/*/merges.txt"))
	if err != nil || len(dirs) == 0 {
		b.Fatalf("no tokenizer: %v", err)
	}
	for b.Loop() {
		load(b, filepath.Dir(dirs[0]))
	}
}
