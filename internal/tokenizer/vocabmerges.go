package tokenizer

import (
	"bytes"
	"fmt"
	"path"
	"unicode/utf8"

	"github.com/dylora/dylora/internal/fault"
)

// readVocabMerges reads vocab.json and merges.txt, the files of byte-level BPE.
func readVocabMerges(f *modelFolder, _ *arguments, d *definition) error {
	vocab, merges := path.Join(f.dir, "vocab.json"), path.Join(f.dir, "merges.txt")
	b, err := read(f.fsys, vocab)
	if err != nil {
		return err
	}
	if err := decode(vocab, "", b, &d.vocab); err != nil {
		return err
	}
	if b, err = read(f.fsys, merges); err != nil {
		return err
	}
	s := &bpeSettings{mergeAt: func(line int) string { return fmt.Sprintf("%s: line %d", merges, line) }}
	s.merges, err = parseMerges(merges, b)
	d.model = s
	return err
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
