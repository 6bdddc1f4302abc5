// Package demo writes the built-in task: short English sentences on everyday subjects that
// speak well or ill of something. A grammar combines word lists, the same on every machine.
//
// The words that carry the subject or the judgement are split: a content word of the dev
// set never occurs in the training set. Only the small words and the turns of phrase are
// shared, and each of these is as often positive as negative. So counting words teaches
// nothing that helps on dev. What does help is to learn how negation, contrast, intensity
// and comparison work, on top of what the base model knows about the words.
package demo

import "github.com/dylora/dylora/internal/seed"

// Sentence is one example.
type Sentence struct {
	Text      string
	Positive  bool
	Construct string // what the grammar shows here: one of Constructs
}

// Constructs lists what the grammar has, an equal number of sentences of each.
func Constructs() []string {
	return []string{"plain", "intensity", "negation", "contrast", "comparison"}
}

// Sentences of each label that a pattern gives.
const (
	trainPerLabel = 160
	devPerLabel   = 32
)

// Train is the training split: 8,000 distinct sentences, half of each label.
func Train() []Sentence { return write(trainWords(), trainPerLabel, 1) }

// Dev is the split to measure on: 1,600 distinct sentences, half of each label.
func Dev() []Sentence { return write(devWords(), devPerLabel, 2) }

// write goes round the patterns, a positive and a negative sentence of each in turn, until
// each has given perLabel of both. A sentence that was there before is drawn anew.
func write(v *vocabulary, perLabel int, start uint64) []Sentence {
	w := &writer{vocabulary: v, random: seed.NewStream(start)}
	seen := map[string]bool{}
	var out []Sentence
	for range perLabel {
		for _, p := range patterns() {
			for _, positive := range []bool{true, false} {
				text := w.sentence(p, positive)
				for seen[text] {
					text = w.sentence(p, positive)
				}
				seen[text] = true
				out = append(out, Sentence{text, positive, p.construct})
			}
		}
	}
	return out
}
