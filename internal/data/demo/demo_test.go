package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// functionWords are all the words that both sets may use: the small words, and the verbs
// and nouns of the turns of phrase, which name no subject and judge nothing.
const functionWords = `
	a an the my our i me you we us they it there everyone everything anyone nobody nothing all any else
	and but or so yet nor neither although whatever as than that then
	about after at before by for in of on to with
	was were been have did can could may went said say tell told spoke see knew think
	not no hardly barely nearly just even by means first end last once
	very utterly truly really rather most less more better worse
`

// words are a sentence's words in lower case.
func words(s Sentence) []string {
	return strings.FieldsFunc(strings.ToLower(s.Text), func(r rune) bool { return r < 'a' || r > 'z' })
}

// contentWords are the words of a set that are not function words.
func contentWords(set []Sentence) map[string]bool {
	small := strings.Fields(functionWords)
	content := map[string]bool{}
	for _, s := range set {
		for _, w := range words(s) {
			if !slices.Contains(small, w) {
				content[w] = true
			}
		}
	}
	return content
}

func TestContentWordsOfDevAreNotInTrain(t *testing.T) {
	train, dev := contentWords(Train()), contentWords(Dev())
	t.Logf("%d content words in train, %d in dev", len(train), len(dev))
	if len(train) < 300 || len(dev) < 200 {
		t.Error("the vocabulary is smaller than it should be")
	}
	for w := range dev {
		if train[w] {
			t.Errorf("%q is in both sets", w)
		}
	}
}

// TestRootsOfDevAreNotInTrain takes five letters as a word's root: "dreadfully" must not
// be in dev if "dreadful" is in train.
func TestRootsOfDevAreNotInTrain(t *testing.T) {
	root := func(w string) string { return w[:min(5, len(w))] }
	roots := map[string]string{}
	for w := range contentWords(Train()) {
		roots[root(w)] = w
	}
	for w := range contentWords(Dev()) {
		if other, ok := roots[root(w)]; ok {
			t.Errorf("%q in dev is too like %q in train", w, other)
		}
	}
}

func TestSets(t *testing.T) {
	seen := map[string]bool{}
	for _, tt := range []struct {
		name  string
		set   []Sentence
		least int
	}{{"train", Train(), 6000}, {"dev", Dev(), 1000}} {
		t.Run(tt.name, func(t *testing.T) {
			if len(tt.set) < tt.least {
				t.Errorf("%d sentences, want at least %d", len(tt.set), tt.least)
			}
			balance := map[string]int{}
			number := map[string]int{}
			for _, s := range tt.set {
				if seen[s.Text] {
					t.Errorf("twice: %q", s.Text)
				}
				seen[s.Text] = true
				number[s.Construct]++
				if s.Positive {
					balance[s.Construct]++
				} else {
					balance[s.Construct]--
				}
			}
			for _, c := range Constructs() {
				if balance[c] != 0 || number[c] != len(tt.set)/len(Constructs()) {
					t.Errorf("%s: %d sentences, %+d more positive ones", c, number[c], balance[c])
				}
			}
			if len(number) != len(Constructs()) {
				t.Errorf("constructs %v, want %v", number, Constructs())
			}
		})
	}
}

func TestSentencesReadWell(t *testing.T) {
	for _, s := range slices.Concat(Train(), Dev()) {
		if n := len(strings.Fields(s.Text)); n < 8 || n > 20 {
			t.Errorf("%d words: %q", n, s.Text)
		}
		if strings.ContainsAny(s.Text, "{}_") || strings.Contains(s.Text, "  ") {
			t.Errorf("not filled in: %q", s.Text)
		}
		if s.Text[0] < 'A' || s.Text[0] > 'Z' || !strings.HasSuffix(s.Text, ".") {
			t.Errorf("not a sentence: %q", s.Text)
		}
		list := words(s)
		for i := range list[1:] {
			vowel := strings.ContainsRune("aeiou", rune(list[i+1][0]))
			if list[i] == "a" && vowel || list[i] == "an" && !vowel {
				t.Errorf("%q %q: %q", list[i], list[i+1], s.Text)
			}
		}
	}
}

// TestSetsStayAsTheyAre holds the sentences themselves: published results depend on them.
// A deliberate change of grammar or words changes the sums, and the results with them.
func TestSetsStayAsTheyAre(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		set        func() []Sentence
	}{
		{"train", "7425137e0f83ad67", Train},
		{"dev", "743040de0f829401", Dev},
	} {
		h := sha256.New()
		for _, s := range tt.set() {
			fmt.Fprintf(h, "%s\t%t\n", s.Text, s.Positive)
		}
		if got := hex.EncodeToString(h.Sum(nil)[:8]); got != tt.want {
			t.Errorf("%s: sum %s, want %s", tt.name, got, tt.want)
		}
	}
}
