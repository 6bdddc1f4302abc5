package tokenizer

import (
	"math"
	"strconv"

	"github.com/dylora/dylora/internal/fault"
)

// mostTokenBytes bounds a vocabulary of Unigram; XLM-RoBERTa's has 2 MiB in 250,002 tokens.
const mostTokenBytes = 16 << 20

type unigramFile struct {
	Type         string        `json:"type"`
	UnkID        *int64        `json:"unk_id"`
	ByteFallback bool          `json:"byte_fallback"`
	Vocab        *scoredTokens `json:"vocab"`
}

// libraryFloat is the value of a JSON number as the library's parser has it: the digits as
// a number of 64 bits, rounded, times or by a power of ten, rounded again. That differs from
// the nearest in the last bit for some numbers of 17 digits, and so may the better of two
// paths. Source: parse_decimal and f64_from_parts of serde_json, without float_roundtrip.
func libraryFloat(number string) float64 {
	var digits uint64
	exponent, full, fraction := 0, false, false
	i := 0
	if number[0] == '-' {
		i = 1
	}
scan:
	for ; i < len(number); i++ {
		switch c := number[i]; {
		case c == '.':
			fraction = true
		case c < '0' || c > '9':
			break scan
		default:
			digit := uint64(c - '0')
			full = full || digits > (math.MaxUint64-digit)/10
			if !full {
				digits = digits*10 + digit
			}
			if fraction && !full {
				exponent--
			} else if !fraction && full {
				exponent++
			}
		}
	}
	if i < len(number) { // e or E
		more, err := strconv.Atoi(number[i+1:])
		if err != nil {
			more = math.MaxInt32
			if number[i+1] == '-' {
				more = -more
			}
		}
		exponent += more
	}
	f := scaled(float64(digits), exponent)
	if number[0] == '-' {
		return -f
	}
	return f
}

// scaled is f times a power of ten, one step for each 308 decimal places.
func scaled(f float64, exponent int) float64 {
	for f != 0 && exponent < -308 {
		f /= 1e308
		exponent += 308
	}
	switch {
	case f == 0:
		return 0
	case exponent > 308:
		return math.Inf(1)
	case exponent < 0:
		return f / power(-exponent)
	}
	return f * power(exponent)
}

// power is the nearest to a power of ten; those of math.Pow10 are exact up to 10²².
func power(exponent int) float64 {
	if exponent <= 22 {
		return math.Pow10(exponent)
	}
	f, _ := strconv.ParseFloat("1e"+strconv.Itoa(exponent), 64)
	return f
}

// readUnigram reads a model of this kind into d.
func readUnigram(e entry, d *definition) error {
	var f unigramFile
	if err := e.decode(&f); err != nil {
		return err
	}
	if f.Vocab == nil {
		return e.missing("vocab")
	}
	return d.setUnigram(&unigramSettings{
		tokens: f.Vocab.contents, scores: f.Vocab.scores, decimals: f.Vocab.decimals, unknown: f.UnkID, byteFallback: f.ByteFallback,
	})
}

// setUnigram makes s the model of d, and its tokens the vocabulary.
func (d *definition) setUnigram(s *unigramSettings) error {
	size := 0
	for id, token := range s.tokens {
		if len(token) > longestToken {
			return fault.Invalidf("%s: vocabulary: token %d has %d bytes, more than %d: give the right file", d.file, id, len(token), longestToken)
		}
		size += len(token)
	}
	if size > mostTokenBytes || len(s.tokens) > idLimit {
		return fault.Invalidf("%s: vocabulary: %d tokens of %d bytes, no vocabulary has so many: give the right file", d.file, len(s.tokens), size)
	}
	d.model = s
	d.vocab = make(map[string]int32, len(s.tokens))
	for id, token := range s.tokens {
		d.vocab[token] = int32(id)
	}
	return nil
}
