package tokenizer

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
)

// bertSettings are the keys of tokenizer_config.json. Those that say how text is
// normalised and which tokens are special are used; the others have no effect on ids.
// Source: BertTokenizer of Transformers.
type bertSettings struct {
	file string
	keys map[string]jsontext.Value
}

// readVocabText reads vocab.txt and tokenizer_config.json in dir: the older layout of BERT,
// one token a line, whose number from 0 is its id.
func readVocabText(fsys fs.FS, dir string) (*definition, error) {
	vocabFile, configFile := path.Join(dir, "vocab.txt"), path.Join(dir, "tokenizer_config.json")
	b, err := read(fsys, vocabFile)
	if err != nil {
		return nil, err
	}
	d := &definition{file: vocabFile, cuts: preTokenizers{bertWords{}}}
	if d.vocab, err = parseVocabText(vocabFile, b); err != nil {
		return nil, err
	}
	if !exists(fsys, configFile) {
		return nil, fault.Invalidf("%s: is missing, so nothing says whether text is lower-cased: copy it beside vocab.txt, or write {\"do_lower_case\": true} or false into it", configFile)
	}
	if b, err = read(fsys, configFile); err != nil {
		return nil, err
	}
	s := bertSettings{file: configFile}
	if err := decode(configFile, "", b, &s.keys); err != nil {
		return nil, err
	}
	n, err := s.normal()
	if err != nil {
		return nil, err
	}
	d.normalizers = normalizers{n}
	return d, s.addTokens(d)
}

// parseVocabText numbers the lines.
func parseVocabText(file string, b []byte) (map[string]int32, error) {
	vocab := map[string]int32{}
	line := int32(0)
	for text := range bytes.Lines(b) {
		token := string(bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r")))
		switch first, twice := vocab[token]; {
		case !utf8.ValidString(token):
			return nil, fault.Invalidf("%s: line %d is not utf-8: get the file anew", file, line+1)
		case token == "":
			return nil, fault.Invalidf("%s: line %d is empty: get the file anew", file, line+1)
		case twice:
			return nil, fault.Invalidf("%s: line %d: %s is line %d too: get the file anew", file, line+1, printable(token), first+1)
		case line == idLimit:
			return nil, fault.Invalidf("%s: more than %d lines, no vocabulary has: give the right file", file, idLimit)
		}
		vocab[token] = line
		line++
	}
	return vocab, nil
}

// take decodes the value of a key, if it has one, into v.
func (s bertSettings) take(key string, v any) error {
	if value := orNull(s.keys[key]); value.Kind() != 'n' {
		return decode(s.file, "/"+key, value, v)
	}
	return nil
}

// normal reads the normalisation.
func (s bertSettings) normal() (n bertNormal, err error) {
	lower, chinese, basic := true, true, true
	var strip *bool // as lower
	var never []string
	for _, f := range []struct {
		key string
		v   any
	}{{"do_lower_case", &lower}, {"tokenize_chinese_chars", &chinese}, {"do_basic_tokenize", &basic}, {"strip_accents", &strip}, {"never_split", &never}} {
		if err := s.take(f.key, f.v); err != nil {
			return n, err
		}
	}
	switch {
	case !basic:
		return n, fault.Invalidf("%s: do_basic_tokenize false is not supported: only true is", s.file)
	case len(never) > 0:
		return n, fault.Invalidf("%s: never_split is not supported: only null is", s.file)
	}
	n = bertNormal{clean: true, chinese: chinese, strip: lower, lower: lower}
	if strip != nil {
		n.strip = *strip
	}
	return n, nil
}

// addTokens finds the special tokens in the vocabulary. A tokenizer that has more than
// BERT's five is refused, as they would be cut up.
func (s bertSettings) addTokens(d *definition) error {
	var cls, sep specialToken
	for _, t := range []struct{ key, usual string }{
		{"pad_token", "[PAD]"}, {"unk_token", "[UNK]"}, {"cls_token", "[CLS]"}, {"sep_token", "[SEP]"}, {"mask_token", "[MASK]"},
	} {
		content, err := s.token(t.key, t.usual)
		if err != nil {
			return err
		}
		id, ok := d.vocab[content]
		if !ok {
			return fault.Invalidf("%s: lacks %s, which is the %s: get both files from the same model", d.file, printable(content), t.key)
		}
		switch t.key {
		case "unk_token":
			d.model = &wordPieceSettings{prefix: "##", most: 100, unknown: content}
		case "cls_token":
			cls = specialToken{content, id}
		case "sep_token":
			sep = specialToken{content, id}
		}
		if !isAdded(d, content) {
			d.added = append(d.added, addedToken{ID: id, Content: content, Special: true})
		}
	}
	d.post = bertTemplate(cls, sep)
	return s.checkMore(d)
}

func isAdded(d *definition, content string) bool {
	return slices.ContainsFunc(d.added, func(a addedToken) bool { return a.Content == content })
}

// token is the content of a special token, which is written as text or as an object.
func (s bertSettings) token(key, usual string) (content string, err error) {
	content = usual
	if orNull(s.keys[key]).Kind() != '{' {
		return content, s.take(key, &content)
	}
	var t map[string]jsontext.Value
	if err := s.take(key, &t); err != nil {
		return "", err
	}
	return content, decode(s.file, "/"+key+"/content", orNull(t["content"]), &content)
}

// checkMore refuses added tokens beside the special ones.
func (s bertSettings) checkMore(d *definition) error {
	var more map[string]map[string]jsontext.Value
	if err := s.take("added_tokens_decoder", &more); err != nil {
		return err
	}
	var unknown []string
	for id, token := range more {
		content := ""
		if err := decode(s.file, "/added_tokens_decoder/"+id+"/content", orNull(token["content"]), &content); err != nil {
			return err
		}
		if !isAdded(d, content) {
			unknown = append(unknown, printable(content))
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return fault.Invalidf("%s: added_tokens_decoder has %s, which is not one of the five special tokens: give the tokenizer.json too",
			s.file, strings.Join(unknown[:min(3, len(unknown))], ", "))
	}
	return nil
}
