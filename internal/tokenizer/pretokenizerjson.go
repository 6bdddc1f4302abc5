package tokenizer

import (
	"unicode/utf8"

	"github.com/dylora/dylora/internal/fault"
)

type byteLevelFile struct {
	Type           string `json:"type"`
	AddPrefixSpace *bool  `json:"add_prefix_space"`
	TrimOffsets    *bool  `json:"trim_offsets"` // offsets are not computed
	UseRegex       *bool  `json:"use_regex"`    // true if absent
}

type punctuationFile struct {
	Type     string  `json:"type"`
	Behavior *string `json:"behavior"` // Isolated if absent
}

type digitsFile struct {
	Type             string `json:"type"`
	IndividualDigits *bool  `json:"individual_digits"`
}

type delimiterFile struct {
	Type      string  `json:"type"`
	Delimiter *string `json:"delimiter"`
}

type splitFile struct {
	Type     string      `json:"type"`
	Pattern  patternFile `json:"pattern"`
	Behavior *string     `json:"behavior"`
	Invert   *bool       `json:"invert"`
}

type fixedLengthFile struct {
	Type   string `json:"type"`
	Length *int32 `json:"length"` // 5 if absent
}

// readPreTokenizers reads a pre-tokenizer, which may be null or a Sequence of others.
func readPreTokenizers(e entry) (preTokenizers, error) {
	return readSequence(e, 0, "pretokenizers", readPreTokenizer)
}

// readPreTokenizer reads a pre-tokenizer of a kind.
func readPreTokenizer(e entry, kind string) (preTokenizer, error) {
	switch kind {
	case "BertPreTokenizer":
		return bertWords{}, e.decode(new(bareFile))
	case "ByteLevel":
		return readByteLevel(e)
	case "Whitespace":
		return splitter{finder: wordsOrNone{}, invert: true}, e.decode(new(bareFile))
	case "WhitespaceSplit":
		return newWhitespaceSplit(), e.decode(new(bareFile))
	case "Metaspace":
		return readMetaspace(e)
	case "Punctuation":
		return readPunctuation(e)
	case "Digits":
		return readDigits(e)
	case "CharDelimiterSplit":
		return readDelimiter(e)
	case "Split":
		return readSplit(e)
	case "FixedLength":
		return readFixedLength(e)
	}
	return nil, e.unsupported(kind, "those of release 0.23 of the tokenizers library but UnicodeScripts")
}

func readByteLevel(e entry) (b byteLevel, err error) {
	var f byteLevelFile
	if err := e.decode(&f); err != nil {
		return b, err
	}
	if f.AddPrefixSpace == nil || f.TrimOffsets == nil {
		return b, e.missing("add_prefix_space or trim_offsets")
	}
	return byteLevel{prefixSpace: *f.AddPrefixSpace, uncut: f.UseRegex != nil && !*f.UseRegex}, nil
}

func readPunctuation(e entry) (s splitter, err error) {
	var f punctuationFile
	if err := e.decode(&f); err != nil {
		return s, err
	}
	how := isolated
	if f.Behavior != nil {
		how, err = readBehavior(e, *f.Behavior)
	}
	return splitter{finder: characters(isPunctuation), how: how}, err
}

func readBehavior(e entry, name string) (behavior, error) {
	how, known := behaviors[name]
	if !known {
		return 0, fault.Invalidf("%s: %s.behavior %s is not one of the library's: get the file anew", e.file, e.name(), printable(name))
	}
	return how, nil
}

func readDigits(e entry) (s splitter, err error) {
	var f digitsFile
	if err := e.decode(&f); err != nil {
		return s, err
	}
	if f.IndividualDigits == nil {
		return s, e.missing("individual_digits")
	}
	s = splitter{finder: characters(isNumeric), how: contiguous}
	if *f.IndividualDigits {
		s.how = isolated
	}
	return s, nil
}

func readDelimiter(e entry) (s splitter, err error) {
	var f delimiterFile
	if err := e.decode(&f); err != nil {
		return s, err
	}
	if f.Delimiter == nil || utf8.RuneCountInString(*f.Delimiter) != 1 {
		return s, fault.Invalidf("%s: %s.delimiter is not one character: get the file anew", e.file, e.name())
	}
	return splitter{finder: literal(*f.Delimiter)}, nil
}

func readSplit(e entry) (s splitter, err error) {
	var f splitFile
	if err := e.decode(&f); err != nil {
		return s, err
	}
	if f.Behavior == nil || f.Invert == nil {
		return s, e.missing("behavior or invert")
	}
	if s.how, err = readBehavior(e, *f.Behavior); err != nil {
		return s, err
	}
	s.invert = *f.Invert
	s.finder, err = f.Pattern.finder(e)
	return s, err
}

func readFixedLength(e entry) (l fixedLength, err error) {
	var f fixedLengthFile
	if err := e.decode(&f); err != nil {
		return l, err
	}
	l.characters = 5
	if f.Length != nil {
		l.characters = int(*f.Length)
	}
	if l.characters < 1 {
		return l, fault.Invalidf("%s: %s.length is %d, not above 0: get the file anew", e.file, e.name(), l.characters)
	}
	return l, nil
}
