package pretrained

import (
	"slices"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/tokenizer"
)

// checkWhole refuses a folder without a tokenizer. A model of a kind that is not supported is
// refused for that: a tokenizer would not help it.
func (f *Folder) checkWhole() error {
	if tokenizer.Complete(f.has) {
		return nil
	}
	if f.has(configName) {
		if _, err := f.readConfig(nil); err != nil {
			return err
		}
	}
	return fault.Invalidf("%s: has no tokenizer.json, no vocab.json with merges.txt, no vocab.txt and no sentencepiece.bpe.model: copy the tokenizer's files of the model into the folder", f.Place)
}

// checkVocabulary refuses a tokenizer with more tokens than the model has embeddings for.
func (f *Folder) checkVocabulary() error {
	if have, want := f.Tokenizer.VocabSize(), f.Config.VocabSize; have > want {
		return fault.Invalidf("%s: the tokenizer has %d tokens, config.json's vocab_size is %d: the two are not of one model", f.Place, have, want)
	}
	return nil
}

// CheckTypes refuses a tokenizer that gives tokens types which the model has no embeddings
// for, such as BERT's beside a RoBERTa: of pairs of texts if pair is set, else of single ones.
// Transformers stops with an index error there.
func (f *Folder) CheckTypes(pair bool) error {
	text, of, second := "a", "texts", (*string)(nil)
	if pair {
		second, of = &text, "pairs of texts"
	}
	_, types := f.Tokenizer.Sequence(text, second, 0)
	if len(types) == 0 {
		return nil
	}
	largest, have := slices.Max(types), f.Config.TypeVocabSize
	if int(largest) < have {
		return nil
	}
	return fault.Invalidf("%s: the tokenizer gives token type %d in %s, config.json's type_vocab_size is %d: the two are not of one model; "+
		`take the model's own tokenizer, or, if the model was trained without types, add "model_input_names": ["input_ids", "attention_mask"] to tokenizer_config.json`,
		f.Place, largest, of, have)
}
