package tokenizer

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/dylora/dylora/internal/decision"
	"github.com/dylora/dylora/internal/fault"
)

// folderCases is testdata/folders.json, which scripts/tokenizer-folders makes: folders, and the
// ids and types that AutoTokenizer gives in them.
type folderCases struct {
	Versions map[string]string
	Files    map[string]json.RawMessage
	Texts    map[string][]folderText
	Answers  []folderAnswer
	Cases    []folderCase
}

// folderAnswer has the ids of each text, and its types: the place of the first 1, or all of them.
type folderAnswer struct {
	IDs   [][]int32
	Types []json.RawMessage
}

// folderText is one text or two, and the longest sequence, 0 for any.
type folderText struct {
	a    string
	b    *string
	most int
}

func (t *folderText) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&t.a, &t.b, &t.most})
}

type folderCase struct {
	Name, Texts, Class, May, Error string
	Files                          map[string]json.RawMessage
	Answer                         int
}

// resolve is the content of a file: a text, "$name", an object, or {"$": "name"} with other keys.
// The order of keys may decide, so that objects are kept as they are written.
func (all *folderCases) resolve(t *testing.T, content json.RawMessage) []byte {
	t.Helper()
	var text string
	if json.Unmarshal(content, &text) == nil {
		name, reference := strings.CutPrefix(text, "$")
		if !reference {
			return []byte(text)
		}
		return all.resolve(t, all.Files[name])
	}
	var name string
	keys := object(t, content)
	if json.Unmarshal(keys["$"], &name) != nil {
		return content
	}
	base := object(t, all.Files[name])
	if model := keys["model"]; model != nil {
		keys["model"] = encodeJSON(t, over(object(t, base["model"]), object(t, model)))
	}
	return encodeJSON(t, over(base, keys))
}

func object(t *testing.T, content json.RawMessage) (m map[string]json.RawMessage) {
	t.Helper()
	if err := json.Unmarshal(content, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// over is base with the keys of m instead, but "$".
func over(base, m map[string]json.RawMessage) map[string]json.RawMessage {
	maps.Copy(base, m)
	delete(base, "$")
	return base
}

// files are the case's files in a file system.
func (c *folderCase) files(t *testing.T, all *folderCases) fstest.MapFS {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, content := range c.Files {
		fsys[name] = &fstest.MapFile{Data: all.resolve(t, content)}
	}
	return fsys
}

// types are those of a text of n tokens.
func (a *folderAnswer) types(t *testing.T, text, n int) []int32 {
	t.Helper()
	types := make([]int32, n)
	if a.Types == nil {
		return types
	}
	var first int
	if json.Unmarshal(a.Types[text], &first) == nil {
		for i := first; first > 0 && i < n; i++ {
			types[i] = 1
		}
		return types
	}
	if err := json.Unmarshal(a.Types[text], &types); err != nil {
		t.Fatal(err)
	}
	return types
}

// check compares a tokenizer with the case.
func (c *folderCase) check(t *testing.T, texts []folderText, tok *Tokenizer, a folderAnswer) {
	t.Helper()
	for i, text := range texts {
		ids, types := tok.Sequence(text.a, text.b, text.most)
		if types == nil {
			types = make([]int32, len(ids))
		}
		if want := a.types(t, i, len(a.IDs[i])); !slices.Equal(ids, a.IDs[i]) || !slices.Equal(types, want) {
			b, _ := json.Marshal(c.Files)
			t.Errorf("%q: %v of types %v, %s gives %v of %v\n%.2000s", text.a, ids, types, c.Class, a.IDs[i], want, b)
		}
	}
}

// TestFolders: in every folder, the ids and types of AutoTokenizer, or a refusal where the case
// allows one. FOLDERS names another file of cases, which the script makes with --out.
func TestFolders(t *testing.T) {
	file := filepath.Join("testdata", "folders.json")
	if more := os.Getenv("FOLDERS"); more != "" {
		file = more
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all folderCases
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	answered, answerable := 0, 0
	for _, c := range all.Cases {
		t.Run(c.Name, func(t *testing.T) {
			var log decision.Log
			tok, err := Load(c.files(t, &all), "m", Options{Log: &log})
			if c.Error == "" {
				answerable++
			}
			switch {
			case err != nil:
				if text := err.Error(); !strings.HasPrefix(text, "m") || strings.Contains(text, "\n") || fault.ClassOf(err) != fault.Invalid {
					t.Errorf("refused by %q, want one line that names the file", text)
				}
				if c.Error == "" && c.May == "" {
					t.Errorf("refused: %v", err)
				}
				t.Logf("refused: %v", err)
			case c.Error != "":
				t.Errorf("answered, but AutoTokenizer says %s", c.Error)
			default:
				answered++
				c.check(t, all.Texts[c.Texts], tok, all.Answers[c.Answer])
				if len(log.All()) < 2 {
					t.Errorf("only %d decisions are logged", len(log.All()))
				}
			}
		})
	}
	t.Logf("%d of %d answered", answered, answerable)
}
