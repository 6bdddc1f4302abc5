package tokenizer

import (
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/decision"
)

// TestClassNames: names of Transformers mean a supported class or are refused by name, and
// others mean tokenizer.json as it is.
func TestClassNames(t *testing.T) {
	for name, want := range map[string]*tokenizerClass{
		"BertTokenizer": bertClass, "BertTokenizerFast": bertClass, "ElectraTokenizerFast": bertClass, "DistilBertTokenizerFast": distilBertClass,
		"RobertaTokenizer": robertaClass, "LongformerTokenizerFast": robertaClass, "MPNetTokenizerFast": mpnetClass,
		"XLMRobertaTokenizerFast": xlmRobertaClass, "CamembertTokenizer": camembertClass,
		"PreTrainedTokenizerFast": backendClass, "PreTrainedTokenizer": backendClass, "TokenizersBackend": backendClass,
		"ModernBertTokenizer": backendClass, "MyTokenizerFast": backendClass, "bertTokenizer": backendClass,
	} {
		if got, err := classByName(name, "m/config.json: tokenizer_class"); got != want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for _, name := range otherClasses {
		for _, name := range []string{name, name + "Fast"} {
			_, err := classByName(name, "m/config.json: tokenizer_class")
			checkRefused(t, err, "m/config.json", name)
		}
		if classes[name] != nil {
			t.Errorf("%s is supported and is not", name)
		}
	}
	if !slices.IsSorted(otherClasses) || len(slices.Compact(slices.Clone(otherClasses))) != len(otherClasses) {
		t.Error("the list is not in order, or names a class twice")
	}
	for _, c := range classes {
		if c.pipeline != nil && (c.model == "" || c.template == nil || len(c.older) == 0 || c.edges[0] == "") {
			t.Errorf("%s lacks something", c.name)
		}
	}
}

// TestWhoNamesTheClass: tokenizer_config.json goes before config.json, and that before the model
// type; without it, the files decide.
func TestWhoNamesTheClass(t *testing.T) {
	whole := encodeJSON(t, smallBERT())
	for name, tt := range map[string]struct {
		options         Options
		config, setting string
		want, source    string
	}{
		"both files":                   {Options{}, `{"model_type":"roberta","tokenizer_class":"RobertaTokenizer"}`, `{"tokenizer_class":"BertTokenizerFast"}`, "BertTokenizer", "m/tokenizer_config.json: tokenizer_class"},
		"config.json":                  {Options{}, `{"model_type":"roberta","tokenizer_class":"BertTokenizer"}`, `{}`, "BertTokenizer", "m/config.json: tokenizer_class"},
		"null in the settings":         {Options{}, `{"model_type":"roberta","tokenizer_class":"BertTokenizer"}`, `{"tokenizer_class":null}`, "BertTokenizer", "m/config.json: tokenizer_class"},
		"the model type":               {Options{}, `{"model_type":"electra"}`, `{}`, "BertTokenizer", "config.json: model_type"},
		"the model type of the caller": {Options{ModelType: "mpnet"}, `{"model_type":"bert"}`, `{}`, "MPNetTokenizer", "config.json: model_type"},
		"a type without a class":       {Options{}, `{"model_type":"other"}`, `{}`, "the tokenizers library", "tokenizer.json"},
		"nothing":                      {Options{}, `{}`, `{}`, "the tokenizers library", "tokenizer.json"},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string][]byte{"tokenizer.json": whole, "config.json": []byte(tt.config), "tokenizer_config.json": []byte(tt.setting)}
			f, err := openFolder(folder(files), "m", tt.options)
			if err != nil {
				t.Fatal(err)
			}
			var log decision.Log
			f.decisions = &log
			if c, err := f.class(); err != nil || c.name != tt.want {
				t.Fatalf("%v, %v, want %s", c, err, tt.want)
			}
			if got := log.All(); len(got) != 1 || got[0].Source != tt.source || got[0].Value != tt.want {
				t.Errorf("logged as %+v, want %s by %s", got, tt.want, tt.source)
			}
		})
	}
}

// TestDecisions: what the files settle is logged with the file and the key.
func TestDecisions(t *testing.T) {
	files := olderBERT(`{"do_lower_case":false,"strip_accents":true,"model_input_names":["input_ids"],"truncation_side":"left","additional_special_tokens":["<e>"]}`)
	files["special_tokens_map.json"] = []byte(`{"cls_token":"x"}`)
	files["config.json"] = []byte(`{"model_type":"bert"}`)
	var log decision.Log
	if _, err := Load(folder(files), "m", Options{Log: &log}); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, d := range log.All() {
		lines = append(lines, d.About+" | "+d.Value+" | "+d.Source)
	}
	all := strings.Join(lines, "\n")
	for _, want := range []string{
		"tokenizer | BertTokenizer | config.json: model_type", "vocabulary | vocab.txt | vocab.txt",
		"lower case | false | m/tokenizer_config.json: do_lower_case", "accents | removed | m/tokenizer_config.json: strip_accents",
		"added tokens | <e> (id ", "token types | false | m/tokenizer_config.json: model_input_names",
		"long texts | lose their beginning | m/tokenizer_config.json: truncation_side", "around a text | x (id ",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not among\n%s", want, all)
		}
	}
}

// TestTypesThatTheModelDrops: where the model has no token types, a class that makes them makes
// none.
func TestTypesThatTheModelDrops(t *testing.T) {
	for modelType, want := range map[string]int{"bert": 2, "electra": 2, "roberta": 2, "distilbert": 1, "mpnet": 1} {
		files := olderBERT(`{"tokenizer_class":"BertTokenizer"}`)
		tok, err := Load(folder(files), "m", Options{ModelType: modelType})
		if err != nil {
			t.Fatal(err)
		}
		if got := tok.TypeCount(); got != want {
			t.Errorf("%s: %d types, want %d", modelType, got, want)
		}
	}
}

// FuzzSettings: the files beside the vocabulary are refused in one line, or give a tokenizer
// whose ids lie below VocabSize.
func FuzzSettings(f *testing.F) {
	f.Add([]byte(`{"extra_special_tokens":["a",{"__type":"AddedToken","content":"b","lstrip":true}],"mask_token":"b","own_token":"c"}`), []byte(`{"e":9}`), []byte(`{"cls_token":{"content":"x","rstrip":true}}`))
	f.Add([]byte(`{"added_tokens_decoder":{"7":{"content":"a","normalized":true},"-1":{"content":"b"}}}`), []byte(`{}`), []byte(`{"extra_special_tokens":[{"content":"y"},"z"]}`))
	f.Add([]byte(`{"additional_special_tokens":{"k_token":"a"},"tokenizer_class":"MPNetTokenizer"}`), []byte(`{"":1}`), []byte(`{"additional_special_tokens":["a"],"sep_token":null}`))
	f.Fuzz(func(t *testing.T, settings, added, special []byte) {
		files := olderBERT(string(settings))
		files["added_tokens.json"], files["special_tokens_map.json"] = added, special
		tok, err := Load(folder(files), "m", Options{})
		if err != nil {
			if text := err.Error(); strings.ContainsAny(text, "\n\x00") || len(text) > 2000 {
				t.Fatalf("message %q", text)
			}
			return
		}
		text := "the cats <e> a b [MASK] é\xff"
		ids, _ := tok.Sequence(text, &text, 0)
		for _, id := range ids {
			if id < 0 || int(id) >= tok.VocabSize() {
				t.Fatalf("id %d of %d", id, tok.VocabSize())
			}
		}
	})
}
