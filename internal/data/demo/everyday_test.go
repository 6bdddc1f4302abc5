package demo

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Everyday sentences are distinct, the same each time, balanced, and read like sentences.
func TestEveryday(t *testing.T) {
	t.Parallel()
	const n = 3000
	all := Everyday(n, 11)
	if len(all) != n || !slices.Equal(all, Everyday(n, 11)) || slices.Equal(all, Everyday(n, 12)) {
		t.Fatalf("%d sentences, or not the same each time", len(all))
	}
	strange := regexp.MustCompile(`[{}|_]|  |\.\.|^ | a [aeiou]| an [^aeiou]`)
	count, seen := map[Tone]int{}, map[string]bool{}
	for _, r := range all {
		count[r.Tone]++
		if seen[r.Text] || strange.MatchString(r.Text) || len(strings.Fields(r.Text)) < 1 {
			t.Errorf("%q", r.Text)
		}
		seen[r.Text] = true
	}
	if count[Positive] != 7*n/15 || count[Negative] != 7*n/15 || count[Neutral] != n/15 {
		t.Errorf("%v", count)
	}
}

// No adjective, noun or deed both praises and blames.
func TestEverydayWords(t *testing.T) {
	t.Parallel()
	w := newEveryday()
	for name, pair := range map[string][2][]string{
		"adjectives": {w.good, w.bad}, "nouns": {w.goodNouns, w.badNouns}, "verbs": {w.goodVerbs, w.badVerbs}, "deeds": {w.goodDeeds, w.badDeeds}, "phrases": {w.goodPhrases, w.badPhrases}, "parts": {w.goodParts, w.badParts},
	} {
		if len(pair[0]) < 15 || len(pair[1]) < 15 {
			t.Errorf("%s: %d good, %d bad", name, len(pair[0]), len(pair[1]))
		}
		for _, word := range pair[0] {
			if slices.Contains(pair[1], word) {
				t.Errorf("%s: %q both praises and blames", name, word)
			}
		}
	}
}

// The sentences of the built-in task have two tones, as many of each.
func TestTrainRemarks(t *testing.T) {
	t.Parallel()
	count := map[Tone]int{}
	for _, r := range TrainRemarks() {
		count[r.Tone]++
	}
	if len(count) != 2 || count[Positive] != count[Negative] || count[Positive] != len(Train())/2 {
		t.Errorf("%v", count)
	}
}
