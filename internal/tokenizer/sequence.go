package tokenizer

// Sequence returns what the model reads: <s> a </s>, or <s> a </s></s> b </s> where b is
// not nil. BERT reads [CLS] a [SEP] b [SEP], and types, which are 1 from b on; types are
// nil where all are 0. maxLength > 0 bounds its length, special tokens counted, by cutting the ends of
// a and b longest first. The special tokens always stay: a maxLength below their number
// (2, of a pair 4, BERT's 3) gives them alone, which is then longer than maxLength.
func (t *Tokenizer) Sequence(a string, b *string, maxLength int) (ids, types []int32) {
	first, second, special := t.Encode(a), []int32(nil), 2
	if b != nil {
		second, special = t.Encode(*b), 4
		if t.bert {
			special = 3
		}
	}
	if maxLength > 0 {
		n1, n2 := longestFirst(len(first), len(second), max(0, maxLength-special))
		first, second = first[:n1], second[:n2]
	}
	ids = make([]int32, 0, len(first)+len(second)+special)
	ids = append(append(append(ids, t.cls), first...), t.sep)
	if b == nil {
		return ids, nil
	}
	if !t.bert {
		return append(append(append(ids, t.sep), second...), t.sep), nil
	}
	types = make([]int32, len(ids)+len(second)+1)
	for i := len(ids); i < len(types); i++ {
		types[i] = 1
	}
	return append(append(ids, second...), t.sep), types
}

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
