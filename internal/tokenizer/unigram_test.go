package tokenizer

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dylora/dylora/internal/fault"

	"pgregory.net/rapid"
)

// newUnigram is a model over tokens of these scores, of which the first is the unknown one.
func newUnigram(t rapid.TB, tokens []string, scores []float64, fallback bool) *unigram {
	t.Helper()
	unknown := int64(0)
	s := &unigramSettings{tokens: tokens, scores: scores, unknown: &unknown, byteFallback: fallback}
	m, err := s.build(&definition{file: "m"}, false)
	if err != nil {
		t.Fatal(err)
	}
	return m.(*unigram)
}

func TestUnigramCut(t *testing.T) {
	tokens := []string{"<unk>", "a", "b", "c", "d", "cd", "ab", "abc", "abcd", "<0x78>", "<0x79>", "é"}
	scores := []float64{0, 0, 0, 0, 0, 1, 2, 5, 10, -30, -30, 0}
	for _, test := range []struct {
		piece    string
		fallback bool
		want     []int32
	}{
		{"abcd", false, []int32{8}},
		{"abcdacdxx", false, []int32{8, 1, 5, 0}}, // the example of the library
		{"xaxxéx", false, []int32{0, 1, 0, 11, 0}},
		{"xyxab", true, []int32{9, 10, 9, 6}},
		{"xzab", true, []int32{0, 6}},   // z is no byte token: the run is unknown as a whole
		{"<unk>a", true, []int32{0, 1}}, // spelled out
		{"x<unk>x", true, []int32{0}},   // one run, without tokens for "<"
		{"\xff\xc3", false, []int32{0}},
		{"a\xc3b", false, []int32{1, 0, 2}},
		{strings.Repeat("abcd", 40), false, slices.Repeat([]int32{8}, 40)},
	} {
		u := newUnigram(t, tokens, scores, test.fallback)
		for range 2 { // the second time from the cache
			if got := u.encode([]int32{7}, test.piece); !slices.Equal(got[1:], test.want) || got[0] != 7 {
				t.Errorf("%q, %v: got %v, want %v", test.piece, test.fallback, got[1:], test.want)
			}
		}
	}
}

// TestUnigramBest: no other way to cut a piece into tokens has a larger sum of scores.
func TestUnigramBest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		word := rapid.StringOfN(rapid.RuneFrom([]rune("abé")), 1, 4, -1)
		tokens := append([]string{"<unk>"}, rapid.SliceOfNDistinct(word, 0, 12, rapid.ID).Draw(rt, "tokens")...)
		scores := make([]float64, len(tokens))
		for i := range scores {
			scores[i] = float64(rapid.IntRange(-64, 8).Draw(rt, "score")) / 4 // exact sums
		}
		u := newUnigram(rt, tokens, scores, false)
		piece := rapid.StringOfN(rapid.RuneFrom([]rune("abéx")), 1, 9, -1).Draw(rt, "piece")
		got, text := 0.0, ""
		for _, id := range u.encode(nil, piece) {
			got += scores[id]
			text += tokens[id]
		}
		if want := bestSum(u, tokens, piece); !strings.Contains(text, "<unk>") && (got != want || text != piece) {
			rt.Fatalf("%q: %q of %v, the best is %v", piece, text, got, want)
		}
	})
}

// bestSum is the largest sum over all ways to cut.
func bestSum(u *unigram, tokens []string, piece string) float64 {
	if piece == "" {
		return 0
	}
	best, single := math.Inf(-1), false
	_, size := utf8.DecodeRuneInString(piece)
	for id, token := range tokens {
		if strings.HasPrefix(piece, token) {
			best = max(best, u.scores[id]+bestSum(u, tokens, piece[len(token):]))
			single = single || len(token) == size
		}
	}
	if !single {
		best = max(best, u.unknownScore+bestSum(u, tokens, piece[size:]))
	}
	return best
}

