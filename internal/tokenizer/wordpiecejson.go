package tokenizer

import "github.com/dylora/dylora/internal/fault"

// longestWordPiece bounds max_input_chars_per_word; it is 100 in every known file.
const longestWordPiece = 1000

type wordPieceFile struct {
	Type                    string           `json:"type"`
	UnkToken                *string          `json:"unk_token"`
	ContinuingSubwordPrefix *string          `json:"continuing_subword_prefix"`
	MaxInputCharsPerWord    *int32           `json:"max_input_chars_per_word"`
	Vocab                   map[string]int32 `json:"vocab"`
}

// readWordPiece reads a model of this kind into d.
func readWordPiece(e entry, d *definition) error {
	var f wordPieceFile
	if err := e.decode(&f); err != nil {
		return err
	}
	if f.Vocab == nil || f.UnkToken == nil || f.ContinuingSubwordPrefix == nil || f.MaxInputCharsPerWord == nil {
		return e.missing("vocab, unk_token, continuing_subword_prefix or max_input_chars_per_word")
	}
	n := *f.MaxInputCharsPerWord
	if n < 1 || n > longestWordPiece {
		return fault.Invalidf("%s: %s.max_input_chars_per_word is %d, not 1 to %d: BERT's is 100", e.file, e.name(), n, longestWordPiece)
	}
	d.vocab = f.Vocab
	d.model = &wordPieceSettings{unknown: *f.UnkToken, prefix: *f.ContinuingSubwordPrefix, most: int(n)}
	return nil
}
