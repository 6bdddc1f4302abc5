package tokenizer

import "slices"

// template says what a model reads: where special tokens stand, and the type of each token.
type template struct {
	single []part // of one text
	pair   []part // of two
}

// part is a special token, or one of the texts.
type part struct {
	token specialToken // where text is noText
	text  which
	kind  int32 // the token type of all that the part has
}

// which is a text of a template.
type which uint8

const (
	noText which = iota
	firstText
	secondText
)

// specialToken is a token by content and id; in files ["</s>", 2].
type specialToken struct {
	content string
	id      int32
}

// robertaTemplate is <s> a </s>, and <s> a </s></s> b </s>, all of type 0.
// Source: processors/roberta.rs of the library.
func robertaTemplate(cls, sep specialToken) template {
	begin, a, b, end := part{token: cls}, part{text: firstText}, part{text: secondText}, part{token: sep}
	return template{
		single: []part{begin, a, end},
		pair:   []part{begin, a, end, end, b, end},
	}
}

// bertTemplate is [CLS] a [SEP], and [CLS] a [SEP] b [SEP], of type 1 from b on.
// Source: processors/bert.rs of the library.
func bertTemplate(cls, sep specialToken) template {
	begin, a, end := part{token: cls}, part{text: firstText}, part{token: sep}
	return template{
		single: []part{begin, a, end},
		pair:   []part{begin, a, end, {text: secondText, kind: 1}, {token: sep, kind: 1}},
	}
}

// plainTemplate is the template of a tokenizer without a post-processor: no special tokens, and
// type 1 for the second text.
func plainTemplate() template {
	a := part{text: firstText}
	return template{single: []part{a}, pair: []part{a, {text: secondText, kind: 1}}}
}

// untyped is the template with type 0 for all tokens.
func (t template) untyped() template {
	t.single, t.pair = slices.Clone(t.single), slices.Clone(t.pair)
	for i := range t.single {
		t.single[i].kind = 0
	}
	for i := range t.pair {
		t.pair[i].kind = 0
	}
	return t
}

// tokens are the special tokens of both templates.
func (t template) tokens() (all []specialToken) {
	for _, p := range slices.Concat(t.single, t.pair) {
		if p.text == noText && !slices.Contains(all, p.token) {
			all = append(all, p.token)
		}
	}
	return all
}

// types is one more than the largest type.
func (t template) types() int {
	n := 1
	for _, p := range slices.Concat(t.single, t.pair) {
		n = max(n, int(p.kind)+1)
	}
	return n
}

// specials counts the special tokens among parts.
func specials(parts []part) (n int) {
	for _, p := range parts {
		if p.text == noText {
			n++
		}
	}
	return n
}

// typed says whether a part has another type than 0.
func typed(parts []part) bool {
	return slices.ContainsFunc(parts, func(p part) bool { return p.kind != 0 })
}
