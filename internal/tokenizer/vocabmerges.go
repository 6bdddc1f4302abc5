package tokenizer

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"unicode/utf8"

	"github.com/dylora/dylora/internal/fault"
)

// readVocabMerges reads vocab.json and merges.txt in dir: the older layout, which says
// nothing about special tokens, so RoBERTa's five are taken as Transformers takes them.
func readVocabMerges(fsys fs.FS, dir string) (*definition, error) {
	vocabFile, mergesFile := path.Join(dir, "vocab.json"), path.Join(dir, "merges.txt")
	b, err := read(fsys, vocabFile)
	if err != nil {
		return nil, err
	}
	bpe := &bpeSettings{mergeAt: func(line int) string { return fmt.Sprintf("%s: line %d", mergesFile, line) }}
	d := &definition{file: vocabFile, cuts: preTokenizers{byteLevel{}}, model: bpe}
	if err := decode(vocabFile, "", b, &d.vocab); err != nil {
		return nil, err
	}
	for _, content := range []string{"<s>", "<pad>", "</s>", "<unk>", "<mask>"} {
		id, ok := d.vocab[content]
		if !ok {
			return nil, fault.Invalidf("%s: lacks %q, so it is not RoBERTa's: give the tokenizer.json that names its special tokens", vocabFile, content)
		}
		d.added = append(d.added, addedToken{ID: id, Content: content, Special: true, LStrip: content == "<mask>"})
	}
	d.post = robertaTemplate(specialToken{"<s>", d.vocab["<s>"]}, specialToken{"</s>", d.vocab["</s>"]})
	if b, err = read(fsys, mergesFile); err != nil {
		return nil, err
	}
	bpe.merges, err = parseMerges(mergesFile, b)
	return d, err
}

// parseMerges reads merges.txt: one "left right" a line, the first merge ranks first. Lines
// that begin with "#version" are comments, as in the Rust library.
func parseMerges(file string, b []byte) ([]merge, error) {
	var merges []merge
	line := 0
	for text := range bytes.Lines(b) {
		line++
		text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
		if bytes.HasPrefix(text, []byte("#version")) {
			continue
		}
		if !utf8.Valid(text) {
			return nil, fault.Invalidf("%s: line %d is not utf-8: get the file anew", file, line)
		}
		left, right, ok := splitMerge(string(text))
		if !ok {
			return nil, fault.Invalidf("%s: line %d: %s is not two tokens with a blank between: get the file anew",
				file, line, printable(string(text)))
		}
		merges = append(merges, merge{left, right, line})
	}
	return merges, nil
}
