package tokenizer

// Sequence returns what the model reads, for one text or, where b is not nil, two: the
// tokens of the texts and the special tokens around them, as the post-processor has them.
// RoBERTa's is <s> a </s> or <s> a </s></s> b </s>, BERT's [CLS] a [SEP] or [CLS] a [SEP] b [SEP].
// types has the type of each token; it is nil where all are 0. maxLength > 0 bounds the
// length, special tokens counted, by cutting the ends of a and b longest first. The special
// tokens always stay: a maxLength below their number gives them alone, which is then longer
// than maxLength.
func (t *Tokenizer) Sequence(a string, b *string, maxLength int) (ids, types []int32) {
	parts, first, second := t.post.single, t.Encode(a), []int32(nil)
	if b != nil {
		parts, second = t.post.pair, t.Encode(*b)
	}
	special := specials(parts)
	if maxLength > 0 {
		n1, n2 := longestFirst(len(first), len(second), max(0, maxLength-special))
		if t.left {
			n1, n2 = len(first)-n1, len(second)-n2
			first, second = first[n1:], second[n2:]
		} else {
			first, second = first[:n1], second[:n2]
		}
	}
	size := len(first) + len(second) + special
	ids = make([]int32, 0, size)
	if typed(parts) {
		types = make([]int32, 0, size)
	}
	for _, p := range parts {
		switch p.text {
		case firstText:
			ids = append(ids, first...)
		case secondText:
			ids = append(ids, second...)
		default:
			ids = append(ids, p.token.id)
		}
		for types != nil && len(types) < len(ids) {
			types = append(types, p.kind)
		}
	}
	return ids, types
}

// TypeCount is one more than the largest token type that Sequence gives: the rows that a
// table of token types needs.
func (t *Tokenizer) TypeCount() int { return t.post.types() }

// longestFirst says how much stays of two texts of n1 and n2 tokens when limit is all
// there is: a longer text is cut down to the shorter one, then both share what is left.
// The odd token goes to the one that was longer, and to the second if they were equal.
// Source: truncate_encodings in the library's utils/truncation.rs; with n2 = 0 it is the
// cut of a single text.
func longestFirst(n1, n2, limit int) (int, int) {
	if n1 > n2 {
		n2, n1 = longestFirst(n2, n1, limit)
		return n1, n2
	}
	if n1+n2 <= limit {
		return n1, n2
	}
	if n1 <= limit/2 {
		return n1, limit - n1
	}
	return limit / 2, limit - limit/2
}
