package tokenizer

import (
	"bytes"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dylora/dylora/internal/fault"
)

// readVocabText reads vocab.txt: one token a line, whose number from 0 is its id.
func readVocabText(f *modelFolder, _ *arguments, d *definition) error {
	name := path.Join(f.dir, "vocab.txt")
	b, err := read(f.fsys, name)
	if err != nil {
		return err
	}
	d.vocab, err = parseVocabText(name, b)
	return err
}

// parseVocabText numbers the lines. White space at their ends goes. An empty line is a token
// that no text gives; of a token in several lines, the last one counts.
// Source: WordPiece.read_file in the library's models/wordpiece/mod.rs.
func parseVocabText(file string, b []byte) (map[string]int32, error) {
	vocab := map[string]int32{}
	line := int32(0)
	for text := range bytes.Lines(b) {
		switch {
		case !utf8.Valid(text):
			return nil, fault.Invalidf("%s: line %d is not utf-8: get the file anew", file, line+1)
		case line == idLimit:
			return nil, fault.Invalidf("%s: more than %d lines, no vocabulary has: give the right file", file, idLimit)
		}
		vocab[strings.TrimRightFunc(string(text), unicode.IsSpace)] = line
		line++
	}
	return vocab, nil
}
