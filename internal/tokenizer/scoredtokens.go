package tokenizer

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// scoredTokens is a vocabulary of Unigram: [["▁the", -3.24], …], where a token's place is its
// id. A decoder that makes a value of each array takes three times as long.
type scoredTokens struct {
	contents []string
	scores   []float64 // as the library reads them
	decimals []float64 // the nearest to what is written
	blob     []byte    // the tokens end to end, until all are read
	ends     []int
}

// UnmarshalJSONFrom reads the whole array.
func (s *scoredTokens) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	value, err := d.ReadValue()
	if err != nil {
		return err
	}
	if value.Kind() != '[' {
		return errors.New("no array of tokens and scores")
	}
	v := validJSON(value)
	for v.take('['); !v.take(']'); v.take(',') {
		if err := s.read(&v); err != nil {
			return fmt.Errorf("entry %d %w", len(s.ends), err)
		}
	}
	text, start := string(s.blob), 0
	s.contents = make([]string, len(s.ends))
	for i, end := range s.ends {
		s.contents[i] = text[start:end]
		start = end
	}
	s.blob, s.ends = nil, nil
	return nil
}

var errPair = errors.New("is no array of a token and its score")

// read reads one entry.
func (s *scoredTokens) read(v *validJSON) (err error) {
	if !v.take('[') || v.next() != '"' {
		return errPair
	}
	if s.blob, err = v.appendText(s.blob); err != nil {
		return err
	}
	if !v.take(',') || v.next() != '-' && (v.next() < '0' || v.next() > '9') {
		return errPair
	}
	number := v.number()
	score := libraryFloat(number)
	decimal, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsInf(score, 0) {
		return errors.New("has a score that is too large")
	}
	if !v.take(']') {
		return errPair
	}
	s.ends = append(s.ends, len(s.blob))
	s.scores, s.decimals = append(s.scores, score), append(s.decimals, decimal)
	return nil
}

// validJSON is the rest of an array that a decoder has checked already; it ends with a
// bracket.
type validJSON []byte

// next is the first character that is no white space.
func (v *validJSON) next() byte {
	for isBlank((*v)[0]) {
		*v = (*v)[1:]
	}
	return (*v)[0]
}

// take takes a character if it is next.
func (v *validJSON) take(c byte) bool {
	if v.next() != c {
		return false
	}
	if len(*v) > 1 {
		*v = (*v)[1:]
	}
	return true
}

// appendText takes a string and appends what it stands for.
func (v *validJSON) appendText(b []byte) ([]byte, error) {
	end, escaped := 1, false
	for ; (*v)[end] != '"'; end++ {
		if (*v)[end] == '\\' {
			escaped = true
			end++
		}
	}
	text := (*v)[:end+1]
	*v = (*v)[end+1:]
	if escaped {
		return jsontext.AppendUnquote(b, []byte(text))
	}
	return append(b, text[1:end]...), nil
}

// number takes a number.
func (v *validJSON) number() string {
	end := 0
	for c := (*v)[0]; c != ',' && c != ']' && !isBlank(c); c = (*v)[end] {
		end++
	}
	text := string((*v)[:end])
	*v = (*v)[end:]
	return text
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