// TestLibraryFloat: the numbers are those that release 0.23 of the library writes again after it
// read them; where they differ from the nearest it is in the last bit.
func TestLibraryFloat(t *testing.T) {
	for number, want := range map[string]float64{
		"0": 0, "-0.0": 0, "-3.242333173751831": -3.242333173751831, "1e400": math.Inf(1), "-1e400": math.Inf(-1), "1e-400": 0, "0e999999999999": 0,
		"5e-324": 5e-324, "12345678901234567890123": 12345678901234567890000, "1E+2": 100, "2.5e-1": 0.25, "1e99999999999999999999": math.Inf(1),
		"1.5e308": 1.5e308, "0.00000000000000000000000000001": 1.0000000000000001e-29,
		"-13.314343452453613": -13.314343452453612, "-15.393605070043973": -15.393605070043971, "123.25": 123.25,
	} {
		if got := libraryFloat(number); got != want {
			t.Errorf("%s: got %v, want %v", number, got, want)
		}
	}
}

func TestUnigramRefused(t *testing.T) {
	u := loadUnigramForms(t)
	good := string(u.form(t, 0))
	for _, test := range []struct{ old, new, want string }{
		{`"unk_id":3`, `"unk_id":null`, "model.unk_id is null"},
		{`"unk_id":3`, `"unk_id":100000`, "model.unk_id 100000 is not in [0, "},
		{`"unk_id":3`, `"unk_id":-1`, "model.unk_id -1 is not in [0, "},
		{`"vocab":[[`, `"vocab":[["a"],[`, "entry 0 is no array of a token and its score"},
		{`"vocab":[[`, `"vocab":[["a",1,2],[`, "entry 0 is no array of a token and its score"},
		{`"vocab":[[`, `"vocab":[["a","1"],[`, "entry 0 is no array of a token and its score"},
		{`"vocab":[[`, `"vocab":[[1,"a"],[`, "entry 0 is no array of a token and its score"},
		{`"vocab":[[`, `"vocab":[null,[`, "entry 0 is no array of a token and its score"},
		{`"vocab":[[`, `"vocab":7,"x":[[`, "no array of tokens and scores"},
		{`"vocab":[[`, `"vocab":[["a"` + "\n,\t-1.5 ],\r[7],[", "entry 1 is no array"},
		{`"vocab":[[`, `"vocab":[["` + strings.Repeat("a", 1025) + `",0],[`, "token 0 has 1025 bytes, more than 1024"},
		{`"vocab":[[`, `"vocab":[["a",1e999],[`, "entry 0 has a score that is too large"},
		{`"vocab":[[`, `"vocab":[["a",NaN],[`, "not valid json"},
		{`"replacement":"▁"`, `"replacement":"▁▁"`, "pre_tokenizer.pretokenizers.1.replacement is not one character"},
		{`"prepend_scheme":"always"`, `"prepend_scheme":"sometimes"`, `prepend_scheme "sometimes" is not`},
		{`"prepend_scheme":"always"`, `"add_prefix_space":false`, "contradicts prepend_scheme"},
		{`"prepend_scheme":"always"`, `"prepend_scheme":"first"`, `prepend_scheme "first" is not supported behind another pre-tokenizer`},
		{`"pretokenizers":[`, `"pretokenizers":[{"type":"Metaspace","replacement":7},`, "/pre_tokenizer/pretokenizers/0/replacement"},
		{`"precompiled_charsmap":"` + u.Map + `"`, `"precompiled_charsmap":null`, "normalizer.precompiled_charsmap is missing"},
		{`"precompiled_charsmap":"` + u.Map + `"`, `"precompiled_charsmap":7`, "/normalizer/precompiled_charsmap"},
		{`"precompiled_charsmap":"` + u.Map + `"`, `"precompiled_charsmap":"AAA="`, "normalizer.precompiled_charsmap: it is shorter than 4 bytes"},
		{`"precompiled_charsmap":"`, `"precompiled_charsmap":"!`, "normalizer.precompiled_charsmap is not base64"},
		{`"precompiled_charsmap":"`, `"precompiled_charsmap":"AAAA","x":"`, "unknown"},
	} {
		if !strings.Contains(good, test.old) {
			t.Fatalf("no %s", test.old)
		}
		file := strings.Replace(good, test.old, test.new, 1)
		_, err := Load(folder(map[string][]byte{"tokenizer.json": []byte(file)}), "m", Options{})
		if err == nil || !strings.Contains(err.Error(), test.want) || fault.ClassOf(err) != fault.Invalid {
			t.Errorf("%s: got %v, want %s", test.new, err, test.want)
		}
	}
}
