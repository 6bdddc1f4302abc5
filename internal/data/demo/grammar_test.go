package demo

import (
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/seed"
)

// tiny is a vocabulary with one word for each slot, so that sentences can be written down.
func tiny() *writer {
	one := func(good, bad string) judged { return judged{[]string{good}, []string{bad}} }
	return &writer{vocabulary: &vocabulary{
		subjects:   []subject{{[]string{"soup", "apple"}, one("tasty", "stale")}},
		adjectives: one("tasty", "stale"), liked: one("liked", "hated"), pleased: one("pleased", "annoyed"),
		triumph: one("treat", "evil"), well: one("well", "badly"), who: []string{"my aunt"}, when: []string{"yesterday"},
	}}
}

func TestPatterns(t *testing.T) {
	tests := []struct {
		name               string
		pattern            pattern
		positive, negative string
	}{
		{"judgement stays", pattern{"", "It was {adj}.", false}, "It was tasty.", "It was stale."},
		{"judgement flips", pattern{"", "It was not {adj}.", true}, "It was not stale.", "It was not tasty."},
		{"second clause decides", pattern{"", "It was {opposite}, but {adj}.", false},
			"It was stale, but tasty.", "It was tasty, but stale."},
		{"verbs", pattern{"", "{who} {liked} it; it {pleased} us.", false},
			"My aunt liked it; it pleased us.", "My aunt hated it; it annoyed us."},
		{"verb of the other side", pattern{"", "We {disliked} it.", false}, "We hated it.", "We liked it."},
		{"noun with its article", pattern{"", "It was a {triumph}.", false}, "It was a treat.", "It was an evil."},
		{"adverb", pattern{"", "It went {well} {when}.", false}, "It went well yesterday.", "It went badly yesterday."},
		{"comparison", pattern{"", "It was {better} than the {adj} one.", false},
			"It was better than the tasty one.", "It was worse than the stale one."},
		{"comparison denied", pattern{"", "It was no {worse} than the {adj} one.", false},
			"It was no worse than the tasty one.", "It was no better than the stale one."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tiny().sentence(tt.pattern, true); got != tt.positive {
				t.Errorf("positive: %q, want %q", got, tt.positive)
			}
			if got := tiny().sentence(tt.pattern, false); got != tt.negative {
				t.Errorf("negative: %q, want %q", got, tt.negative)
			}
		})
	}
}

func TestTwoNounsDiffer(t *testing.T) {
	w := tiny()
	for range 100 {
		got := w.sentence(pattern{"", "{noun} {noun} {other}", false}, true)
		if got != "Soup soup apple" && got != "Apple apple soup" {
			t.Fatal(got)
		}
	}
}

func TestSlotsAreKnown(t *testing.T) {
	const known = " noun other adj opposite liked disliked pleased triumph well better worse who when very "
	for _, p := range patterns() {
		for part := range strings.SplitSeq(p.text, "{") {
			slot, _, ok := strings.Cut(part, "}")
			if ok && !strings.Contains(known, " "+slot+" ") {
				t.Errorf("unknown slot %q in %q", slot, p.text)
			}
		}
	}
}

// TestPatternsCarryJudgement guards against a pattern whose label the words cannot tell.
func TestPatternsCarryJudgement(t *testing.T) {
	for _, p := range patterns() {
		if w := tiny(); w.sentence(p, true) == w.sentence(p, false) {
			t.Errorf("%q reads the same for both labels", p.text)
		}
	}
}

func TestDrawIsEven(t *testing.T) {
	w := &writer{random: seed.NewStream(7)}
	counts := make([]int, 10)
	for range 10000 {
		counts[w.draw(len(counts))]++
	}
	for i, n := range counts {
		if n < 850 || n > 1150 { // five standard deviations
			t.Errorf("%d was drawn %d times of 10000", i, n)
		}
	}
}

func TestWordListsAreWhole(t *testing.T) {
	for name, v := range map[string]*vocabulary{"train": trainWords(), "dev": devWords()} {
		lists := [][]string{v.who, v.when}
		for _, j := range []judged{v.adjectives, v.liked, v.pleased, v.triumph, v.well} {
			lists = append(lists, j.good, j.bad)
		}
		for _, s := range v.subjects {
			if len(s.nouns) < 2 {
				t.Errorf("%s: nouns %v: a sentence needs two", name, s.nouns)
			}
			lists = append(lists, s.adjectives.good, s.adjectives.bad)
		}
		for _, list := range lists {
			if len(list) < 3 {
				t.Errorf("%s: only %v", name, list)
			}
		}
	}
}
