package tokenizer

type bertNormalFile struct {
	Type               string `json:"type"`
	CleanText          *bool  `json:"clean_text"`
	HandleChineseChars *bool  `json:"handle_chinese_chars"`
	StripAccents       *bool  `json:"strip_accents"` // as lowercase if null
	Lowercase          *bool  `json:"lowercase"`
}

type stripFile struct {
	Type  string `json:"type"`
	Left  *bool  `json:"strip_left"`
	Right *bool  `json:"strip_right"`
}

type replaceFile struct {
	Type    string      `json:"type"`
	Pattern patternFile `json:"pattern"`
	Content *string     `json:"content"`
}

type prependFile struct {
	Type    string  `json:"type"`
	Prepend *string `json:"prepend"`
}

// bareFile is an object that has nothing but a type.
type bareFile struct {
	Type string `json:"type"`
}

// readNormalizers reads a normalizer, which may be null or a Sequence of others.
func readNormalizers(e entry) (normalizers, error) {
	return readSequence(e, 0, "normalizers", readNormalizer)
}

// readNormalizer reads a normalizer of a kind.
func readNormalizer(e entry, kind string) (normalizer, error) {
	bare := map[string]normalizer{
		"NFC": form{composed: true}, "NFD": form{}, "NFKC": form{composed: true, compatible: true}, "NFKD": form{compatible: true},
		"Lowercase": lowercase{}, "StripAccents": withoutMarks{}, "Nmt": nmt{}, "ByteLevel": bytesAsRunes{},
	}
	if n, ok := bare[kind]; ok {
		return n, e.decode(new(bareFile))
	}
	switch kind {
	case "BertNormalizer":
		return readBERTNormal(e)
	case "Strip":
		return readStrip(e)
	case "Replace":
		return readReplace(e)
	case "Prepend":
		return readPrepend(e)
	case "Precompiled":
		return readPrecompiled(e)
	}
	return nil, e.unsupported(kind, "those of release 0.23 of the tokenizers library")
}

func readBERTNormal(e entry) (n bertNormal, err error) {
	var f bertNormalFile
	if err := e.decode(&f); err != nil {
		return n, err
	}
	if f.CleanText == nil || f.HandleChineseChars == nil || f.Lowercase == nil {
		return n, e.missing("clean_text, handle_chinese_chars or lowercase")
	}
	n = bertNormal{clean: *f.CleanText, chinese: *f.HandleChineseChars, strip: *f.Lowercase, lower: *f.Lowercase}
	if f.StripAccents != nil {
		n.strip = *f.StripAccents
	}
	return n, nil
}

func readStrip(e entry) (t trim, err error) {
	var f stripFile
	if err := e.decode(&f); err != nil {
		return t, err
	}
	if f.Left == nil || f.Right == nil {
		return t, e.missing("strip_left or strip_right")
	}
	return trim{left: *f.Left, right: *f.Right}, nil
}

func readReplace(e entry) (normalizer, error) {
	var f replaceFile
	if err := e.decode(&f); err != nil {
		return nil, err
	}
	if f.Content == nil {
		return nil, e.missing("content")
	}
	old, err := f.Pattern.finder(e)
	return replacement{old: old, with: *f.Content}, err
}

func readPrepend(e entry) (p prepend, err error) {
	var f prependFile
	if err := e.decode(&f); err != nil {
		return p, err
	}
	if f.Prepend == nil {
		return p, e.missing("prepend")
	}
	return prepend{*f.Prepend}, nil
}
