package tokenizer

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

// pipelines is testdata/pipelines.json, which scripts/make-pipelines makes.
type pipelines struct {
	Texts  []string
	Pairs  [][2]string
	Models map[string]map[string]any // whole tokenizer.json
	Cases  []pipeline
}

// pipeline is a tokenizer.json by what it changes in that of a model.
type pipeline struct {
	Name, Model string
	Sections    map[string]any
	Texts       []int        // of pipelines.Texts
	Pairs       []int        // of pipelines.Pairs
	Limit       int          // of tokens, 0 for none
	Answers     [][2][]int32 // ids and types of texts, then of pairs; null where the library fails
}

func readPipelines(t testing.TB) (p pipelines) {
	t.Helper()
	b, err := os.ReadFile("testdata/pipelines.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &p); err != nil || len(p.Cases) == 0 {
		t.Fatalf("%d cases, %v", len(p.Cases), err)
	}
	return p
}

// file is the tokenizer.json of a case. A section model has the keys that change; its vocab
// has tokens that come and, with null, go.
func (p pipelines) file(c pipeline) map[string]any {
	file := maps.Clone(p.Models[c.Model])
	maps.Copy(file, c.Sections)
	changed, ok := c.Sections["model"].(map[string]any)
	if !ok {
		return file
	}
	before := p.Models[c.Model]["model"].(map[string]any)
	model := maps.Clone(before)
	maps.Copy(model, changed)
	model["vocab"] = maps.Clone(before["vocab"].(map[string]any))
	if tokens, ok := changed["vocab"].(map[string]any); ok {
		for token, id := range tokens {
			if id == nil {
				delete(model["vocab"].(map[string]any), token)
			} else {
				model["vocab"].(map[string]any)[token] = id
			}
		}
	}
	file["model"] = model
	return file
}

// TestPipelines: steps of all kinds, alone and together, give the ids and types of the
// library, and what the library refuses is refused.
func TestPipelines(t *testing.T) {
	p := readPipelines(t)
	refused := 0
	for _, c := range p.Cases {
		t.Run(c.Name, func(t *testing.T) {
			file := encodeJSON(t, p.file(c))
			tok, err := Load(folder(map[string][]byte{"tokenizer.json": file}), "m", Options{})
			switch {
			case err != nil && fault.ClassOf(err) != fault.Invalid:
				t.Fatal(err)
			case err != nil && c.Answers != nil:
				refused++
				t.Logf("refused, but answered by the library: %v", err)
			case err == nil && c.Answers == nil:
				t.Errorf("%v: not refused", c.Sections)
			case err == nil:
				p.compare(t, tok, c)
			}
		})
	}
	if refused > len(p.Cases)/50 {
		t.Errorf("%d of %d are refused", refused, len(p.Cases))
	}
}

// compare holds a tokenizer to the answers of a case, the second time from the cache.
func (p pipelines) compare(t *testing.T, tok *Tokenizer, c pipeline) {
	check := func(want [2][]int32, a string, b *string) {
		ids, types := tok.Sequence(a, b, c.Limit)
		if want[1] == nil {
			want[1] = make([]int32, len(want[0]))
		}
		if types == nil {
			types = make([]int32, len(ids))
		}
		if !slices.Equal(ids, want[0]) || !slices.Equal(types, want[1]) {
			t.Errorf("%v: %q %v: %v of types %v, want %v of %v", c.Sections, a, b, ids, types, want[0], want[1])
		}
		for _, kind := range types {
			if int(kind) >= tok.TypeCount() {
				t.Errorf("%v: type %d of %d", c.Sections, kind, tok.TypeCount())
			}
		}
	}
	for range 2 {
		for i, text := range c.Texts {
			check(c.Answers[i], p.Texts[text], nil)
		}
		for i, pair := range c.Pairs {
			check(c.Answers[len(c.Texts)+i], p.Pairs[pair][0], &p.Pairs[pair][1])
		}
	}
}
