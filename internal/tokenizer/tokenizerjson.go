package tokenizer

import (
	"bytes"
	"cmp"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
)

// deepest bounds how often a Sequence may stand in another.
const deepest = 8

// tokenizerFile is tokenizer.json. Truncation, padding and the decoder have no effect here:
// the caller says how long a sequence may be, and batches are packed.
type tokenizerFile struct {
	Version       string         `json:"version"`
	Truncation    jsontext.Value `json:"truncation"`
	Padding       jsontext.Value `json:"padding"`
	AddedTokens   []addedToken   `json:"added_tokens"`
	Normalizer    jsontext.Value `json:"normalizer"`
	PreTokenizer  jsontext.Value `json:"pre_tokenizer"`
	PostProcessor jsontext.Value `json:"post_processor"`
	Decoder       jsontext.Value `json:"decoder"`
	Model         jsontext.Value `json:"model"`
}

// entry is a value in a file, under a key such as "/pre_tokenizer/pretokenizers/0".
type entry struct {
	file, key string
	value     jsontext.Value
}

// definition reads all that the file holds.
func (f *tokenizerFile) definition(file string) (d *definition, err error) {
	d = &definition{file: file, added: f.AddedTokens}
	if d.normalizers, err = readNormalizers(entry{file, "/normalizer", f.Normalizer}); err != nil {
		return nil, err
	}
	if d.cuts, err = readPreTokenizers(entry{file, "/pre_tokenizer", f.PreTokenizer}); err != nil {
		return nil, err
	}
	if err = readModel(entry{file, "/model", f.Model}, d); err != nil {
		return nil, err
	}
	d.post, err = readPostProcessor(entry{file, "/post_processor", f.PostProcessor})
	return d, err
}

// readModel reads the model and its vocabulary into d.
func readModel(e entry, d *definition) error {
	kind, err := modelType(e)
	if err != nil {
		return err
	}
	switch kind {
	case "BPE":
		return readBPE(e, d)
	case "WordPiece":
		return readWordPiece(e, d)
	case "Unigram":
		return readUnigram(e, d)
	}
	return e.unsupported(kind, `"BPE", "WordPiece" or "Unigram"`)
}

// modelType tells the kinds of model apart. Files written before 2020's release 0.9 have
// no type; then the keys that only one kind has decide. Reading stops at the type, which is
// the first key, since the vocabulary behind it is long.
func modelType(e entry) (string, error) {
	absent := fault.Invalidf("%s: model.type is missing, and no other key tells it: get the file anew", e.file)
	if e.null() {
		return "", absent
	}
	if orNull(e.value).Kind() != '{' {
		return "", e.decode(new(map[string]jsontext.Value))
	}
	known := map[string]string{"merges": "BPE", "max_input_chars_per_word": "WordPiece", "unk_id": "Unigram"}
	kind := ""
	d := jsontext.NewDecoder(bytes.NewBuffer(e.value))
	for _, err := d.ReadToken(); err == nil && d.PeekKind() == '"'; err = d.SkipValue() {
		name, err := d.ReadToken()
		if err != nil {
			break
		}
		if name.String() == "type" {
			value, err := d.ReadValue()
			if err != nil {
				break
			}
			err = decode(e.file, e.key+"/type", value, &kind)
			return kind, err
		}
		kind = cmp.Or(kind, known[name.String()])
	}
	if kind == "" {
		return "", absent
	}
	return kind, nil
}

// null says whether the value is null or missing.
func (e entry) null() bool { return orNull(e.value).Kind() == 'n' }

// decode reads the value into v.
func (e entry) decode(v any) error { return decode(e.file, e.key, orNull(e.value), v) }

// kind is the type that an object names.
func (e entry) kind() (kind string, err error) {
	var m map[string]jsontext.Value
	if err := e.decode(&m); err != nil {
		return "", err
	}
	err = decode(e.file, e.key+"/type", orNull(m["type"]), &kind)
	return kind, err
}

// unsupported refuses a type; known are the names of those that are supported.
func (e entry) unsupported(kind, known string) error {
	return fault.Invalidf("%s: %s.type %s is not supported, only %s: use a model whose tokenizer has that", e.file, e.name(), printable(kind), known)
}

// missing refuses an object that lacks one of these keys, without which the library does not
// read it.
func (e entry) missing(keys string) error {
	return fault.Invalidf("%s: %s.%s is missing: get the file anew", e.file, e.name(), keys)
}

// name is the key as messages have it, "pre_tokenizer.pretokenizers.0".
func (e entry) name() string { return strings.ReplaceAll(strings.TrimPrefix(e.key, "/"), "/", ".") }

// readSequence reads a step, which may be null or a Sequence of others, to any depth, under the key that list names. read
// reads one of a type that is no Sequence. The steps are in their order.
func readSequence[T any](e entry, depth int, list string, read func(e entry, kind string) (T, error)) (all []T, err error) {
	if depth == 0 && e.null() {
		return nil, nil
	}
	kind, err := e.kind()
	if err != nil {
		return nil, err
	}
	if kind != "Sequence" {
		one, err := read(e, kind)
		return []T{one}, err
	}
	entries, err := e.list(list, depth)
	if err != nil {
		return nil, err
	}
	for _, each := range entries {
		more, err := readSequence(each, depth+1, list, read)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// list reads the entries of a Sequence under a key of the object.
func (e entry) list(key string, depth int) (list []entry, err error) {
	var m map[string]jsontext.Value
	if err := e.decode(&m); err != nil {
		return nil, err
	}
	if depth >= deepest {
		return nil, fault.Invalidf("%s: %s: more than %d Sequences in each other: write them as one", e.file, e.name(), deepest)
	}
	for name := range m {
		if name != "type" && name != key {
			return nil, fault.Invalidf("%s: key %s is unknown and might change the ids: remove it if it does not", e.file, printable(e.key+"/"+name))
		}
	}
	if orNull(m[key]).Kind() == 'n' {
		return nil, e.missing(key)
	}
	var values []jsontext.Value
	if err := decode(e.file, e.key+"/"+key, m[key], &values); err != nil {
		return nil, err
	}
	for i, v := range values {
		list = append(list, entry{e.file, e.key + "/" + key + "/" + strconv.Itoa(i), v})
	}
	return list, nil
}

// orNull is the value of a key that may be missing.
func orNull(v jsontext.Value) jsontext.Value {
	if len(v) == 0 {
		return jsontext.Value("null")
	}
	return v
}
