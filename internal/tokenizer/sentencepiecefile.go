package tokenizer

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
)

const pieceFile = "sentencepiece.bpe.model"

// pieceTokens are the special tokens that a class puts around the pieces of a model file of
// SentencePiece: names of keys, or tokens.
type pieceTokens struct {
	before  []string // in place of the first pieces,
	dropped int      // which are so many
	behind  string
}

// Sources: convert_from_spm of XLMRobertaConverter and CamembertConverter in
// convert_slow_tokenizer of Transformers.
var (
	xlmRobertaPieces = pieceTokens{[]string{"bos_token", "pad_token", "eos_token", "unk_token"}, 3, "mask_token"}
	camembertPieces  = pieceTokens{[]string{"<s>NOTUSED", "pad_token", "</s>NOTUSED", "unk_token", notUsed}, 1, "mask_token"}
)

// notUsed has a score that no path is to have, the other special tokens 0.
const (
	notUsed      = "<unk>NOTUSED"
	notUsedScore = -100
)

func readXLMRoberta(f *modelFolder, a *arguments, d *definition) error {
	return xlmRobertaPieces.read(f, a, d)
}

func readCamembert(f *modelFolder, a *arguments, d *definition) error {
	return camembertPieces.read(f, a, d)
}

// read reads the model file into d: the vocabulary, and the normalisation if it has one. What
// else the file says of how text is treated has no effect in Transformers.
func (t pieceTokens) read(f *modelFolder, a *arguments, d *definition) error {
	b, err := read(f.fsys, d.file)
	if err != nil {
		return err
	}
	file, err := parseSentencePieces(d.file, b)
	if err != nil {
		return err
	}
	if file.model != unigramModel {
		return fault.Invalidf("%s: trainer_spec.model_type is %d, only 1, Unigram, is supported: copy the model's tokenizer.json beside it", d.file, file.model)
	}
	if len(file.charMap) > 0 {
		m, err := newCharacterMap(file.charMap)
		if err != nil {
			return fault.Invalidf("%s: normalizer_spec.precompiled_charsmap: %w: get the file anew", d.file, err)
		}
		d.normalizers = normalizers{m}
		f.log("normalisation", "SentencePiece's map of characters", pieceFile+": normalizer_spec.precompiled_charsmap", "characters are replaced by it before text is cut")
	}
	a.setExtras(d.file, file.pieces)
	s, err := t.vocabulary(f, a, file.pieces)
	if err != nil {
		return err
	}
	return d.setUnigram(s)
}

// vocabulary puts the pieces between the special tokens.
func (t pieceTokens) vocabulary(f *modelFolder, a *arguments, pieces []sentencePiece) (*unigramSettings, error) {
	s := &unigramSettings{}
	add := func(token string, score float64) {
		s.tokens = append(s.tokens, token)
		s.scores = append(s.scores, score)
	}
	for _, name := range t.before {
		token, err := a.contentOf(f, name)
		if err != nil {
			return nil, err
		}
		score := 0.0
		if name == notUsed {
			score = notUsedScore
		}
		add(token, score)
	}
	for _, p := range pieces[min(t.dropped, len(pieces)):] {
		add(p.content, float64(p.score))
	}
	mask, err := a.contentOf(f, t.behind)
	add(mask, 0)
	s.decimals = s.scores
	return s, err
}

// contentOf is the content of a special token by its key, or the name itself if it is no key.
func (a *arguments) contentOf(f *modelFolder, name string) (string, error) {
	usual, isKey := texts(robertaTokens...)[name]
	s, given := a.get(name)
	switch {
	case !isKey:
		return name, nil
	case !given:
		return usual.content, nil
	}
	v, ok, err := s.special()
	if err == nil && !ok {
		err = a.null(f, name)
	}
	return v.content, err
}

// setExtras makes the control pieces and those of the user, the latter not as special
// tokens, what additional_special_tokens were. Source: SentencePieceExtractor.extract.
func (a *arguments) setExtras(file string, pieces []sentencePiece) {
	var extras []specialValue
	for _, p := range pieces {
		if p.kind == controlPiece || p.kind == userPiece {
			control, no := p.kind == controlPiece, false
			extras = append(extras, specialValue{content: p.content, normal: &no, isSpecial: &control})
		}
	}
	a.set(argument{entry: entry{file, "/" + additionalKey, jsontext.Value("[]")}, name: additionalKey, more: extras})
}
