// Package tokenizer turns text into token ids exactly as the Hugging Face tokenizers
// library (Rust, 0.23) does. A text goes through the steps of a pipeline, which are data:
//
//	added tokens    cut out of the raw text ("<mask>", "[SEP]", …)          added.go
//	normalizers     case, accents, forms of Unicode, replacements           normalizers.go, normal.go, forms.go, precompiled.go
//	added tokens    that are found in normalised text
//	pre-tokenizers  cut what lies between into pieces                       bytelevel.go, bertwords.go, behavior.go, metaspace.go
//	model           turns a piece into tokens                               bpe.go, wordpiece.go, unigram.go
//	post-processor  a template: <s> a </s></s> b </s>, and token types      template.go, sequence.go
//
// RoBERTa's is GPT-2's pre-tokenizer over bytes and BPE, BERT's a normalizer, words and
// WordPiece, XLM-RoBERTa's and CamemBERT's SentencePiece's map of characters, words and
// Unigram. Each has two layouts on disk, tokenizer.json (tokenizerjson.go and the files
// that it names) and an older one: vocab.json with merges.txt (vocabmerges.go), vocab.txt
// (vocabtxt.go), sentencepiece.bpe.model (sentencepiecefile.go). What else decides is the class that
// the files name (class.go), its settings in tokenizer_config.json (arguments.go, classes.go), and
// the added tokens of several files (listed.go, addedset.go), by the rules of Transformers 5.23.
// All end in the same definition (definition.go), and so give the same ids.
package tokenizer

import (
	"io/fs"
)

// Tokenizer encodes text. It never changes after Load, apart from a cache of words that
// no result depends on, and may be used by any number of goroutines.
type Tokenizer struct {
	added  [2]matcher    // tokens matched in the raw text first, then the "normalized" ones
	normal normalizers   // applied between the two
	cuts   preTokenizers // of text without added tokens
	model  model
	post   template
	own    int // ids of the model's vocabulary, without added tokens
	size   int
	left   bool // a text that is too long loses its beginning
}

// Load reads the tokenizer in the folder fsys; dir is its path for messages. Files says which
// files are read. The rules are those of AutoTokenizer in Transformers 5.23: a class, which a file
// or the model type names, takes the vocabulary from tokenizer.json, or from the older files where
// there is none, and makes the rest by its settings; tokenizer.json decides alone where the class
// is PreTrainedTokenizerFast, or where no file says what the model is. Whatever would change ids
// and is not supported is refused by the names of file and key, and so are files that contradict
// each other. A file may have up to 64 MiB, ids go up to 2²⁴-1 and an added token has up to 1,024
// bytes. Errors are of class fault.Invalid.
func Load(fsys fs.FS, dir string, o Options) (*Tokenizer, error) {
	f, err := openFolder(fsys, dir, o)
	if err != nil {
		return nil, err
	}
	d, err := f.define()
	if err != nil {
		return nil, err
	}
	return d.tokenizer()
}

// Encode returns the ids of text, without special tokens around it. Added tokens that are
// spelled out in text become their own ids, as in the Rust library. Bytes that are not
// UTF-8, which that library cannot be given, count as symbols of their own and are kept by
// byte-level BPE, dropped like control characters by WordPiece, and unknown to Unigram.
func (t *Tokenizer) Encode(text string) []int32 {
	return t.encode(make([]int32, 0, len(text)/3+4), text, 0, true)
}

// encode appends the ids of text, looking for the added tokens of this pass and the later
// ones; first says that text is where the input begins.
func (t *Tokenizer) encode(ids []int32, text string, pass int, first bool) []int32 {
	switch pass {
	case 1:
		text = t.normal.apply(text)
	case len(t.added):
		return t.cuts.encode(ids, text, first, t.model)
	}
	done, from := 0, 0
	for {
		m, ok := t.added[pass].find(text, from, done)
		if !ok {
			break
		}
		if done < m.start {
			ids = t.encode(ids, text[done:m.start], pass+1, first && done == 0)
		}
		ids = append(ids, m.id)
		done, from = m.stop, m.next
	}
	if done == len(text) {
		return ids
	}
	return t.encode(ids, text[done:], pass+1, first && done == 0)
}

// VocabSize is one more than the largest id, added tokens included: the rows that an
// embedding table needs. Ids below it may be unused.
func (t *Tokenizer) VocabSize() int { return t.size }

// OwnVocabSize is VocabSize without the added tokens that the model's vocabulary lacks. Only
// a text that spells such a token out has its id.
func (t *Tokenizer) OwnVocabSize() int { return t.own }
