package demo

import "strings"

// split holds words of one kind, parted by spaces: those of the training set, and those
// that only dev has.
type split struct{ train, dev string }

// polar holds words that praise and words that blame.
type polar struct{ good, bad split }

// topic is the lexicon of one subject.
type topic struct {
	nouns      split // neutral, in the singular
	adjectives polar // fit to judge these nouns
}

// judged is polar for one of the sets.
type judged struct{ good, bad []string }

func (j judged) of(good bool) []string {
	if good {
		return j.good
	}
	return j.bad
}

// subject is topic for one of the sets.
type subject struct {
	nouns      []string
	adjectives judged
}

// vocabulary is all that one of the sets may use besides the words in the patterns.
type vocabulary struct {
	subjects   []subject
	adjectives judged   // that suit any noun
	liked      judged   // somebody ___ it
	pleased    judged   // it ___ somebody
	triumph    judged   // it was a ___
	well       judged   // it went ___
	who        []string // with their article or pronoun
	when       []string
}

func trainWords() *vocabulary {
	return choose(func(s split) []string { return strings.Fields(s.train) })
}
func devWords() *vocabulary { return choose(func(s split) []string { return strings.Fields(s.dev) }) }

// choose takes one set's side of every list.
func choose(side func(split) []string) *vocabulary {
	both := func(p polar) judged { return judged{side(p.good), side(p.bad)} }
	phrases := func(s split) []string {
		list := side(s)
		for i, p := range list {
			list[i] = strings.ReplaceAll(p, "_", " ")
		}
		return list
	}
	v := &vocabulary{
		adjectives: both(general), liked: both(liked), pleased: both(pleased),
		triumph: both(triumph), well: both(well), who: phrases(who), when: phrases(when),
	}
	for _, t := range topics() {
		v.subjects = append(v.subjects, subject{side(t.nouns), both(t.adjectives)})
	}
	return v
}

// topics lists the subjects that the sentences are about.
func topics() []topic {
	return []topic{food, home, neighbours, health, films, books, music, weather, travel, sport, work, tools}
}
