package pretrained

import (
	"fmt"
	"slices"

	"github.com/dylora/dylora/internal/decision"
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
// Tokens that were added behind the vocabulary may lack theirs, as for Transformers: then the
// model refuses the texts that spell them out.
func (f *Folder) checkVocabulary(log *decision.Log) error {
	t, want := f.Tokenizer, f.Config.VocabSize
	if have := t.OwnVocabSize(); have > want {
		return fault.Invalidf("%s: the tokenizer has %d tokens, config.json's vocab_size is %d: the two are not of one model", f.Place, have, want)
	}
	if t.VocabSize() <= want {
		return nil
	}
	ids, _ := t.Sequence("", nil, 0)
	if len(ids) > 0 && int(slices.Max(ids)) >= want {
		return fault.Invalidf("%s: the tokenizer puts the token with the id %d around every text, config.json's vocab_size is %d: the two are not of one model",
			f.Place, slices.Max(ids), want)
	}
	log.Add("tokens without embeddings", fmt.Sprintf("added ones with ids from %d to %d", want, t.VocabSize()-1), "config.json: vocab_size", "a text that spells one of them out is refused")
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
	if have == 0 || int(largest) < have { // a model without types does not look at them
		return nil
	}
	return fault.Invalidf("%s: the tokenizer gives token type %d in %s, config.json's type_vocab_size is %d: the two are not of one model; "+
		`take the model's own tokenizer, or, if the model was trained without types, add "model_input_names": ["input_ids", "attention_mask"] to tokenizer_config.json`,
		f.Place, largest, of, have)
}
