package tokenizer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// unigramForms is the file that scripts/unigram-forms writes. Ids are those of each text, and last of
// the third and the fourth as a pair; those of a folder are of as many texts as it has.
type unigramForms struct {
	Map   string
	Texts []string
	Forms []struct {
		Name    string
		Changes map[string]any // of the first form
		IDs     [][]int32
	}
	Files   [][]byte // of SentencePiece
	Folders []struct {
		Name      string
		ModelType string `json:"model_type"`
		File      int
		Config    map[string]any
		IDs       [][]int32
	}
}

func loadUnigramForms(t testing.TB) (u unigramForms) {
	t.Helper()
	file := os.Getenv("DYLORA_UNIGRAM")
	if file == "" {
		file = filepath.Join("testdata", "unigram.json")
	}
	b, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(b, &u)
	}
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// form is tokenizer.json of a form.
func (u *unigramForms) form(t testing.TB, i int) []byte {
	t.Helper()
	f := map[string]any{}
	for key, value := range u.Forms[0].Changes {
		f[key] = value
	}
	for key, value := range u.Forms[i].Changes {
		f[key] = value
	}
	model := map[string]any{"type": "Unigram"}
	for _, key := range []string{"vocab", "unk_id", "byte_fallback"} {
		model[key] = f[key]
		delete(f, key)
	}
	f["version"], f["truncation"], f["padding"], f["decoder"], f["model"] = "1.0", nil, nil, nil, model
	return []byte(strings.ReplaceAll(string(encodeJSON(t, f)), "$map", u.Map))
}

// TestUnigramForms: every form of tokenizer.json gives the ids of the library.
func TestUnigramForms(t *testing.T) {
	u := loadUnigramForms(t)
	for i, form := range u.Forms {
		t.Run(form.Name, func(t *testing.T) {
			tok, err := Load(folder(map[string][]byte{"tokenizer.json": u.form(t, i)}), "m", Options{})
			if err != nil {
				t.Fatal(err)
			}
			compareUnigram(t, tok, u.Texts, form.IDs)
		})
	}
}

// compareUnigram compares ids, twice: with an empty cache and with a full one.
func compareUnigram(t *testing.T, tok *Tokenizer, texts []string, want [][]int32) {
	t.Helper()
	for range 2 {
		for i, ids := range want {
			text, pair := texts[2], &texts[3]
			if i < len(want)-1 {
				text, pair = texts[i], nil
			}
			if got, _ := tok.Sequence(text, pair, 0); !slices.Equal(got, ids) {
				t.Errorf("text %d, %q: got %v, want %v", i, text, got, ids)
			}
		}
	}
}

// TestUnigramFolders: folders without tokenizer.json, whose vocabulary is a model file of
// SentencePiece, give the ids of AutoTokenizer.
func TestUnigramFolders(t *testing.T) {
	u := loadUnigramForms(t)
	for _, f := range u.Folders {
		t.Run(f.Name, func(t *testing.T) {
			files := map[string][]byte{pieceFile: u.Files[f.File]}
			if f.Config != nil {
				files[configFile] = encodeJSON(t, f.Config)
			}
			tok, err := Load(folder(files), "m", Options{ModelType: f.ModelType})
			if err != nil {
				t.Fatal(err)
			}
			compareUnigram(t, tok, u.Texts, f.IDs)
		})
	}
}
